"""Group commit: writes gather for a moment, then become durable together with one fsync.

Statements run on the event loop's thread, which is quick; only the commit, which waits for the disk,
runs on a thread of its own, and so does the whole when another process holds the file's lock, for
which the loop must not wait. What arrives meanwhile forms the next group. A group that is refused is
written again one by one, so that nothing fails for what stands beside it. A Ctrl-C in the middle leaves
the group pending. A writer outlives event loops.

Statements must bear being executed twice. Not covered: what is written (``ledger.py``).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from errata.errors import StorageFull

_GATHER = 0.003  # seconds a group waits for company
_MOST_REFUSED = 1000  # writes that failed and are kept to be tried again: no more are taken
# what SQLite may say, and what its Python module says of a value that it cannot store
_REFUSED = (sqlite3.Error, UnicodeError, OverflowError)
Statement = tuple[str, Sequence[object]]


class _Write(NamedTuple):
    statements: Sequence[Statement]
    durable: asyncio.Future[None] | None  # None: nobody waits


_Outcome = list[BaseException | None]  # of each write of a group


class GroupWriter:
    """Writes to ``db`` (opened with ``check_same_thread=False``, in autocommit mode).

    ``name`` is the file, for messages; ``patience`` how many seconds another process may hold its lock.
    """

    def __init__(self, db: sqlite3.Connection, name: str, patience: float) -> None:
        self._db, self._name, self._patience = db, name, patience
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._pending: list[_Write] = []
        self._again: list[_Write] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._committing: tuple[Future[_Outcome], list[_Write]] | None = None
        self.commits = 0

    def write(self, *statements: Statement) -> asyncio.Future[None]:
        """A future that is done once the statements are durable.

        It raises StorageFull when the file system refuses, sqlite3.Error otherwise.
        """
        loop = self._ready()
        durable: asyncio.Future[None] = loop.create_future()
        self._add(loop, _Write(statements, durable))
        return durable

    def note(self, *statements: Statement) -> None:
        """Write without waiting; durable at the latest when ``flush`` or ``close`` returns."""
        self._add(self._ready(), _Write(statements, None))

    def flush(self) -> None:
        """Make everything durable now, what was refused before too; blocks.

        Raises as ``write`` does.
        """
        if self._committing is not None:
            committing, group = self._committing
            outcome = committing.result()
            self._committing = None
            self._settle(group, outcome)
        left = self._again + self._pending
        if not left:
            return
        outcome = self._all(left)
        self._pending, self._again = [], []
        self._settle(left, outcome)
        if self._again:
            self._again = []
            raise next(_named(error, self._name) for error in outcome if error is not None)

    def close(self) -> None:
        """Make everything durable and stop the thread. Raises as ``flush`` does."""
        try:
            self.flush()
        finally:
            self._thread.shutdown()

    def _ready(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if loop is not self._loop or len(self._again) > _MOST_REFUSED:
            self.flush()  # what the last loop left behind, or what was refused
            self._loop, self._scheduled = loop, False
        return loop

    def _add(self, loop: asyncio.AbstractEventLoop, write: _Write) -> None:
        self._pending.append(write)
        if not self._scheduled and self._committing is None:
            self._scheduled = True
            loop.call_later(_GATHER, self._begin)

    def _begin(self) -> None:
        self._scheduled = False
        if self._committing is not None or not self._pending:
            return
        group, loop = self._pending, self._loop
        assert loop is not None
        begun = False
        with suppress(*_REFUSED):
            self._execute(group, 0.0)
            begun = True
        work = self._commit if begun else self._all
        committing = self._thread.submit(work, group)
        self._committing = (committing, group)
        self._pending = []  # only now: a Ctrl-C before this loses nothing
        committing.add_done_callback(lambda done: self._hand_over(loop, done))

    def _execute(self, group: Sequence[_Write], patience: float) -> None:
        self._rollback()  # a Ctrl-C may have left a transaction open
        self._db.execute(f"PRAGMA busy_timeout = {patience * 1000:.0f}")
        self._db.execute("BEGIN IMMEDIATE")
        whole = False
        try:
            for write in group:
                for statement, values in write.statements:
                    self._db.execute(statement, values)
            whole = True
        finally:
            if not whole:  # refused, or a Ctrl-C
                self._rollback()

    def _rollback(self) -> None:
        if self._db.in_transaction:  # SQLite may have rolled back by itself
            self._db.execute("ROLLBACK")

    def _commit(self, group: Sequence[_Write]) -> _Outcome:
        """End the transaction that holds ``group``."""
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error:
            self._rollback()
            return self._all(group)
        self.commits += 1
        return [None] * len(group)

    def _all(self, group: Sequence[_Write]) -> _Outcome:
        """Write ``group`` in one transaction, or else each by itself."""
        error = self._whole(group)
        if error is None or len(group) == 1 or _locked(error):
            return [error] * len(group)
        return [self._whole([write]) for write in group]

    def _whole(self, group: Sequence[_Write]) -> BaseException | None:
        try:
            self._execute(group, self._patience)
            self._db.execute("COMMIT")
        except _REFUSED as error:
            self._rollback()
            return error
        self.commits += 1
        return None

    def _hand_over(self, loop: asyncio.AbstractEventLoop, done: Future[_Outcome]) -> None:
        """On the writer's thread: tell the event loop, if it still runs; else ``flush`` will see."""
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._finish, done)

    def _finish(self, done: Future[_Outcome]) -> None:
        if self._committing is None or self._committing[0] is not done:
            return  # ``flush`` has been quicker
        group = self._committing[1]
        self._committing = None
        self._settle(group, done.result())
        if self._pending and not self._scheduled:
            self._scheduled = True
            assert self._loop is not None
            self._loop.call_later(_GATHER, self._begin)

    def _settle(self, group: Sequence[_Write], outcome: _Outcome) -> None:
        for write, error in zip(group, outcome, strict=True):
            durable = write.durable
            heard = durable is not None and not durable.done()
            if heard and durable is not None and not durable.get_loop().is_closed():
                if error is None:
                    durable.set_result(None)
                    continue
                durable.set_exception(_named(error, self._name))
                if not isinstance(error, sqlite3.OperationalError):
                    continue  # it will never be stored
            if error is not None:  # ``flush`` tries once more: there may be room again
                self._again.append(write)


def _locked(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without SQLite's extension
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _named(error: BaseException, name: str) -> BaseException:
    if not isinstance(error, sqlite3.OperationalError):
        return error
    what = str(error)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        what = "the disk is full"
    elif _locked(error):
        what = "another process has kept it locked"
    refused = StorageFull(
        f"writing the ledger of calls {name}: {what}; everything stored so far"
        " is kept: see to it (space, permissions), then `errata resume` the run"
    )
    refused.__cause__ = error
    return refused
