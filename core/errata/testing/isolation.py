"""Work in a process of its own, which may hang or die without taking the tests along.

Where the system cannot fork, the work is done in this process, without a limit of time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from errata.errors import ErrataError, boundary

Tell = Callable[[int], None]


@dataclass(frozen=True)
class Ended:
    """How it ended. ``last`` is the item that was begun last, -1 before the first."""

    last: int = -1
    raised: str = ""
    hung: bool = False
    died: bool = False

    @property
    def well(self) -> bool:
        """Whether it came to its end."""
        return not (self.raised or self.hung or self.died)


def apart(work: Callable[[Tell], None], seconds: float) -> Ended:
    """Do ``work``, which tells the number of each item as it begins it; an item that takes longer than
    ``seconds`` ends it."""
    if not hasattr(os, "fork"):
        return _here(work)
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        ours.close()
        _in_the_child(work, theirs)
    theirs.close()
    try:
        return _watched(ours, seconds)
    finally:
        # The child leads a group of its own: whatever it started goes with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        ours.close()


def _here(work: Callable[[Tell], None]) -> Ended:
    begun = [-1]
    raised = _attempted(work, begun.append)
    return Ended(begun[-1], raised=raised)


def _in_the_child(work: Callable[[Tell], None], out: Connection) -> None:
    try:
        os.setsid()
        raised = _attempted(work, lambda item: out.send((item, "")))
        out.send((None, raised))
    finally:  # also when somebody calls for an exit: then nothing was sent
        out.close()
        os._exit(0)


def _attempted(work: Callable[[Tell], None], tell: Tell) -> str:
    try:
        with boundary("the work", "being tried"):
            work(tell)
    except ErrataError as error:
        return str(error)
    return ""


def _watched(ours: Connection, seconds: float) -> Ended:
    last = -1
    while True:
        if not ours.poll(seconds):
            return Ended(last, hung=True)
        try:
            item, raised = ours.recv()
        except EOFError:
            return Ended(last, died=True)
        if item is None:
            return Ended(last, raised=raised)
        last = item
