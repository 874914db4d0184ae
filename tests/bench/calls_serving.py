"""What the benchmarks of the call layer share: the server, its log, the prompts, the table's rows."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).parents[1]
PROBLEM = "A farmer has 12 sheep and buys 5 more. " * 12  # as long as a short prompt


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """The URL of a fault server in a process of its own."""
    command = [sys.executable, "-m", "faults.server", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TESTS) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def prompts(count: int, start: int = 0) -> Iterator[str]:
    """Distinct prompts of realistic length."""
    return (f"{PROBLEM}{number}" for number in range(start, start + count))


def log_of(url: str) -> dict[str, dict[str, int]]:
    """The server's log by prompt: ``arrived``, ``paid``, ``completed``."""
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/seen") as response:
        found = json.load(response)
    return {**found, "refused": {"": found["refused"]}}


def total(url: str, what: str = "arrived") -> int:
    """The sum of one column of the server's log."""
    return sum(log_of(url)[what].values())


def show(what: str, who: str, figure: str, limit: str = "", *, met: bool | None = None) -> None:
    """One row of the table."""
    verdict = {True: "met", False: "NOT MET", None: ""}[met]
    print(f"{what:<46} {who:<14} {figure:>44}   {limit:<22} {verdict}".rstrip(), flush=True)
