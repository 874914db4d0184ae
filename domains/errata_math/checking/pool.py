"""A pool of worker processes that may be killed: the only way to stop a computation in C.

Workers are plain subprocesses, started when first needed and talked to over pipes, so the pool works
from any thread, under asyncio, under pytest-xdist and whatever start method multiprocessing has.
A worker stops hopeless tasks itself; one that is silent all the same, or dies, is replaced, and the
task is undecided. Not covered: what a worker computes (``worker``).
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WALL_SECONDS = 2.0  # the worker itself answers within 0.45 s
START_SECONDS = 60.0
MAX_WORKERS = 2


class _Worker:
    """One process and its pipes."""

    def __init__(self) -> None:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "errata_math.checking.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            close_fds=True,
        )
        self._buffer = b""
        if not self._line(START_SECONDS):
            self.kill()
            raise OSError("the symbolic worker did not start")

    def ask(self, task: object, seconds: float) -> str | None:
        """The answer to ``task``; None when the worker died or ran past the deadline."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(task).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            return None
        line = self._line(seconds)
        return str(json.loads(line)) if line else None

    def _line(self, seconds: float) -> bytes | None:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        deadline = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                return None
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def kill(self) -> None:
        """End the process at once and reap it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was buffered for a process that died
                    continue


class WorkerPool:
    """At most ``size`` workers, started on demand; ``run`` blocks while all are busy."""

    def __init__(self, size: int = MAX_WORKERS, seconds: float = WALL_SECONDS) -> None:
        self.seconds = seconds
        self.replaced = 0
        self._idle: list[_Worker] = []
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()

    def run(self, task: Any) -> str:
        """The worker's answer to ``task`` (JSON-ready), or a sentence why there is none."""
        with self._worker() as worker:
            if worker is None:
                return "the symbolic worker could not be started"
            answer = worker.ask(task, self.seconds)
            if answer is None:
                worker.kill()
                return f"SymPy did not finish within {self.seconds:g} s"
            return answer

    @contextmanager
    def _worker(self) -> Iterator[_Worker | None]:
        with self._slots:
            worker: _Worker | None
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            try:
                worker = worker or _Worker()
            except OSError:
                worker = None
            yield worker
            if worker is not None:
                if worker.process.poll() is None:
                    with self._lock:
                        self._idle.append(worker)
                else:
                    self.replaced += 1

    def warm(self) -> None:
        """Start one worker now, so that the first task does not wait for SymPy's import."""
        with self._worker():
            pass

    def close(self) -> None:
        """End all idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill()


_shared: dict[int, WorkerPool] = {}  # by process id: a forked child must not share its parent's
_shared_lock = threading.Lock()


def shared_pool() -> WorkerPool:
    """This process's pool, made at the first call and closed at exit."""
    with _shared_lock:
        pool = _shared.get(os.getpid())
        if pool is None:
            pool = _shared[os.getpid()] = WorkerPool()
            atexit.register(pool.close)
        return pool
