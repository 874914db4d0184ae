"""A reply may be about several items: the ledger knows all of them, and explains each."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from errata.calls.ledger import Ledger, LedgerReader
from faults.client import ask_for, calling
from faults.server import FaultServer


def ask(server: FaultServer, path: Path, *asked: tuple[str, str]) -> int:
    """Ask (label, text) after (label, text); how many groups were written."""

    async def run() -> int:
        async with calling(server.url, path) as (calls, client, _):
            for label, text in asked:
                await calls.complete(ask_for(client, text), label=label)
            calls.ledger.flush()
            return calls.ledger.commits

    return asyncio.run(run())


def contents(path: Path, label: str) -> list[tuple[str, str]]:
    """What changed in the one message about ``label``, from → to."""
    reader = LedgerReader(path)
    found = [change["messages"] for change in reader.explain_miss(label)]
    reader.close()
    return [(before[0][1], after[0][1]) for before, after in found]


def test_a_stored_reply_that_serves_another_item(fault_server: FaultServer, tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    ask(fault_server, path, ("a", "one"), ("b", "two"), ("c", "three"))
    ask(fault_server, path, ("b", "one"))  # what b says now, a has said before
    ask(fault_server, path, ("b", "four"), ("b", "three"))
    assert fault_server.seen.arrived.total() == 4
    assert contents(path, "b") == [("two", "one"), ("one", "four"), ("four", "three")]
    assert contents(path, "a") == []
    ledger = Ledger(path)
    with pytest.raises(LookupError, match="nothing was asked about 'd'"):
        list(ledger.explain_miss("d"))
    ledger.close()


def test_requests_that_were_joined(fault_server: FaultServer, tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"

    async def run() -> None:
        async with calling(fault_server.url, path) as (calls, client, _):
            request = ask_for(client, "fault=slow*1")
            await asyncio.gather(*(calls.complete(request, label=label) for label in "abca"))
            assert calls.tally.joined == 3

    asyncio.run(run())
    ask(fault_server, path, ("c", "other"))
    assert contents(path, "c") == [("fault=slow*1", "other")]
    assert contents(path, "b") == []
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT label FROM aliases ORDER BY id").fetchall() == [("b",), ("c",)]


def test_the_same_again_writes_nothing(fault_server: FaultServer, tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    asked = [("a", "one"), ("b", "one"), ("", "one"), ("\ud800", "one")]
    assert ask(fault_server, path, *asked) > 0
    before = path.read_bytes()
    assert ask(fault_server, path, *asked) == 0
    assert path.read_bytes() == before
    assert contents(path, "?") == []
