"""Concurrency and rate: never more than allowed, fast where nothing refuses, fair, and never stuck."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.calls.pacing import Bucket, Limits, Pace


async def visits(pace: Pace, count: int, seconds: float, tokens: int = 1) -> list[float]:
    """When each of ``count`` requests was admitted, counted from the first."""
    times: list[float] = []

    async def one() -> None:
        times.append(await pace.admit(tokens))
        assert pace.in_flight <= pace.limits.concurrency
        await asyncio.sleep(seconds)
        pace.accepted()
        pace.left(0)

    await asyncio.gather(*(one() for _ in range(count)))
    return [at - times[0] for at in times]


def test_the_limit_opens_quickly_and_is_kept() -> None:
    async def run() -> tuple[int, int]:
        pace, most = Pace(Limits(100), Random(1)), 0

        async def one() -> None:
            nonlocal most
            await pace.admit(1)
            most = max(most, pace.in_flight)
            await asyncio.sleep(0.4)
            pace.left(0)

        tasks = [asyncio.ensure_future(one()) for _ in range(150)]
        await asyncio.sleep(0)
        early = pace.in_flight
        await asyncio.gather(*tasks)
        return early, most

    early, most = asyncio.run(run())
    assert early < 20  # a refusal would be heard before everything has left
    assert most == 100


def test_requests_a_minute_are_kept() -> None:
    times = asyncio.run(visits(Pace(Limits(50, rpm=60 * 40), Random(1)), 60, 0.001))
    # a second's worth may leave at once; what comes after keeps the rate
    assert times[-1] >= (60 - 40) / 40 * 0.9


def test_tokens_a_minute_are_kept_even_for_a_large_request() -> None:
    pace = Pace(Limits(50, tpm=60 * 5000), Random(1))
    times = asyncio.run(visits(pace, 2, 0.0, tokens=6500))
    assert times[-1] >= 1.3 * 0.9


def test_a_refusal_pauses_everybody_and_halves_the_limit() -> None:
    async def run() -> tuple[float, float, float]:
        pace = Pace(Limits(40), Random(1))
        await asyncio.gather(*(pace.admit(1) for _ in range(8)))
        begun = asyncio.get_running_loop().time()
        for place in range(8):  # in flight together: they count once
            if place < 3:
                pace.refused(0.1, begun)
            pace.left(1)
        limit = pace.limit
        return limit, await pace.admit(1) - begun, pace.refusals

    limit, waited, refusals = asyncio.run(run())
    assert limit == 4
    assert waited >= 0.1
    assert refusals == 3


def test_pauses_without_retry_after_grow_and_stay_bounded() -> None:
    async def run() -> list[float]:
        pace, pauses = Pace(Limits(4), Random(1)), []
        loop = asyncio.get_running_loop()
        for step in range(12):
            pace.refused(None, loop.time() + step)
            pauses.append(pace.pause(loop.time()))
        return pauses

    pauses = asyncio.run(run())
    assert pauses[0] <= 0.5
    assert 10 < max(pauses) <= 64


def test_a_server_that_asks_for_no_pause_at_all_is_not_hammered() -> None:
    async def run() -> list[float]:
        pace, pauses = Pace(Limits(4), Random(1)), []
        loop = asyncio.get_running_loop()
        for step in range(20):
            pace.refused(0.0, loop.time() + step)
            pauses.append(pace.pause(loop.time()))
        return pauses

    pauses = asyncio.run(run())
    assert pauses[0] < 0.1
    assert 10 < max(pauses) <= 64


def test_a_cancelled_request_does_not_keep_its_place() -> None:
    async def run() -> int:
        pace = Pace(Limits(1), Random(1))
        await pace.admit(1)
        waiting = [asyncio.ensure_future(pace.admit(1)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        pace.left(0)
        waiting[1].cancel()  # admitted in the same breath
        await asyncio.wait(waiting, timeout=1)
        assert waiting[2].done()
        return pace.in_flight

    assert asyncio.run(run()) == 1


def test_it_outlives_an_event_loop() -> None:
    pace = Pace(Limits(2, rpm=6000), Random(1))
    for _ in range(3):
        assert len(asyncio.run(visits(pace, 5, 0.001))) == 5


def test_a_timer_of_the_last_event_loop_is_not_waited_for() -> None:
    pace = Pace(Limits(4), Random(1))

    async def paused_and_left() -> None:
        pace.refused(0.4, asyncio.get_running_loop().time())
        waiting = asyncio.ensure_future(pace.admit(1))
        await asyncio.sleep(0.01)
        waiting.cancel()

    async def again() -> None:
        await asyncio.wait_for(pace.admit(1), 2)
        pace.left(1)

    asyncio.run(paused_and_left())
    asyncio.run(again())
    assert pace.in_flight == 0


def test_a_large_request_that_is_cancelled_lets_the_small_one_behind_it_pass() -> None:
    async def run() -> float:
        pace = Pace(Limits(8, tpm=60_000), Random(1))  # a thousand tokens a second
        loop = asyncio.get_running_loop()
        await pace.admit(900)
        large = asyncio.ensure_future(pace.admit(5000))
        await asyncio.sleep(0)
        small = asyncio.ensure_future(pace.admit(50))
        await asyncio.sleep(0.01)
        assert not small.done()
        large.cancel()
        begun = loop.time()
        await asyncio.wait_for(small, 2)
        return loop.time() - begun

    assert asyncio.run(run()) < 0.5


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 20)), max_size=40))
def test_a_bucket_never_gives_more_than_its_rate(steps: list[tuple[float, float]]) -> None:
    bucket, now, taken = Bucket(2.0, 4.0, 0.0), 0.0, 0.0
    for passed, amount in steps:
        now += passed
        if bucket.wait(amount, now) == 0:
            bucket.level -= amount
            taken += amount
            assert taken - amount <= 4 + 2 * now + 1e-6  # the last may overdraw
        assert bucket.wait(amount, now) != pytest.approx(float("inf"))
