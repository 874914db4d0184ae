"""The control ``generic``: reference solutions of problems that have nothing to do with the errors, as
many as another arm trains on. What it gains is gained by the form of answers and by training at all.

The problems are those of ``source``, another source than the train set; without one they are the train
problems that the target solves already, so that nothing of its errors is in them. No instructor, no
error types, no solution that the data did not bring.

Not covered: whether ``source`` is as far from the errors as it should be; the recipe has to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from pydantic import Field

from errata.parts import Services, Settings, Wave
from errata.records import QA, Lineage, Objection, Problem, Proposal
from errata_strategies.checking import reaching

NAME = "generic"


class GenericSettings(Settings):
    """Settings of the strategy ``generic``."""

    source: str = Field(
        "",
        description="where the problems come from, as under `problems`; empty: train problems that the"
        " target solves already",
    )
    split: str = Field("train", description="of the source")
    limit: int = Field(
        2000, ge=1, description="problems of the source that are drawn from: its first ones"
    )


class Generic:
    """An ``errata.parts.Strategy``. Each problem is used once, whichever type asks."""

    def __init__(self, settings: GenericSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._left: list[Problem] | None = None

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """The next ``wave.count`` problems with their references, in a random order; an objection for
        each that has none, or whose reference does not reach its answer. Raises ProblemsError where
        the source is not there."""
        if self._left is None:
            self._left = self._drawn(wave)
        found: list[Proposal | Objection] = []
        made = 0
        while self._left and made < wave.count:
            proposal = self._one(self._left.pop())
            made += isinstance(proposal, Proposal)
            found.append(proposal)
        return found

    def _drawn(self, wave: Wave) -> list[Problem]:
        """All there is, the next one last: another order in each round."""
        settings = self._settings
        if settings.source:
            seed = self._services.random(NAME).getrandbits(31)
            there = self._services.domain.problems(settings.source, settings.split, seed)
            problems = list(islice(there, settings.limit))
        else:
            problems = [solved.problem for solved in wave.solved]
        wave.random.shuffle(problems)
        return problems

    def _one(self, problem: Problem) -> Proposal | Objection:
        text: str | Objection = Objection(
            reason="no-variant", detail="there is no reference solution"
        )
        if problem.solution:
            text = reaching(self._services.domain, problem, problem.solution, "the reference")
        if isinstance(text, Objection):
            evidence = {**text.evidence, "problem": problem.id}
            return text.model_copy(update={"by": NAME, "evidence": evidence})
        solved = problem.model_copy(update={"solution": text})
        lineage = Lineage(strategy=NAME, parents=(problem.id,))
        return Proposal(body=QA(problem=solved), lineage=lineage)
