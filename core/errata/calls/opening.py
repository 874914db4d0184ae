"""The call layer of a run, from its recipe: ledger in the run directory, budget, pace, policy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from errata.calls.asking import Asking
from errata.calls.budget import RUN, Budget, Caps
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.sending import Calls, Policy
from errata.calls.watching import Live, LiveLine
from errata.parts import Instructor
from errata.recipe import InstructorUse

LEDGER = "calls.sqlite"


@dataclass(frozen=True)
class Opened:
    """What a stage asks with, and the live line that is told how far the stage is."""

    asking: Asking
    live: LiveLine


@dataclass(frozen=True)
class Surroundings:
    """What a run brings to its calls: its ``directory``, its pace, and who hears of them.

    ``tell`` gets the live line twice a second, ``notice`` a sentence when nothing moves. ``at_once``
    is how many items a stage works on together, ``go_on`` what a user does about a spent budget.
    ``calls`` makes the calls (a pilot counts what each item costs). ``ledger`` is the name of the file,
    ``section`` that of the section of the recipe with the caps.
    """

    directory: Path
    pace: Pace
    tell: Callable[[Live], None]
    notice: Callable[[str], None]
    at_once: int
    go_on: str
    calls: Callable[..., Calls] = Calls
    ledger: str = LEDGER
    section: str = "instructor"


def pace_of(use: InstructorUse, random: Random) -> Pace:
    """The pace of a recipe's instructor; what it learns is kept from stage to stage."""
    return Pace(Limits(use.concurrency, use.rpm, use.tpm), random)


@asynccontextmanager
async def opened(
    use: InstructorUse, instructor: Instructor, around: Surroundings, stage: str
) -> AsyncIterator[Opened]:
    """What a stage of a run asks with; everything is durable once it is left."""
    ledger = Ledger(around.directory / around.ledger)
    shared = None
    try:
        if use.shared_ledger:
            shared = Ledger(Path(use.shared_ledger).expanduser(), own=False)
        calls = around.calls(
            instructor,
            ledger,
            Budget(_caps(use), ledger.spent(), around.go_on, around.section),
            around.pace,
            policy=Policy(use.retries, use.timeout),
            shared=shared,
            notice=around.notice,
        )
        live = LiveLine(
            calls.tally,
            around.pace,
            calls.budget,
            around.tell,
            priced=instructor.prices is not None,
            at_once=around.at_once,
        )
        with live:
            async with calls:
                yield Opened(Asking(calls, instructor, stage), live)
    finally:
        ledger.close()
        if shared is not None:
            shared.close()


def _caps(use: InstructorUse) -> dict[str, Caps]:
    of_stages = {
        stage: Caps(caps.max_usd, caps.max_tokens, caps.max_requests)
        for stage, caps in use.stages.items()
    }
    return {RUN: Caps(use.max_usd, use.max_tokens, use.max_requests), **of_stages}


def how_to_go_on(directory: Path) -> str:
    """What a user does about a spent budget."""
    return f"raise it in {directory / 'recipe.yaml'}, then `errata resume {directory}`"
