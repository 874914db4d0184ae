"""The ledger: every completion, durable before it is used, in one SQLite file.

Three tables. ``replies`` has one row per key: the canonical request and what was answered. ``sent`` has
one row per request that left, written durably before it leaves: whoever opens the ledger and finds it
still in flight counts its worst case as spent. ``aliases`` has the further items that a reply served.
Nothing is pickled; ``sqlite3 calls.sqlite`` reads it.

A run's own ledger belongs to one process (the run is locked). A shared one, which holds replies only,
may be open in many.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from errata.calls.budget import Cost
from errata.calls.committing import GroupWriter, Statement
from errata.calls.filing import PATIENCE, connected, opened, read_only, unopened
from errata.calls.wire import Ending, Reply, Usage, changed_parts

_GET = (
    "SELECT text, ending, prompt_tokens, completion_tokens, served_by, label FROM replies"
    " WHERE key = ?"
)
_PUT = (
    "INSERT OR IGNORE INTO replies(key, label, request, text, ending, prompt_tokens,"
    " completion_tokens, served_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_SENT = (
    "INSERT OR IGNORE INTO sent(id, key, stage, state, tokens, usd)"
    " VALUES (?, ?, ?, 'in flight', ?, ?)"
)
_ENDED = "UPDATE sent SET state = ?, tokens = ?, usd = ? WHERE id = ?"
_ALIAS = (
    "INSERT OR IGNORE INTO aliases(label, key, after)"
    " SELECT ?, ?, coalesce(max(id), 0) FROM replies"
)
_REQUESTS = """
SELECT request FROM (
    SELECT 2 * id AS place, 0 AS nth, request FROM replies WHERE label = ?1
    UNION ALL
    SELECT 2 * aliases.after + 1, aliases.id, request
    FROM aliases JOIN replies USING (key) WHERE aliases.label = ?1
) ORDER BY place, nth"""

_EXCHANGES = """
SELECT text, ending, prompt_tokens, completion_tokens, served_by, label, request,
    (SELECT coalesce(sum(usd), 0.0) FROM sent WHERE sent.key = replies.key AND state != 'unpaid')
FROM replies WHERE label = ?1 OR key IN (SELECT key FROM aliases WHERE label = ?1) ORDER BY id"""

_Row = tuple[str, Ending, int | None, int | None, str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request by its key, with its canonical text and ``label``, the item it is about."""

    key: bytes
    canonical: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A canonical request with its reply, the item it was first about, and what it cost in US dollars
    (0 where another run had paid)."""

    request: str
    reply: Reply
    label: str
    usd: float


class LedgerReader:
    """The ledger in the file ``path``, read only: of a run in progress, or where nobody may write.

    Raises FileNotFoundError when there is none, and what ``Ledger`` raises.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such ledger")
        self.path = path
        try:
            self._reader = read_only(path)
        except (sqlite3.DatabaseError, OSError) as error:
            raise unopened(path, error) from error

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def get(self, key: bytes) -> Reply | None:
        """The reply received for ``key``, or None."""
        row = self._row(key)
        return None if row is None else _reply(row)

    def requests(self, label: str) -> list[str]:
        """The canonical requests about one item that were answered, the oldest first."""
        return [request for (request,) in self._reader.execute(_REQUESTS, (label,))]

    def exchanges(self, label: str) -> list[Exchange]:
        """The requests about one item that were answered, the oldest first."""
        rows = self._reader.execute(_EXCHANGES, (label,))
        return [Exchange(row[6], _reply(row[:6]), row[5], row[7]) for row in rows]

    def explain_miss(self, label: str) -> Iterator[dict[str, tuple[JsonValue, JsonValue]]]:
        """Why the item ``label`` was asked about again: for each request after the first of the same
        replica, the parts of the key that changed, as name → (before, after).

        Raises LookupError when nothing was asked about it.
        """
        found = self.requests(label)
        if not found:
            raise LookupError(
                f"{self.path}: nothing was asked about {label!r}; ids are those of attempts, error"
                " types and candidates"
            )
        latest: dict[object, str] = {}
        for request in found:
            replica = json.loads(request)["replica"]
            if replica in latest:
                yield changed_parts(latest[replica], request)
            latest[replica] = request

    def spent(self) -> dict[str, Cost]:
        """What has been spent so far, by stage; requests in flight count with their worst case."""
        rows = self._reader.execute(
            "SELECT stage, count(*), sum(tokens), sum(usd) FROM sent WHERE state != 'unpaid'"
            " GROUP BY stage ORDER BY stage"
        )
        return {stage: Cost(number, tokens, usd) for stage, number, tokens, usd in rows}

    def _row(self, key: bytes) -> _Row | None:
        row: _Row | None = self._reader.execute(_GET, (key,)).fetchone()
        return row


class Ledger(LedgerReader):
    """The ledger in the file ``path``, made if need be.

    ``own`` is a run's own ledger: requests that a crash left in flight are counted as spent.
    Raises CorruptRecord when the file is not a ledger of this format, and StorageFull when the file
    system or another process does not let it be opened.
    """

    def __init__(self, path: Path, *, own: bool = True) -> None:
        self.path = path
        try:
            self._db = opened(path)
            self.recovered = self._recover() if own else 0
            self._reader = connected(path)
        except (sqlite3.DatabaseError, OSError) as error:
            raise unopened(path, error) from error
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM sent").fetchone()
        self._last = int(last)
        self._writer = GroupWriter(self._db, str(path), PATIENCE)

    @property
    def commits(self) -> int:
        """How many groups have been committed."""
        return self._writer.commits

    def flush(self) -> None:
        """Make everything durable. Raises StorageFull for what could not be written."""
        self._writer.flush()

    def close(self) -> None:
        """Make everything durable and close the file. Raises as ``flush`` does, when it is closed."""
        try:
            self._writer.close()
        finally:
            self._reader.close()
            self._db.close()

    def recall(self, key: bytes, label: str) -> Reply | None:
        """The reply received for ``key``, or None; that it is about ``label`` too is remembered."""
        row = self._row(key)
        if row is None:
            return None
        if label and row[5] != label:
            self.alias(key, label)
        return _reply(row)

    def alias(self, key: bytes, label: str) -> None:
        """Remember that the request ``key`` is about ``label`` too. Nobody waits for it."""
        known = "SELECT 1 FROM aliases WHERE label = ? AND key = ?"
        if self._reader.execute(known, (label, key)).fetchone() is None:
            self._writer.note((_ALIAS, (label, key)))

    def sending(self, asked: Asked, stage: str, worst: Cost) -> tuple[int, asyncio.Future[None]]:
        """Record that a request is about to leave: its number, and when that is durable."""
        self._last += 1
        values = (self._last, asked.key, stage, worst.tokens, worst.usd)
        return self._last, self._writer.write((_SENT, values))

    def received(self, number: int, asked: Asked, reply: Reply, cost: Cost) -> asyncio.Future[None]:
        """Record a reply and what it cost; the reply may be used once the future is done."""
        ended = (_ENDED, ("received", cost.tokens, cost.usd, number))
        return self._writer.write(_put(asked, reply), ended)

    def ended(self, number: int, cost: Cost) -> None:
        """Record that a request came to nothing; ``cost.requests`` is 0 if it was not paid for.

        Nobody waits for it: until it is durable, the request counts as spent.
        """
        state = "lost" if cost.requests else "unpaid"
        self._writer.note((_ENDED, (state, cost.tokens, cost.usd, number)))

    def copy(self, asked: Asked, reply: Reply) -> asyncio.Future[None]:
        """Take over a reply from another ledger."""
        return self._writer.write(_put(asked, reply))

    def share(self, asked: Asked, reply: Reply) -> None:
        """Take over a reply from another ledger; nobody waits for it."""
        self._writer.note(_put(asked, reply))

    def _recover(self) -> int:
        done = self._db.execute("UPDATE sent SET state = 'lost' WHERE state = 'in flight'")
        return done.rowcount


def _reply(row: _Row) -> Reply:
    text, ending, prompt, completion, served_by, _ = row
    usage = None if prompt is None or completion is None else Usage(prompt, completion)
    return Reply(text, ending, usage, served_by)


def _put(asked: Asked, reply: Reply) -> Statement:
    usage = reply.usage
    return _PUT, (
        asked.key,
        asked.label,
        asked.canonical,
        reply.text,
        reply.ending,
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
        reply.served_by,
    )
