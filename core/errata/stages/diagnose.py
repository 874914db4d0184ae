"""Stage *diagnose*: bad cases in, diagnoses out, in input order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from errata.errors import boundary
from errata.parts import Diagnoser
from errata.records import BadCase, Diagnosis
from errata.stages.ordered import ordered


async def diagnose(
    cases: Iterable[BadCase], diagnoser: Diagnoser, name: str
) -> AsyncIterator[Diagnosis]:
    """One diagnosis per bad case; ``name`` is the diagnoser's name in the recipe."""

    async def one(case: BadCase) -> Diagnosis:
        with boundary(f"diagnoser {name}", f"diagnosing {case.attempt.id}"):
            diagnosis = await diagnoser.diagnose(case)
            return diagnosis.model_copy(update={"attempt_id": case.attempt.id, "by": name})

    async for diagnosis in ordered(cases, one):
        yield diagnosis
