"""A ledger that several runs share: it saves requests, and its troubles lose nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from errata.calls.ledger import Asked, Ledger
from errata.calls.pacing import Limits
from errata.calls.sending import Policy
from errata.calls.wire import Reply, key_of
from errata.errors import StorageFull
from faults.client import ask_for, calling, client_for, complete_all
from faults.processes import client_of
from faults.server import FaultServer


def rows(path: Path, table: str = "replies") -> int:
    with sqlite3.connect(path) as db:
        (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(count)


def test_two_runs_at_the_same_time(fault_server: FaultServer, tmp_path: Path) -> None:
    shared = tmp_path / "shared.sqlite"
    options = ("--shared", str(shared))
    runs = [tmp_path / f"{n}.sqlite" for n in range(2)]
    together = [client_of(fault_server.url, run, 300, 16, *options) for run in runs]
    for process in together:
        told, _ = process.communicate(timeout=60)
        assert told.startswith("done 300 ")
    assert [rows(path) for path in (*runs, shared)] == [300] * 3
    arrived = fault_server.seen.arrived.total()
    assert arrived == sum(rows(run, "sent") for run in runs)
    third = client_of(fault_server.url, tmp_path / "3.sqlite", 300, 16, *options)
    assert third.communicate(timeout=60)[0] == "done 300 received 0\n"
    assert fault_server.seen.arrived.total() == arrived


def test_a_shared_ledger_that_is_locked_holds_nobody_up(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    shared, own = tmp_path / "shared.sqlite", tmp_path / "calls.sqlite"
    Ledger(shared, own=False).close()
    other = sqlite3.connect(shared, isolation_level=None)

    async def ask() -> None:
        async with calling(fault_server.url, own, shared=shared) as (calls, client, _):
            other.execute("BEGIN IMMEDIATE")
            asked = complete_all(calls, client, map(str, range(20)), 4)
            assert len(await asyncio.wait_for(asked, 5)) == 20
            assert rows(own) == 20
            other.execute("COMMIT")

    asyncio.run(ask())
    other.close()
    assert rows(shared) == 20


def test_a_shared_ledger_that_is_full_loses_nothing_and_is_said(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    shared, own = tmp_path / "shared.sqlite", tmp_path / "calls.sqlite"

    async def ask(full: bool) -> int:
        async with calling(fault_server.url, own, shared=shared) as (calls, client, _):
            if full:
                assert calls.shared is not None
                calls.shared._db.execute("PRAGMA max_page_count = 1")
            prompts = (f"{n} {'long ' * 500}" for n in range(30))
            assert len(await complete_all(calls, client, prompts, 8)) == 30
            return calls.tally.stored

    with pytest.raises(StorageFull, match=r"shared\.sqlite: the disk is full"):
        asyncio.run(ask(full=True))
    assert rows(own) == 30
    assert asyncio.run(ask(full=False)) == 30
    assert set(fault_server.seen.arrived.values()) == {1}


def test_what_another_run_was_told_while_this_one_queued(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    shared, own = tmp_path / "shared.sqlite", tmp_path / "calls.sqlite"
    canonical = ask_for(client_for(fault_server.url), "wanted by two").canonical()
    fault_server.endpoint.script.latency = 0.6

    async def ask() -> Reply:
        async with calling(
            fault_server.url, own, shared=shared, limits=Limits(1), policy=Policy(timeout=10.0)
        ) as (calls, c, _):
            first = asyncio.ensure_future(calls.complete(ask_for(c, "the first")))
            second = asyncio.ensure_future(calls.complete(ask_for(c, "wanted by two")))
            await asyncio.sleep(0.05)  # it queues behind the first
            other = Ledger(shared, own=False)
            await other.copy(Asked(key_of(canonical), canonical), Reply("from the other run"))
            other.close()
            await first
            reply = await second
            assert calls.budget.spent.requests == 1
            assert calls.pace.in_flight == 0
            return reply

    assert asyncio.run(ask()).text == "from the other run"
    assert "wanted by two" not in fault_server.seen.arrived
    assert rows(own, "sent") == 1
