"""Ctrl-C, in a process of its own: what is in flight lands and is kept; a second one gives it up."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faults.client import states
from faults.processes import client_of
from faults.server import FaultServer, Script

COUNT, CONCURRENCY = 40, 8


@pytest.fixture
def late_server() -> Iterator[FaultServer]:
    server = FaultServer(Script(latency=0.7))
    yield server
    server.stop()


def until(process: subprocess.Popen[str], true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert process.poll() is None, "the client has ended"
        assert time.monotonic() < end, "the client hangs"
        time.sleep(0.005)


def left(path: Path) -> Counter[str]:
    """How the requests ended, without those withdrawn while they were recorded, which never left."""
    found = states(path)
    del found["unpaid"]
    return found


def test_what_is_in_flight_lands_and_nothing_is_sent_again(
    late_server: FaultServer, tmp_path: Path
) -> None:
    ledger, seen = tmp_path / "calls.sqlite", late_server.seen
    process = client_of(late_server.url, ledger, COUNT, CONCURRENCY)
    until(process, lambda: seen.arrived.total() > CONCURRENCY + 2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    arrived = seen.arrived.total()
    assert CONCURRENCY + 2 < arrived < COUNT
    assert seen.completed.total() == arrived
    assert left(ledger) == {"received": arrived}
    process = client_of(late_server.url, ledger, COUNT, CONCURRENCY)
    told, _ = process.communicate(timeout=30)
    assert told == f"done {COUNT} received {COUNT - arrived}\n"
    assert set(seen.arrived.values()) == {1}
    assert left(ledger) == {"received": COUNT}


def test_the_second_one_gives_up_at_once(fault_server: FaultServer, tmp_path: Path) -> None:
    ledger, seen = tmp_path / "calls.sqlite", fault_server.seen
    process = client_of(fault_server.url, ledger, COUNT, CONCURRENCY)
    process.communicate(timeout=30)
    fault_server.endpoint.script.latency = 3600
    process = client_of(fault_server.url, ledger, 2 * COUNT, CONCURRENCY)
    until(process, lambda: seen.arrived.total() == COUNT + CONCURRENCY)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None  # it waits for what is paid for
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    assert left(ledger) == {"received": COUNT, "lost": CONCURRENCY}
    assert seen.arrived.total() == COUNT + CONCURRENCY


SMALL = [
    "problems.train={source: gsm8k-two-steps, split: train, limit: 120}",
    "problems.test={source: gsm8k-two-steps, split: test, limit: 20}",
    "problems.out_of_domain={}",
    "problems.dev=20",
    "problems.gate=20",
    "target={use: scripted, skill: 0.35, gain: 0.004}",
    "warmup={examples: 0}",
    "embed=null",
    "group=phrases",
    "select=all",
    "train={use: scripted}",
    "rounds=1",
]


def errata(*arguments: str) -> subprocess.Popen[str]:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from errata.cli.app import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_a_whole_run_is_stopped_and_resumed(late_server: FaultServer, tmp_path: Path) -> None:
    """Nothing that the fault server says validates: every item is asked about twice, and fails."""
    run, seen = tmp_path / "run", late_server.seen
    instructor = f"{{use: openai, model: m, api_key_env: '', base_url: '{late_server.url}'}}"
    changes = [*SMALL, f"instructor={instructor}", "instructor.concurrency=8"]
    given = [part for change in changes for part in ("--set", change)]
    process = errata("run", "math/sei", "--into", str(run), *given)
    until(process, lambda: seen.arrived.total() > 12)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "errata resume" in told
    assert "replies that are paid for" in told
    arrived = seen.arrived.total()
    assert seen.completed.total() == arrived
    assert left(run / "calls.sqlite") == {"received": arrived}
    late_server.endpoint.script.latency = 0.0
    process = errata("resume", str(run), "--until", "diagnose")
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert seen.arrived.total() > arrived
    assert left(run / "calls.sqlite") == {"received": seen.arrived.total()}
    with sqlite3.connect(run / "calls.sqlite") as db:
        assert db.execute("SELECT count(*) FROM replies").fetchone() == (seen.arrived.total(),)
