"""Stage *diagnose*: bad cases in, diagnoses out, in input order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from errata.errors import boundary
from errata.parts import Diagnoser
from errata.records import BadCase, Diagnosis
from errata.stages.ordered import IN_FLIGHT, ordered


async def diagnose(
    cases: Iterable[BadCase], diagnoser: Diagnoser, name: str, in_flight: int = IN_FLIGHT
) -> AsyncIterator[Diagnosis]:
    """One diagnosis per bad case; ``name`` is the diagnoser's name in the recipe, and
    at most ``in_flight`` cases are diagnosed at once."""

    async def one(case: BadCase) -> Diagnosis:
        with boundary(f"diagnoser {name}", f"diagnosing {case.attempt.id}"):
            diagnosis = await diagnoser.diagnose(case)
            return diagnosis.model_copy(update={"attempt_id": case.attempt.id, "by": name})

    async for diagnosis in ordered(cases, one, in_flight):
        yield diagnosis
