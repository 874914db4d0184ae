"""``kill -9`` at random points: only what was in flight is sent again; nothing received is.

The client is a process of its own, the server counts every arrival.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.calls.wire import key_of
from errata_openai.client import OpenAIClient
from faults.client import ask_for, settings
from faults.processes import client_of
from faults.server import PROMPT_TOKENS, REPLY_TOKENS, FaultServer, Script

CONCURRENCY = 24


@pytest.fixture
def slow_server() -> Iterator[FaultServer]:
    server = FaultServer(Script(latency=0.01))
    yield server
    server.stop()


def in_ledger(path: Path) -> tuple[set[bytes], set[bytes]]:
    """Keys that were received, and keys in flight."""
    if not path.exists():
        return set(), set()
    with sqlite3.connect(path) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sent'").fetchone():
            return set(), set()
        received = {key for (key,) in db.execute("SELECT key FROM replies")}
        flying = db.execute("SELECT key FROM sent WHERE state = 'in flight'")
        return received, {key for (key,) in flying}


@pytest.mark.parametrize(
    ("count", "kills"), [(500, 4), pytest.param(2000, 20, marks=pytest.mark.slow)]
)
def test_only_what_was_in_flight_is_sent_again(
    count: int, kills: int, slow_server: FaultServer, tmp_path: Path
) -> None:
    ledger, seen = tmp_path / "calls.sqlite", slow_server.seen
    client = OpenAIClient(settings(slow_server.url))
    prompt_of = {
        key_of(ask_for(client, f"prompt {n}").canonical()): f"prompt {n}" for n in range(count)
    }
    in_flight: Counter[str] = Counter()
    settled: dict[str, int] = {}
    chance = random.Random(5)
    for point in sorted(chance.sample(range(20, count - 20), kills)):
        process = client_of(slow_server.url, ledger, count, CONCURRENCY)
        until = time.monotonic() + 30
        while sum(seen.arrived.values()) < point + in_flight.total() and process.poll() is None:
            assert time.monotonic() < until, "the client hangs"
            time.sleep(chance.uniform(0, 0.003))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        time.sleep(0.05)  # what it had sent arrives
        received, flying = in_ledger(ledger)
        assert received.isdisjoint(flying)
        assert len(flying) <= CONCURRENCY
        in_flight.update(prompt_of[key] for key in flying)
        settled |= {prompt_of[key]: seen.arrived[prompt_of[key]] for key in received}
    process = client_of(slow_server.url, ledger, count, CONCURRENCY)
    told, _ = process.communicate(timeout=60)
    assert told.startswith(f"done {count} ")
    assert in_flight.total() > 0
    # what the server handed over is in the ledger, unless a kill came between
    stored = {prompt_of[key] for key in in_ledger(ledger)[0]}
    assert set(seen.completed) == stored == set(prompt_of.values())
    assert all(seen.completed[prompt] <= 1 + in_flight[prompt] for prompt in stored)
    # nothing that was received has been sent again
    assert {prompt: seen.arrived[prompt] for prompt in settled} == settled
    # and every further arrival is one that a kill found in flight
    assert set(seen.arrived) == set(prompt_of.values())
    assert all(arrived <= 1 + in_flight[prompt] for prompt, arrived in seen.arrived.items())
    with sqlite3.connect(ledger) as db:
        (accounted,) = db.execute("SELECT count(*) FROM sent WHERE state != 'unpaid'").fetchone()
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sum(seen.paid.values()) <= accounted == count + in_flight.total()


def test_a_cap_in_dollars_holds_through_faults_and_kills(
    slow_server: FaultServer, tmp_path: Path
) -> None:
    """The server's own log counts: every completion that it worked for, at its price."""
    ledger, seen, cap = tmp_path / "calls.sqlite", slow_server.seen, 60.0
    options = ("--max-usd", str(cap), "--faulty", "--timeout", "1")
    chance = random.Random(7)
    charged = (PROMPT_TOKENS * 1e3 + REPLY_TOKENS * 2e3) / 1e6
    for _ in range(4):
        process = client_of(slow_server.url, ledger, 2000, 8, *options)
        before, until = seen.arrived.total(), time.monotonic() + 30
        while seen.arrived.total() < before + 30 and process.poll() is None:
            assert time.monotonic() < until, "the client hangs"
            time.sleep(chance.uniform(0, 0.003))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert seen.paid.total() * charged <= cap
    process = client_of(slow_server.url, ledger, 2000, 8, *options)
    told, _ = process.communicate(timeout=60)
    assert told.startswith("spent: instructor.max_usd is 60.0: $")
    assert seen.paid.total() * charged <= cap
    assert seen.paid.total() > 60  # it did spend
