"""Corrections of wrong attempts: the purpose ``correct``, asked by ``lema`` and ``correct-only``.

Not covered: attempts that are right after all, of which nothing is made.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from errata.parts import Services
from errata.prompting import Purpose
from errata.records import BadCase, Objection
from errata_strategies.asking import Asker, Trail
from errata_strategies.checking import reaching, up_to


class Corrected(BaseModel):
    """What an instructor makes of a wrong attempt."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    first_wrong_step: int | None = Field(
        description="number of the first wrong step; null if no step is wrong"
    )
    explanation: str = Field(description="what is wrong there, and why, in a sentence or two")
    corrected: str = Field(
        description="the right solution from that step on to the end, without the steps before it"
    )


CORRECT = Purpose(
    name="correct",
    template=Path(__file__).parent / "prompts" / "correct.md",
    variables={
        "question": "the problem",
        "solution": "its reference solution; empty if there is none",
        "answer": "its reference answer",
        "steps": "the wrong attempt as a list of steps",
    },
    reply=Corrected,
)


class Correcting(NamedTuple):
    """A correction that reaches the answer: the attempt's steps, the first wrong one (from 1), why,
    the solution from there, and the whole solution."""

    steps: list[str]
    wrong_step: int
    explanation: str
    corrected: str
    whole: str


async def correction(
    case: BadCase, asker: Asker, services: Services, trail: Trail
) -> Correcting | Objection:
    """The correction of one attempt.

    Objections: the reply's own; "no-agreement" (the instructor finds nothing wrong); "unreadable" (a
    step that is not there, nothing to read, no final answer); "wrong-answer".
    """
    problem = case.problem
    steps = services.domain.steps(problem, case.attempt.text)
    values = {
        "question": problem.question,
        "solution": problem.solution,
        "answer": problem.answer,
        "steps": steps,
    }
    found = await asker.ask(CORRECT, values, trail)
    if isinstance(found, Objection):
        return found
    step = found.first_wrong_step
    if step is None:
        return trail.objection(
            Objection(
                reason="no-agreement", detail="the instructor finds no wrong step in the attempt"
            )
        )
    if not 1 <= step <= len(steps):
        wrong = f"step {step} is named, the attempt has {len(steps)}"
        return trail.objection(Objection(reason="unreadable", detail=wrong))
    if not found.explanation.strip():
        return trail.objection(Objection(reason="unreadable", detail="no explanation is given"))
    text = reaching(services.domain, problem, found.corrected, "the correction")
    if isinstance(text, Objection):
        return trail.objection(text)
    before = up_to(case.attempt.text, steps, step - 1).rstrip()
    whole = f"{before}\n{text}" if before else text
    return Correcting(steps, step, found.explanation.strip(), text, whole)
