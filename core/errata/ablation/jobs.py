"""Runs as processes of their own, several at once: one that fails does not stop the others.

A process dies with the one that started it (it watches its standard input), and what it did is kept in
its run directory, so the same command goes on after ``kill -9`` of any of them.

Not covered: which runs there are and what they begin with (``conducting.py``).
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE = 30.0  # seconds that an interrupted process gets to put down what it holds
_TOLD_EVERY = 60.0


@dataclass
class Job:
    """One run: ``ready`` sees to what it begins with, and says so if it cannot; ``command`` does it.

    ``after`` names the job that must have succeeded before.
    """

    name: str
    command: Sequence[str]
    log: Path
    after: str = ""
    ready: Callable[[], str] = field(default=lambda: "")


@dataclass(frozen=True)
class Ended:
    """How a job ended: ``problem`` is empty where all went well."""

    name: str
    seconds: float
    problem: str = ""


class Jobs:
    """Runs jobs, at most ``at_once`` at a time, and tells ``say`` how it goes."""

    def __init__(
        self, at_once: int, environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._environment, self._say = dict(environment), say
        self._room = asyncio.Semaphore(at_once)
        self._running: dict[str, Job] = {}
        self._ended: dict[str, Ended] = {}

    async def run(self, jobs: Sequence[Job]) -> list[Ended]:
        """How every job ended, in their order."""
        tasks: dict[str, asyncio.Task[Ended]] = {}
        for job in jobs:
            before = tasks.get(job.after)
            tasks[job.name] = asyncio.create_task(self._one(job, before))
        teller = asyncio.create_task(self._tell(len(jobs)))
        try:
            return [await tasks[job.name] for job in jobs]
        finally:
            for task in (teller, *tasks.values()):
                task.cancel()
            await asyncio.gather(teller, *tasks.values(), return_exceptions=True)

    async def _one(self, job: Job, before: Awaitable[Ended] | None) -> Ended:
        if before is not None:
            earlier = await asyncio.shield(before)
            if earlier.problem:
                return self._over(job, 0.0, f"{earlier.name} came to nothing")
        async with self._room:
            begun = time.monotonic()
            problem = job.ready()
            if not problem:
                problem = await self._process(job)
            return self._over(job, time.monotonic() - begun, problem)

    def _over(self, job: Job, seconds: float, problem: str) -> Ended:
        ended = Ended(job.name, seconds, problem)
        self._ended[job.name] = ended
        told = f"failed: {problem}" if problem else f"done in {seconds:.0f} s"
        self._say(f"{job.name}: {told}")
        return ended

    async def _process(self, job: Job) -> str:
        job.log.parent.mkdir(parents=True, exist_ok=True)
        self._say(f"{job.name}: started, log {job.log}")
        self._running[job.name] = job
        with job.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *job.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                await _stop(process)
                raise
            finally:
                del self._running[job.name]
        if code == 0:
            return ""
        said = last_line(job.log)
        return f"exit code {code}{f': {said}' if said else ''} (log {job.log})"

    async def _tell(self, total: int) -> None:
        while True:
            await asyncio.sleep(_TOLD_EVERY)
            now = "; ".join(f"{name}: {last_line(job.log)}" for name, job in self._running.items())
            self._say(f"{len(self._ended)} of {total} done; {now or 'nothing runs'}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Interrupt a process, and kill it if it does not end."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), _PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
