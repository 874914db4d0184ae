"""Dynamic batching with work that only notes what it got."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass

import pytest

from errata_transformers.gathering import Gathering


@dataclass(eq=False)
class Length:
    size: int
    abandoned: bool = False


class Work:
    """Doubles sizes; waits for ``go`` first, and leaves when all of the batch is abandoned."""

    def __init__(self):
        self.batches: list[list[int]] = []
        self.ended = 0
        self.go = threading.Event()
        self.go.set()

    def __call__(self, jobs):
        self.batches.append([job.size for job in jobs])
        while not self.go.wait(0.002) and not all(job.abandoned for job in jobs):
            pass
        self.ended += 1
        return [ValueError("odd") if job.size % 2 else 2 * job.size for job in jobs]


@pytest.fixture
def work():
    return Work()


async def begun(work, batches=1):
    while len(work.batches) < batches:
        await asyncio.sleep(0.001)


def test_what_comes_together_is_worked_on_together_by_size(work):
    async def ask():
        gathering = Gathering(work, 3)
        return await asyncio.gather(*(gathering.done(Length(size)) for size in (8, 100, 6, 102, 4)))

    assert asyncio.run(ask()) == [16, 200, 12, 204, 8]
    # the oldest with its nearest; nobody waits for ever because of its size
    assert work.batches == [[8, 6, 4], [100, 102]]


def test_jobs_that_come_one_after_the_other_at_first_are_waited_for(work):
    async def ask():
        gathering = Gathering(work, 8)

        async def later(number):
            await asyncio.sleep(0.01 * number)
            return await gathering.done(Length(2 * number))

        await asyncio.gather(*(later(number) for number in range(8)))

    asyncio.run(ask())
    assert work.batches == [[0, 2, 4, 6, 8, 10, 12, 14]]


def test_a_job_may_fail_alone_and_work_may_fail_for_all(work):
    async def ask(work, sizes):
        gathering = Gathering(work, 8)
        every = (gathering.done(Length(size)) for size in sizes)
        return await asyncio.gather(*every, return_exceptions=True)

    first, second, third = asyncio.run(ask(work, (2, 3, 4)))
    assert (first, third) == (4, 8)
    assert isinstance(second, ValueError)

    def broken(jobs):
        raise RuntimeError("the device is gone")

    assert [str(each) for each in asyncio.run(ask(broken, (2, 4)))] == ["the device is gone"] * 2


def test_given_up_before_its_turn_a_job_takes_no_place(work):
    async def ask():
        gathering = Gathering(work, 2)
        work.go.clear()
        first = asyncio.create_task(gathering.done(Length(2)))
        await begun(work)
        waiting = [asyncio.create_task(gathering.done(Length(size))) for size in (4, 6, 8, 10)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[2].cancel()
        await asyncio.sleep(0)
        work.go.set()
        return await asyncio.gather(first, *waiting, return_exceptions=True)

    found = asyncio.run(ask())
    assert work.batches == [[2], [6, 10]]
    assert [found[0], found[2], found[4]] == [4, 12, 20]
    assert isinstance(found[1], asyncio.CancelledError)


def test_closing_abandons_everything_and_another_loop_may_follow(work):
    gathering = Gathering(work, 2)

    async def leave():
        work.go.clear()
        asked = [asyncio.create_task(gathering.done(Length(size))) for size in (2, 4, 6)]
        await begun(work)
        await asyncio.wait_for(gathering.close(), 5)
        assert work.ended == 1
        await gathering.close()
        assert all(task.cancelled() for task in (await asyncio.wait(asked))[0])

    async def ask():
        return await gathering.done(Length(8))

    asyncio.run(leave())
    assert work.batches == [[2, 4]]
    work.go.set()
    assert asyncio.run(ask()) == 16


def test_a_loop_that_ends_unclosed_does_not_wait_for_the_work(work):
    gathering = Gathering(work, 2)

    async def leave():
        work.go.clear()
        asked = asyncio.create_task(gathering.done(Length(2)))
        await begun(work)
        return asked

    asyncio.run(asyncio.wait_for(leave(), 5))  # hangs if the thread is not told
    work.go.set()

    async def ask():
        return await gathering.done(Length(8))

    assert asyncio.run(ask()) == 16
