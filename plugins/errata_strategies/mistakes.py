"""Wrong solutions up to their first wrong step: the target's own, and ones with an error put in.

Not covered: what is made of them (``lemma.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from errata.parts import Services
from errata.prompting import Purpose
from errata.records import BadCase, Diagnosis, ErrorType, Objection, Problem
from errata_strategies.asking import Asker, Trail
from errata_strategies.checking import up_to, verdict_on, without_answer


class Mistaken(BaseModel):
    """A wrong solution as an instructor wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    steps: list[str] = Field(min_length=1, description="the whole wrong solution, step by step")
    wrong_step: int = Field(description="number of the step with the error, from 1")
    explanation: str = Field(description="what is wrong in that step, in a sentence")


class Located(BaseModel):
    """Where an attempt first goes wrong."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    first_wrong_step: int | None = Field(
        description="number of the first wrong step; null if no step is wrong"
    )
    explanation: str = Field(description="what is wrong there, in a sentence")


INJECT = Purpose(
    name="inject",
    template=Path(__file__).parent / "prompts" / "inject.md",
    variables={
        "question": "the problem",
        "solution": "a right solution; the answer alone if there is none",
        "answer": "the right answer",
        "type_name": "name of the error type",
        "description": "its description; may be empty",
        "keyphrases": "its commonest keyphrases, a list",
    },
    reply=Mistaken,
)
LOCATE = Purpose(
    name="locate",
    template=Path(__file__).parent / "prompts" / "locate.md",
    variables={
        "question": "the problem",
        "solution": "its reference solution; empty if there is none",
        "answer": "its reference answer",
        "steps": "the wrong attempt as a list of steps",
    },
    reply=Located,
)


class Mistake(NamedTuple):
    """A wrong solution: its steps, the first wrong one (from 1), why, and ``prefix``, its text to the
    end of that step (of all steps where it is not to be cut off). ``start`` is where the wrong step
    begins in it."""

    steps: list[str]
    wrong_step: int
    explanation: str
    prefix: str
    start: int


async def own_mistake(
    case: BadCase,
    known: Mapping[str, Diagnosis],
    truncate: bool,
    asker: Asker,
    services: Services,
    trail: Trail,
) -> Mistake | Objection:
    """The target's own attempt; the step from its diagnosis, or asked for where that has none."""
    problem, text = case.problem, case.attempt.text
    steps = services.domain.steps(problem, text)
    diagnosis = known.get(case.attempt.id)
    step = diagnosis.step if diagnosis else None
    explanation = diagnosis.explanation if diagnosis else ""
    if step is None:
        values = {
            "question": problem.question,
            "solution": problem.solution,
            "answer": problem.answer,
            "steps": steps,
        }
        found = await asker.ask(LOCATE, values, trail)
        if isinstance(found, Objection):
            return found
        step, explanation = found.first_wrong_step, found.explanation
    if step is None:
        nothing = Objection(reason="no-agreement", detail="the instructor finds no wrong step")
        return trail.objection(nothing)
    return _cut((text, steps), (step, explanation), problem, truncate, services, trail)


async def injected_mistake(
    problem: Problem,
    error_type: ErrorType,
    truncate: bool,
    asker: Asker,
    services: Services,
    trail: Trail,
) -> Mistake | Objection:
    """A wrong solution with an error of ``error_type``; one that reaches the answer all the same is an
    objection."""
    values = {
        "question": problem.question,
        "solution": problem.solution or problem.answer,
        "answer": problem.answer,
        "type_name": error_type.name,
        "description": error_type.description,
        "keyphrases": list(error_type.keyphrases),
    }
    found = await asker.ask(INJECT, values, trail)
    if isinstance(found, Objection):
        return found
    steps = [step.strip() for step in found.steps if step.strip()]
    text = "\n".join(steps)
    verdict = verdict_on(services.domain, problem, text)
    if verdict.outcome != "wrong" or not verdict.explicit or verdict.extracted is None:
        reached = verdict.extracted if verdict.outcome == "right" else "no answer that can be read"
        detail = f"the solution with the error comes to {reached}, a wrong answer was wanted"
        return trail.objection(Objection(reason="wrong-answer", detail=detail))
    reason = found.wrong_step, found.explanation
    return _cut((text, steps), reason, problem, truncate, services, trail)


def _cut(
    attempt: tuple[str, list[str]],
    error: tuple[int, str],
    problem: Problem,
    truncate: bool,
    services: Services,
    trail: Trail,
) -> Mistake | Objection:
    (text, steps), (step, explanation) = attempt, error
    if not 1 <= step <= len(steps):
        wrong = f"step {step} is named, the solution has {len(steps)}"
        return trail.objection(Objection(reason="unreadable", detail=wrong))
    before = up_to(text, steps, step - 1)
    prefix = up_to(text, steps, step if truncate else len(steps))
    # A stated answer ends a solution: nobody would go on behind it.
    prefix = without_answer(services.domain, problem, prefix)
    start = len(before) + len(prefix[len(before) :]) - len(prefix[len(before) :].lstrip())
    if not prefix[start:].strip():
        gone = "the wrong step is the answer itself: nothing is left to go on from"
        return trail.objection(Objection(reason="unreadable", detail=gone))
    return Mistake(steps, step, explanation.strip(), prefix, start)
