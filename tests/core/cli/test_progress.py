"""What a person sees while a stage asks: below the bar on a terminal, now and then elsewhere."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from errata.calls.budget import Cost
from errata.calls.watching import Live
from errata.cli.progress import Reporter

PAID = "waiting for 6 replies that are paid for"


def live(done: int) -> Live:
    spent = Cost(done, 100 * done, 0.25 * done)
    return Live(done, 40, 6, 2.5, 64, None, spent, Cost(40, 4000, 10.0), priced=True)


def asked(reporter: Reporter, pause: float) -> None:
    reporter.errata_stage_started("round-1", "diagnose")
    for done in range(4):
        reporter.errata_stage_progress(done, 40)
        reporter.errata_asking_progress(live(done))
        time.sleep(pause)
    reporter.errata_asking_waits(PAID)
    reporter.errata_stage_finished("round-1", "diagnose", 1.0)


def test_on_a_terminal() -> None:
    shown = io.StringIO()
    asked(Reporter(Console(file=shown, force_terminal=True, width=120)), 0.2)
    text = shown.getvalue()
    assert "3 of 40 done, 6 in flight, 2.5/s, limit 64, $0.75 spent, $10.00 projected" in text
    assert f"round-1 diagnose: {PAID}\n" in text
    # the bar and its line are taken away, the sentence stays
    last = text.rpartition("\x1b[2K")[2]
    assert "in flight" not in last
    assert "done in 1.0 s" in last


@pytest.mark.parametrize(("every", "lines"), [(0.0, 4), (60.0, 0)])
def test_in_a_file(every: float, lines: int) -> None:
    shown = io.StringIO()
    asked(Reporter(Console(file=shown, width=40), every), 0.001)
    told = shown.getvalue().splitlines()
    assert told[-2:] == [f"round-1 diagnose: {PAID}", "round-1 diagnose: done in 1.0 s"]
    assert sum("in flight" in line for line in told) == lines
    # once the live line speaks, nothing is said twice
    assert len(told) <= 2 + lines + 1
    assert "\x1b" not in shown.getvalue()
