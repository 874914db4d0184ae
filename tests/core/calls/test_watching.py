"""The live line, and the watchdog's sentence."""

from __future__ import annotations

import asyncio
from random import Random

from errata.calls.pacing import Limits, Pace
from errata.calls.watching import Tally, Watchdog


def test_the_live_line() -> None:
    tally = Tally(received=30, stored=10, in_flight=4, usd=2.0)
    assert tally.line(Pace(Limits(64), Random(1)), 10.0, total=80) == (
        "40 of 80 done, 4 in flight, 3.0/s, limit 8, $2.00, $4.00 projected"
    )


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
