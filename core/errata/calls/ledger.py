"""The ledger: every completion, durable before it is used, in one SQLite file.

Two tables. ``replies`` has one row per key: the canonical request and what was answered. ``sent`` has
one row per request that left, written durably before it leaves: whoever opens the ledger and finds it
still in flight counts its worst case as spent. Nothing is pickled; ``sqlite3 calls.sqlite`` reads it.

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
from errata.calls.wire import Reply, Usage, changed_parts
from errata.errors import CorruptRecord

FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies(
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, label TEXT NOT NULL, request TEXT NOT NULL,
    text TEXT NOT NULL, ending TEXT NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER,
    served_by TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS replies_by_label ON replies(label);
CREATE TABLE IF NOT EXISTS sent(
    id INTEGER PRIMARY KEY, key BLOB NOT NULL, stage TEXT NOT NULL, state TEXT NOT NULL,
    tokens INTEGER NOT NULL, usd REAL NOT NULL);
CREATE INDEX IF NOT EXISTS sent_in_flight ON sent(id) WHERE state = 'in flight';
"""
_GET = "SELECT text, ending, prompt_tokens, completion_tokens, served_by FROM replies WHERE key = ?"
_PUT = (
    "INSERT OR IGNORE INTO replies(key, label, request, text, ending, prompt_tokens,"
    " completion_tokens, served_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_SENT = "INSERT INTO sent(id, key, stage, state, tokens, usd) VALUES (?, ?, ?, 'in flight', ?, ?)"
_ENDED = "UPDATE sent SET state = ?, tokens = ?, usd = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request by its key, with its canonical text and ``label``, the item it is about."""

    key: bytes
    canonical: str
    label: str = ""


class Ledger:
    """The ledger in the file ``path``, made if need be.

    ``own`` is a run's own ledger: requests that a crash left in flight are counted as spent.
    Raises CorruptRecord when the file is not a ledger of this format.
    """

    def __init__(self, path: Path, *, own: bool = True) -> None:
        self.path = path
        try:
            self._db = _opened(path)
            self._reader = _connected(path)
            self.recovered = self._recover() if own else 0
        except sqlite3.DatabaseError as error:
            raise CorruptRecord(
                f"{path}: not a ledger of calls ({error}); restore the file, or delete it: then"
                " everything is asked, and paid for, again"
            ) from error
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM sent").fetchone()
        self._last = int(last)
        self._writer = GroupWriter(self._db)

    @property
    def commits(self) -> int:
        """How many groups have been committed."""
        return self._writer.commits

    def close(self) -> None:
        """Make everything durable and close the file."""
        self._writer.close()
        self._reader.close()
        self._db.close()

    def get(self, key: bytes) -> Reply | None:
        """The reply received for ``key``, or None."""
        row = self._reader.execute(_GET, (key,)).fetchone()
        if row is None:
            return None
        text, ending, prompt, completion, served_by = row
        usage = None if prompt is None else Usage(prompt, completion)
        return Reply(text, ending, usage, served_by)

    def sending(self, asked: Asked, stage: str, worst: Cost) -> tuple[int, asyncio.Future[None]]:
        """Record that a request is about to leave: its number, and when that is durable."""
        self._last += 1
        values = (self._last, asked.key, stage, worst.tokens, worst.usd)
        return self._last, self._writer.write((_SENT, values))

    def received(self, number: int, asked: Asked, reply: Reply, cost: Cost) -> asyncio.Future[None]:
        """Record a reply and what it cost; the reply may be used once the future is done."""
        ended = (_ENDED, ("received", cost.tokens, cost.usd, number))
        return self._writer.write(_put(asked, reply), ended)

    def ended(self, number: int, cost: Cost) -> asyncio.Future[None]:
        """Record that a request came to nothing; ``cost.requests`` is 0 if it was not paid for."""
        state = "lost" if cost.requests else "unpaid"
        return self._writer.write((_ENDED, (state, cost.tokens, cost.usd, number)))

    def copy(self, asked: Asked, reply: Reply) -> asyncio.Future[None]:
        """Take over a reply from another ledger."""
        return self._writer.write(_put(asked, reply))

    def spent(self) -> dict[str, Cost]:
        """What has been spent so far, by stage."""
        rows = self._db.execute(
            "SELECT stage, count(*), sum(tokens), sum(usd) FROM sent WHERE state != 'unpaid'"
            " GROUP BY stage ORDER BY stage"
        )
        return {stage: Cost(number, tokens, usd) for stage, number, tokens, usd in rows}

    def requests(self, label: str) -> list[str]:
        """The canonical requests about one item, the oldest first."""
        rows = self._reader.execute(
            "SELECT request FROM replies WHERE label = ? ORDER BY id", (label,)
        )
        return [request for (request,) in rows]

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

    def _recover(self) -> int:
        done = self._db.execute("UPDATE sent SET state = 'lost' WHERE state = 'in flight'")
        return done.rowcount


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


def _connected(path: Path) -> sqlite3.Connection:
    # Autocommit mode: transactions begin and end where GroupWriter says so.
    return sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = _connected(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found not in (0, FORMAT):
        raise sqlite3.DatabaseError(f"format {found}, this errata reads {FORMAT}")
    db.executescript(_SCHEMA)
    db.execute(f"PRAGMA user_version = {FORMAT}")
    return db
