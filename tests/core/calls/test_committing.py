"""Group commit under trouble: locks, refusals, Ctrl-C, one event loop after another."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.calls.committing import GroupWriter
from errata.errors import StorageFull

PUT = "INSERT OR IGNORE INTO t VALUES (?)"


@pytest.fixture
def table(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(tmp_path / "t.sqlite", isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE t(n INTEGER PRIMARY KEY)")
    yield db
    db.close()


def stored(path: Path) -> set[int]:
    with sqlite3.connect(path / "t.sqlite") as db:
        return {number for (number,) in db.execute("SELECT n FROM t")}


def fill(db: sqlite3.Connection) -> None:
    """As SQLite sees a full disk: not a page more."""
    db.execute("PRAGMA max_page_count = 1")


def test_a_lock_of_another_process_does_not_hold_up_the_loop(
    table: sqlite3.Connection, tmp_path: Path
) -> None:
    writer = GroupWriter(table, "t", 10.0)
    other = sqlite3.connect(tmp_path / "t.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(1.5, lambda: other.execute("COMMIT")).start()

    async def run() -> float:
        loop, slowest = asyncio.get_running_loop(), 0.0
        durable = writer.write((PUT, (1,)))
        while not durable.done():
            before = loop.time()
            await asyncio.sleep(0.005)
            slowest = max(slowest, loop.time() - before)
        await durable
        return slowest

    assert asyncio.run(run()) < 1.0
    writer.close()
    other.close()
    assert stored(tmp_path) == {1}


def test_a_lock_that_is_never_given_back_is_named(
    table: sqlite3.Connection, tmp_path: Path
) -> None:
    writer = GroupWriter(table, "t", 0.1)
    other = sqlite3.connect(tmp_path / "t.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def run() -> None:
        await writer.write((PUT, (1,)))

    with pytest.raises(StorageFull, match="another process has kept it locked"):
        asyncio.run(run())
    other.close()
    writer.close()
    assert stored(tmp_path) == {1}  # it came to be stored after all


def test_one_value_that_cannot_be_stored_fails_alone(
    table: sqlite3.Connection, tmp_path: Path
) -> None:
    writer = GroupWriter(table, "t", 1.0)

    async def run() -> list[object]:
        waiting = [writer.write((PUT, (n,))) for n in (1, 2**70, 3)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    first, second, third = asyncio.run(run())
    assert (first, third) == (None, None)
    assert isinstance(second, OverflowError)
    writer.close()
    assert stored(tmp_path) == {1, 3}


def test_what_nobody_waits_for_is_not_lost_in_silence(
    table: sqlite3.Connection, tmp_path: Path
) -> None:
    writer = GroupWriter(table, "t", 1.0)

    async def run() -> None:
        fill(table)
        waiting = asyncio.ensure_future(_awaited(writer))
        await asyncio.sleep(0)
        waiting.cancel()
        for n in range(10, 600):
            writer.note((PUT, (n,)))
        await asyncio.sleep(0.1)

    asyncio.run(run())
    with pytest.raises(StorageFull, match="the disk is full"):
        writer.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("ledger")]


async def _awaited(writer: GroupWriter) -> None:
    await writer.write((PUT, (1,)), *((PUT, (n,)) for n in range(1000, 3000)))


def test_a_disk_that_was_full_for_a_while(table: sqlite3.Connection, tmp_path: Path) -> None:
    writer = GroupWriter(table, "t", 1.0)

    async def run() -> None:
        fill(table)
        for n in range(2000):
            writer.note((PUT, (n,)))
        await asyncio.sleep(0.1)
        table.execute("PRAGMA max_page_count = 100000")

    asyncio.run(run())
    writer.close()
    assert stored(tmp_path) == set(range(2000))


def test_a_ctrl_c_among_the_statements_loses_nothing(
    table: sqlite3.Connection, tmp_path: Path
) -> None:
    writer, calls = GroupWriter(table, "t", 1.0), 0

    def interrupt(_: object) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return calls

    class Second:
        """A value that SQLite asks for: where the second is asked for, Ctrl-C is pressed."""

        def __init__(self, number: int) -> None:
            self.number = number

        def __conform__(self, protocol: object) -> int:
            interrupt(protocol)
            return self.number

    async def run() -> None:
        for n in range(4):
            writer.note((PUT, (Second(n),)))
        await asyncio.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(run())
    writer.close()
    assert stored(tmp_path) == {0, 1, 2, 3}


def test_one_event_loop_after_another(table: sqlite3.Connection, tmp_path: Path) -> None:
    writer = GroupWriter(table, "t", 1.0)

    async def run(number: int, *, wait: bool) -> None:
        durable = writer.write((PUT, (number,)))
        if wait:
            await durable

    for number in range(40):
        asyncio.run(run(number, wait=number % 3 == 0))
    writer.close()
    assert stored(tmp_path) == set(range(40))
