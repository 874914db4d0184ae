"""The live line, and the watchdog's sentence."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from errata.calls.budget import RUN, Budget, Caps, Cost
from errata.calls.pacing import Limits, Pace
from errata.calls.watching import Live, LiveLine, Tally, Watchdog


def test_the_live_line() -> None:
    live = Live(40, 80, 4, 3.0, 8, 12.5, Cost(50, 9000, 2.0), Cost(80, 12000, 4.0), priced=True)
    assert live.line == (
        "40 of 80 done, 4 in flight, 3.0/s, limit 8 and 12.5/s, $2.00 spent,"
        " $4.00 projected for the stage"
    )
    again = Live(0, 9, 1, 0.0, 8, None, Cost(), None, priced=False, waiting=2)
    assert again.line.startswith("0 of 9 done, 1 in flight, 2 wait to be tried again, 0.0/s, ")
    unpriced = Live(3, 0, 4, 0.0, 8, None, Cost(50, 9000), None, priced=False)
    assert unpriced.line == "3 done, 4 in flight, 0.0/s, limit 8, 9,000 tokens spent"


class Stage:
    """A stage that spends a dollar and ten tokens for each item, watched by a live line."""

    def __init__(self, begun: int, total: int, at_once: int = 1) -> None:
        self.tally, self.told = Tally(), list[Live]()
        earlier = {"diagnose": Cost(7, 70, 7.0)}
        self.budget = Budget({RUN: Caps()}, earlier)
        self.live = LiveLine(
            self.tally,
            Pace(Limits(64), Random(1)),
            self.budget,
            self.told.append,
            priced=True,
            at_once=at_once,
            every=0.02,
        )
        self.done, self.total = begun, total
        self.live.moved(begun, total)

    def finish(self, items: int) -> None:
        self.tally.received += items
        self.budget.settle("synthesize", Cost(), Cost(items, 10 * items, items))
        self.done += items
        self.live.moved(self.done, self.total)


@pytest.mark.parametrize(("begun", "projected"), [(0, 100.0), (60, 40.0)])
def test_projected_is_what_this_stage_comes_to(begun, projected) -> None:
    """Neither what earlier stages spent counts, nor items that were done before it was resumed."""
    stage = Stage(begun, 100)

    async def work() -> None:
        with stage.live:
            await asyncio.sleep(0.03)
            stage.finish(20)
            await asyncio.sleep(0.05)

    asyncio.run(work())
    assert stage.told[0].projected is None
    last = stage.told[-1]
    assert (last.done, last.total) == (begun + 20, 100)
    assert last.projected is not None
    assert last.projected.usd == pytest.approx(projected)
    assert last.projected.tokens == pytest.approx(10 * projected)
    assert last.spent.usd == 27.0
    assert last.rate > 0


def test_nothing_is_projected_from_what_is_not_done_yet() -> None:
    stage = Stage(0, 1000, at_once=128)

    async def work() -> None:
        with stage.live:
            stage.finish(127)
            await asyncio.sleep(0.03)
            stage.finish(1)
            await asyncio.sleep(0.03)

    asyncio.run(work())
    projected = [live.projected for live in stage.told]
    assert projected[0] is None
    assert projected[-1] is not None


def test_the_line_comes_at_its_pace_and_ends_with_the_stage() -> None:
    stage = Stage(0, 10)

    async def work() -> None:
        with stage.live:
            for _ in range(10):
                stage.finish(1)
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)

    asyncio.run(work())
    assert 2 <= len(stage.told) <= 7
    assert stage.told[-1].done == 10
    silent = Stage(0, 10)

    async def nothing() -> None:
        with silent.live:
            pass

    asyncio.run(nothing())
    assert silent.told == []


def test_nothing_moves_and_it_says_what_is_waited_for() -> None:
    async def run(moves: bool) -> list[str]:
        said: list[str] = []
        tally, pace = Tally(), Pace(Limits(2), Random(1))
        watchdog = Watchdog(tally, pace, said.append, quiet=0.08)
        await asyncio.gather(pace.admit(1), pace.admit(1))
        tally.in_flight = 2
        waiting = asyncio.ensure_future(pace.admit(1))
        watchdog.start()
        for _ in range(10):
            await asyncio.sleep(0.02)
            tally.received += moves
        watchdog.stop()
        waiting.cancel()
        return said

    said = asyncio.run(run(moves=False))
    assert 1 <= len(said) <= 2
    assert said[0].endswith(
        "waiting for: 2 replies of the server; 1 requests queue behind the limit of 2"
    )
    assert asyncio.run(run(moves=True)) == []


def test_requests_between_two_tries_are_waited_for_too() -> None:
    async def run() -> list[str]:
        said: list[str] = []
        watchdog = Watchdog(Tally(waiting=3), Pace(Limits(2), Random(1)), said.append, quiet=0.05)
        watchdog.start()
        await asyncio.sleep(0.2)
        watchdog.stop()
        return said

    assert asyncio.run(run())[0].endswith("waiting for: 3 requests wait to be tried again")
