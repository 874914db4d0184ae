"""An instructor's diagnoses of labelled solutions, asked as a run asks: for ``diagnosis.py``.

Steps are those of the labelled set, so that numbers mean the same for everybody. Every reply is kept
in a ledger, and a second run of the benchmark pays nothing. Not covered: contrast with a right attempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import yaml

from errata.domain import Domain
from errata.instructing import Instructing
from errata.parts import Services
from errata.plugins import Active, Catalogue
from errata.prompting import resolve
from errata.recipe import InstructorUse
from errata.records import Attempt, BadCase, Diagnosis, Problem, Verdict
from errata.stages.diagnose import diagnose
from errata_diagnosis.analysis import ANALYSIS, InstructorDiagnoser, InstructorSettings
from errata_math.plugin import MathDomain


class GivenSteps(Domain):
    """The mathematics domain, whose steps are those of the labelled set."""

    def __init__(self, steps: Mapping[str, Sequence[str]]) -> None:
        super().__init__("math", Active({"math": MathDomain()}))
        self._steps = steps

    def steps(self, problem: Problem, solution: str) -> list[str]:
        """The labelled steps of the problem's case."""
        return list(self._steps[problem.id])


def nothing(*_arguments: object, **_named: object) -> None:
    """Nobody watches a benchmark."""


def diagnoses(
    text: str, problems: Sequence[Problem], steps: Mapping[str, Sequence[str]], folder: Path
) -> dict[str, Diagnosis]:
    """Diagnoses by problem id. ``text`` is the ``instructor`` section of a recipe, in YAML; the
    ledger and converted weights are kept in ``folder``."""
    use = InstructorUse.model_validate(yaml.safe_load(f"{{{text}}}"))
    domain = GivenSteps(steps)
    mistakes: list[str] = []
    prompts = resolve([("diagnose", ANALYSIS)], {}, domain.prompt, mistakes)
    assert not mistakes, mistakes
    part = Catalogue().find("instructor", use.use, "instructor.use")
    folder.mkdir(parents=True, exist_ok=True)

    def make() -> Any:
        return part.make(part.settings.model_validate(use.settings), services)

    instructing = Instructing(use, make, folder, Random(0), nothing)
    services = Services(
        domain=domain,
        random=Random,
        problems=lambda name: (),
        sets=(),
        target=lambda: None,
        embedder=make,
        cache=folder,
        progress=nothing,
        ask=instructing.ask,
        prompts=prompts,
    )
    diagnoser = InstructorDiagnoser(InstructorSettings(), services)
    cases = (bad_case(problem, steps[problem.id]) for problem in problems)
    found = instructing.together("diagnose", collected(cases, diagnoser, instructing.at_once))
    return {diagnosis.problem_id: diagnosis for diagnosis in found}


async def collected(
    cases: Iterable[BadCase], diagnoser: InstructorDiagnoser, at_once: int
) -> list[Diagnosis]:
    """Every diagnosis, in order."""
    found: AsyncIterator[Diagnosis] = diagnose(cases, diagnoser, "instructor", at_once)
    return [diagnosis async for diagnosis in found]


def bad_case(problem: Problem, steps: Sequence[str]) -> BadCase:
    """A labelled solution as a run has it."""
    (verdict,) = MathDomain().errata_check([problem], ["\n".join(steps)])
    return BadCase(
        problem=problem,
        attempt=Attempt(
            id=f"bench:{problem.id}",
            problem_id=problem.id,
            checkpoint="bench",
            text="\n".join(steps),
            finish="stop",
        ),
        verdict=Verdict(
            problem_id=problem.id, outcome="wrong", extracted=verdict.extracted, rule=verdict.rule
        ),
    )


def told(found: Iterable[Diagnosis]) -> str:
    """What became of the questions, in a line."""
    counts = Counter(
        "no error" if d.no_error else str(d.details.get("lack") or "diagnosed") for d in found
    )
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
