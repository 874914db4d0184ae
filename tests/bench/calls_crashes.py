"""``kill -9`` and money: what is sent again after a crash, and what is spent beyond a cap.

The client is a process of its own (``faults.client``). Spending is counted by the server: every
completion that it worked for, at the price of its tokens, whether or not the client heard of it.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from calls_serving import log_of, serving, show, total

from faults.processes import client_of
from faults.server import PROMPT_TOKENS, REPLY_TOKENS

AT_ONCE = 24


def _in_flight(ledger: Path) -> int:
    if not ledger.exists():
        return 0
    with sqlite3.connect(ledger) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sent'").fetchone():
            return 0
        (count,) = db.execute("SELECT count(*) FROM sent WHERE state = 'in flight'").fetchone()
    return int(count)


def _killed_after(url: str, ledger: Path, count: int, arrivals: int, *options: str) -> int:
    """Kill a client once ``arrivals`` more have arrived; how many were in flight by its ledger."""
    process = client_of(url, ledger, count, AT_ONCE, *options)
    before, until = total(url), time.monotonic() + 60
    while total(url) < before + arrivals and process.poll() is None:
        if time.monotonic() > until:
            sys.exit("the client hangs")
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(0.1)  # what it had sent arrives
    return _in_flight(ledger)


def killed(folder: Path, count: int = 2000, kills: int = 20) -> None:
    """20 kills at random points of 2,000 requests, then a run to the end."""
    chance, flying, ledger = random.Random(11), 0, folder / "calls.sqlite"
    with serving("--latency", "0.01") as url:
        for _ in range(kills):
            flying += _killed_after(url, ledger, count, chance.randrange(20, 150))
        process = client_of(url, ledger, count, AT_ONCE)
        told, _ = process.communicate(timeout=120)
        log = log_of(url)
    done = told.startswith(f"done {count} ")
    again = sum(log["arrived"].values()) - count
    twice = sum(times - 1 for times in log["completed"].values())
    share = 100 * again / count / kills
    figure = f"{again} sent again of {flying} in flight ({share:.1f}% a kill)"
    met = done and again <= flying
    show(f"kill -9 at {kills} points of {count}", "errata", figure, "only those in flight", met=met)
    figure = (
        f"{twice} of them answered: unread, unstored, or too late" if done else "did not finish"
    )
    show("", "errata", figure)


def capped(folder: Path, kills: int = 10) -> None:
    """A cap in dollars, every other prompt with a fault, and kills in between."""
    chance, cap, ledger = random.Random(12), 200.0, folder / "calls.sqlite"
    price = (PROMPT_TOKENS * 1e3 + REPLY_TOKENS * 2e3) / 1e6
    options = ("--max-usd", str(cap), "--faulty", "--timeout", "2")
    with serving("--latency", "0.01") as url:
        for _ in range(kills):
            _killed_after(url, ledger, 10_000, chance.randrange(20, 60), *options)
        process = client_of(url, ledger, 10_000, AT_ONCE, *options)
        told, _ = process.communicate(timeout=120)
        spent = total(url, "paid") * price
    beyond = max(0.0, spent - cap)
    stopped = told.startswith("spent: ")
    figure = f"${beyond:.2f} beyond ${cap:.0f} (server's log: ${spent:.2f})"
    what = f"money cap, faults and {kills} kills"
    show(what, "errata", figure, "0", met=stopped and not beyond)
