"""The strategy ``correct-only``: a right solution of each bad case, nothing new (the direct-correction
baseline of SEI, arXiv 2505.22591).

The reference solution where there is one; otherwise the instructor corrects the attempt. The body is a
trajectory, the record for a solution of a problem that is already there; its loss lies on all of it.

Not covered: choosing between several references.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from errata.parts import Services, Settings, Wave
from errata.records import BadCase, Objection, Proposal, Trajectory
from errata_strategies.asking import Asker, Found, Trail, new_replica, together
from errata_strategies.checking import reaching
from errata_strategies.correcting import correction
from errata_strategies.turns import Turns

NAME = "correct-only"


class CorrectOnlySettings(Settings):
    """Settings of the strategy ``correct-only``."""

    source: Literal["auto", "reference", "correction"] = Field(
        "auto",
        description="reference solutions, or corrections of the attempt by the instructor; auto: the"
        " reference where there is one",
    )
    temperature: float | None = Field(
        None, ge=0, description="for corrections; null: the instructor's own"
    )


class CorrectOnly:
    """An ``errata.parts.Strategy``. A bad case of several types is used for the first that asks."""

    def __init__(self, settings: CorrectOnlySettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._asker = Asker(services, settings.temperature)
        self._turns = Turns(1)

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """A solution of each bad case whose turn it is; nothing once each has had its own."""
        cases = {case.problem.id: case for case in wave.cases}
        # One owner for all types: the same solution twice would only weigh double.
        chosen = self._turns.next("", cases, wave.count, wave.random)
        tasks = [(case, new_replica(wave.random)) for case in chosen]
        return await together(self._one(case, wave, replica) for case, replica in tasks)

    async def _one(self, case: BadCase, wave: Wave, replica: int) -> Found:
        problem, source = case.problem, self._settings.source
        trail = Trail(NAME, (problem.id,), wave.error_type.id, replica)
        if source == "reference" or (source == "auto" and problem.solution):
            if not problem.solution:
                lacking = Objection(reason="no-variant", detail="there is no reference solution")
                return [trail.objection(lacking)]
            text = reaching(self._services.domain, problem, problem.solution, "the reference")
            if isinstance(text, Objection):
                return [trail.objection(text)]
        else:
            found = await correction(case, self._asker, self._services, trail)
            if isinstance(found, Objection):
                return [found]
            text = found.whole
        return [trail.proposal(Trajectory(problem=problem, text=text))]
