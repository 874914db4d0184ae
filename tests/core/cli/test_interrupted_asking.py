"""Ctrl-C while a stage asks an instructor: real processes, real HTTP, a real terminal."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

CODE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
COMMAND = [sys.executable, "-c", f"{CODE} from errata.cli.app import main; main()"]


@pytest.fixture
def environment(roman_site, tmp_path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(roman_site),
        "ERRATA_CACHE": str(tmp_path / "cache"),
        "COLUMNS": "120",
        "TERM": "xterm",
    }


@pytest.fixture
def arguments(fault_server, tmp_path) -> list[str]:
    changes = [
        "diagnose=instructor",
        "instructor.use=openai",
        "instructor.model=scripted",
        f"instructor.base_url={fault_server.url}",
        "instructor.api_key_env=''",
        "instructor.max_reply_tokens=50",
        "instructor.concurrency=6",
        "rounds=1",
    ]
    told = [part for change in changes for part in ("--set", change)]
    return ["run", "roman/small", "--into", str(tmp_path / "run"), "--until", "diagnose", *told]


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def ledger(run: Path) -> dict[str, int]:
    """How many requests are in each state, and how many replies there are."""
    db = sqlite3.connect(run / "calls.sqlite")
    found = dict(db.execute("SELECT state, count(*) FROM sent GROUP BY state"))
    (replies,) = db.execute("SELECT count(*) FROM replies").fetchone()
    db.close()
    return {**found, "replies": replies}


def test_once_keeps_all_that_is_paid_for(fault_server, environment, arguments, tmp_path):
    fault_server.endpoint.script.latency = 0.4
    run, seen = tmp_path / "run", fault_server.seen
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: seen.completed.total() >= 6 and seen.arrived.total() > seen.completed.total())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    again = f"`errata resume {run}` goes on"
    assert err == f"errata: stopped; everything received is kept: {again}\n"
    assert "Traceback" not in out
    assert "replies that are paid for" in out
    assert "Ctrl-C gives them up" in out or "Ctrl-C again gives them up" in out
    # what had left was waited for, and nothing left any more
    assert ledger(run) == {"received": seen.arrived.total(), "replies": seen.completed.total()}
    fault_server.endpoint.script.latency = 0.0
    resumed = subprocess.run(
        [*COMMAND, "resume", str(run), "--until", "diagnose"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (resumed.returncode, resumed.stderr) == (0, "")
    asked = [json.dumps(body["messages"]) for body in seen.bodies]
    assert len(set(asked)) == len(asked) == ledger(run)["replies"] > 50


class Terminal:
    """A process with a terminal of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.master, slave = os.openpty()
        os.set_blocking(self.master, False)

        def own() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=own,  # noqa: PLW1509 the child only takes its terminal
        )
        os.close(slave)
        self._shown = b""

    def shown(self) -> str:
        """What is on the terminal so far."""
        while True:
            try:
                read = os.read(self.master, 65536)
            except OSError:  # nothing there, or the process has gone
                break
            if not read:
                break
            self._shown += read
        return self._shown.decode()

    def press(self, key: bytes) -> None:
        os.write(self.master, key)

    def end(self) -> int:
        """The exit code."""
        until(lambda: self.shown() is not None and self.process.poll() is not None)
        return self.process.returncode


def test_on_a_terminal_twice_gives_up(fault_server, environment, arguments, tmp_path):
    """The live line stands below the bar; the second Ctrl-C does not wait for what is paid for."""
    script, seen = fault_server.endpoint.script, fault_server.seen
    script.latency = 0.1
    terminal = Terminal([*COMMAND, *arguments], environment)
    until(lambda: seen.completed.total() >= 6)
    script.latency = 300
    until(lambda: seen.arrived.total() - seen.completed.total() == 6)
    until(lambda: "6 in flight" in terminal.shown())
    assert " done, " in terminal.shown()
    assert "tokens spent" in terminal.shown()
    terminal.press(b"\x03")
    until(lambda: "waiting for 6 replies that are paid for" in terminal.shown())
    assert terminal.process.poll() is None
    pressed = time.monotonic()
    terminal.press(b"\x03")
    assert terminal.end() == 130
    assert time.monotonic() - pressed < 20
    shown = terminal.shown()
    assert shown.count("errata: stopped; everything received is kept: ") == 1
    assert "Traceback" not in shown
    assert "Error" not in shown
    # what was given up counts as spent, and everything received is there
    found = ledger(tmp_path / "run")
    assert found["replies"] == seen.completed.total()
    assert found["received"] == found["replies"]
    assert found.get("lost", 0) + found.get("in flight", 0) == 6
    os.close(terminal.master)
