"""Group commit: writes gather for a moment, then become durable together with one fsync.

Statements run on the event loop's thread, which is quick; only the commit, which waits for the disk,
runs on a thread of its own. What arrives meanwhile forms the next group. A writer outlives event loops.

Not covered: what is written (``ledger.py``).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from errata.errors import StorageFull

_GATHER = 0.003  # seconds a group waits for company
# what SQLite may say, and what its Python module says of a value that it cannot store
_REFUSED = (sqlite3.Error, UnicodeError, OverflowError)
Statement = tuple[str, Sequence[object]]


class GroupWriter:
    """Writes to ``db`` (opened with ``check_same_thread=False``, in autocommit mode)."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._pending: list[tuple[Sequence[Statement], asyncio.Future[None]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._committing: Future[None] | None = None
        self.commits = 0

    def write(self, *statements: Statement) -> asyncio.Future[None]:
        """A future that is done once the statements are durable.

        It raises StorageFull when the disk is full, sqlite3.Error otherwise.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._adopt(loop)
        durable: asyncio.Future[None] = loop.create_future()
        self._pending.append((statements, durable))
        if not self._scheduled and self._committing is None:
            self._scheduled = True
            loop.call_later(_GATHER, self._begin)
        return durable

    def close(self) -> None:
        """Make everything durable and stop the thread."""
        if self._committing is not None:
            self._committing.result()
            self._committing = None
        if self._pending:
            self._execute(self._pending)
            self._db.execute("COMMIT")
            self._pending = []
        self._thread.shutdown()

    def _adopt(self, loop: asyncio.AbstractEventLoop) -> None:
        """Another event loop took over: finish what the last one left behind."""
        if self._committing is not None:
            self._committing.result()
            self._committing = None
        if self._pending:
            left, self._pending = self._pending, []
            self._execute(left)
            self._db.execute("COMMIT")
        self._loop, self._scheduled = loop, False

    def _begin(self) -> None:
        self._scheduled = False
        if self._committing is not None or not self._pending:
            return
        group, self._pending = self._pending, []
        assert self._loop is not None
        try:
            self._execute(group)
        except _REFUSED as error:
            self._resolve(group, error)
            return
        self._committing = self._thread.submit(self._commit)
        self._committing.add_done_callback(lambda done: self._committed(group, done))

    def _execute(self, group: Sequence[tuple[Sequence[Statement], object]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for statements, _ in group:
                for statement, values in statements:
                    self._db.execute(statement, values)
        except _REFUSED:
            self._rollback()
            raise

    def _rollback(self) -> None:
        if self._db.in_transaction:  # SQLite may have rolled back by itself
            self._db.execute("ROLLBACK")

    def _commit(self) -> None:
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error:
            self._rollback()
            raise
        self.commits += 1

    def _committed(
        self, group: Sequence[tuple[Sequence[Statement], asyncio.Future[None]]], done: Future[None]
    ) -> None:
        """On the writer's thread: hand the result over to the event loop, if it still runs."""
        loop = self._loop
        assert loop is not None
        try:
            loop.call_soon_threadsafe(self._finish, group, done.exception())
        except RuntimeError:  # the loop has been closed: nobody waits any more
            return

    def _finish(
        self,
        group: Sequence[tuple[Sequence[Statement], asyncio.Future[None]]],
        error: BaseException | None,
    ) -> None:
        self._committing = None
        self._resolve(group, error)
        if self._pending and not self._scheduled:
            self._scheduled = True
            assert self._loop is not None
            self._loop.call_later(_GATHER, self._begin)

    def _resolve(
        self,
        group: Sequence[tuple[Sequence[Statement], asyncio.Future[None]]],
        error: BaseException | None,
    ) -> None:
        for _, durable in group:
            if durable.done():  # its waiter was cancelled
                continue
            if error is None:
                durable.set_result(None)
            else:
                durable.set_exception(_named(error))


def _named(error: BaseException) -> BaseException:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL:
        full = StorageFull(
            "writing the ledger of calls: the disk is full; everything received so far is kept: free"
            " some space, then `errata resume` the run"
        )
        full.__cause__ = error
        return full
    return error
