"""Dynamic batching: what is asked for at the same time is worked on together, in a thread.

A worker takes the job that has waited longest and up to ``at_once`` in all of the waiting ones that
are nearest to it in size; the event loop stays alive meanwhile. It belongs to one event loop at a time.
Not covered: jobs that join a batch that has begun, and priorities.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

_PAUSE = 0.05  # seconds in which one more job would have come if it were on its way


class Job(Protocol):
    """``size`` is compared between jobs. ``abandoned`` is set when nobody waits any more."""

    size: int
    abandoned: bool


J = TypeVar("J", bound=Job)
R = TypeVar("R")


@dataclass(frozen=True)
class _Waiting(Generic[J, R]):
    job: J
    result: asyncio.Future[R]


class Gathering(Generic[J, R]):
    """Hands batches of at most ``at_once`` jobs to ``work``, one batch at a time.

    ``work`` runs in a thread and returns a result or an exception for each job, in order; what it
    raises itself, every job of the batch raises. It should leave early when all are abandoned.
    ``at_once`` may be changed at any time.
    """

    def __init__(
        self, work: Callable[[Sequence[J]], Sequence[R | Exception]], at_once: int
    ) -> None:
        self._work, self.at_once = work, at_once
        self._waiting: list[_Waiting[J, R]] = []
        self._begun: list[_Waiting[J, R]] = []
        self._worker: asyncio.Task[None] | None = None

    async def done(self, job: J) -> R:
        """The result of ``job``. If the caller gives up, a job that has not begun never will."""
        loop = asyncio.get_running_loop()
        if self._worker is None or self._worker.done() or self._worker.get_loop() is not loop:
            self._waiting = []  # whatever waits without a worker waits on a loop that has ended
            self._worker = loop.create_task(self._run())
        waiting: _Waiting[J, R] = _Waiting(job, loop.create_future())
        self._waiting.append(waiting)
        try:
            return await waiting.result
        except asyncio.CancelledError:
            job.abandoned = True
            raise

    async def close(self) -> None:
        """Abandon all jobs, and wait until the thread has noticed."""
        for each in (*self._waiting, *self._begun):
            each.job.abandoned = True
            each.result.cancel()
        if self._worker is not None and not self._worker.done():
            await asyncio.wait([self._worker])
        self._worker = None

    async def _run(self) -> None:
        while self._waiting:
            await self._gathered()
            self._begun = self._take()
            if self._begun:
                await self._finish(self._begun)
            self._begun = []

    async def _gathered(self) -> None:
        """Wait for a full batch while jobs keep coming."""
        seen = 0
        while seen < len(self._waiting) < self.at_once:
            seen = len(self._waiting)
            await asyncio.sleep(_PAUSE)

    def _take(self) -> list[_Waiting[J, R]]:
        """The oldest job and those nearest to it in size; abandoned ones are forgotten."""
        self._waiting = [each for each in self._waiting if not each.job.abandoned]
        if not self._waiting:
            return []
        size = self._waiting[0].job.size
        order = sorted(
            range(len(self._waiting)),
            key=lambda place: (abs(self._waiting[place].job.size - size), place),
        )
        taken = set(order[: self.at_once])
        batch = [each for place, each in enumerate(self._waiting) if place in taken]
        self._waiting = [each for place, each in enumerate(self._waiting) if place not in taken]
        return batch

    async def _finish(self, batch: Sequence[_Waiting[J, R]]) -> None:
        jobs = [each.job for each in batch]
        working = asyncio.create_task(asyncio.to_thread(self._work, jobs))
        try:
            await asyncio.wait([working])
        finally:
            if not working.done():  # the loop ends: so should the thread
                for job in jobs:
                    job.abandoned = True
        failure = working.exception()
        results = [failure] * len(batch) if failure else working.result()
        for each, result in zip(batch, results, strict=True):
            if each.result.done():
                continue
            if isinstance(result, BaseException):
                each.result.set_exception(result)
            else:
                each.result.set_result(result)
