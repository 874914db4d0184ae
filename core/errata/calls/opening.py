"""The call layer of a run, from its recipe: ledger in the run directory, budget, pace, policy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from errata.calls.asking import Asking
from errata.calls.budget import RUN, Budget, Caps
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.sending import Calls, Policy
from errata.parts import Instructor
from errata.recipe import InstructorUse

LEDGER = "calls.sqlite"


def pace_of(use: InstructorUse, random: Random) -> Pace:
    """The pace of a recipe's instructor; what it learns is kept from stage to stage."""
    return Pace(Limits(use.concurrency, use.rpm, use.tpm), random)


@asynccontextmanager
async def opened(
    use: InstructorUse,
    instructor: Instructor,
    directory: Path,
    pace: Pace,
    stage: str,
    notice: Callable[[str], None] | None = None,
) -> AsyncIterator[Asking]:
    """What a stage of the run in ``directory`` asks with; everything is durable once it is left."""
    ledger = Ledger(directory / LEDGER)
    shared = None
    try:
        if use.shared_ledger:
            shared = Ledger(Path(use.shared_ledger).expanduser(), own=False)
        calls = Calls(
            instructor,
            ledger,
            Budget(_caps(use), ledger.spent(), how_to_go_on(directory)),
            pace,
            policy=Policy(use.retries, use.timeout),
            shared=shared,
            notice=notice,
        )
        async with calls:
            yield Asking(calls, instructor, stage)
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
