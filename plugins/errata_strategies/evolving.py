"""Evolution of problems: new questions related to a given one, answered by majority (LeMa, arXiv
2310.20689, §3.3).

Not covered: which problems are evolved (``lema``).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from errata.domain import Domain
from errata.parts import Services
from errata.prompting import Purpose
from errata.records import QA, Objection, Problem
from errata_strategies.asking import Asker, Found, Trail
from errata_strategies.solving import Solution, problem_of, solved


class Evolved(BaseModel):
    """A question as an instructor wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question: str = Field(description="the whole new question, complete in itself")


EVOLVE = Purpose(
    name="evolve",
    template=Path(__file__).parent / "prompts" / "evolve.md",
    variables={
        "question": "the question to start from",
        "type_name": "name of the error made at it",
        "explanation": "what went wrong at it; may be empty",
    },
    reply=Evolved,
)


async def evolution(
    seed: Problem,
    error: tuple[str, str],
    votes: int,
    asker: Asker,
    services: Services,
    trail: Trail,
) -> Found:
    """A new question with the answer that most of ``votes`` solutions agree on, or an objection.

    ``error`` is the name of the error at the seed, and its explanation. More than one solution has to
    agree ("no-agreement").
    """
    values = {"question": seed.question, "type_name": error[0], "explanation": error[1]}
    told = await asker.ask(EVOLVE, values, trail)
    if isinstance(told, Objection):
        return [told]
    calls = (solved(told.question, seed, asker, trail, again) for again in range(votes))
    found = await asyncio.gather(*calls)
    solutions = [solution for solution in found if isinstance(solution, Solution)]
    failures = [solution for solution in found if isinstance(solution, Objection)]
    agreeing = largest_agreement(solutions, services.domain)
    if len(agreeing) < min(2, votes):
        detail = f"{len(solutions)} of {votes} solutions read, no two of them agree"
        answers = [solution.answer[:80] for solution in solutions]
        evidence = {"answers": list(answers), "question": told.question}
        objection = Objection(reason="no-agreement", detail=detail, evidence=dict(evidence))
        return [*failures, trail.objection(objection)]
    best = agreeing[0]
    made = problem_of(told.question, best, best.answer, services, trail, seed)
    if isinstance(made, Objection):
        return [*failures, made]
    return [*failures, trail.proposal(QA(problem=made))]


def largest_agreement(solutions: list[Solution], domain: Domain) -> list[Solution]:
    """The most solutions whose answers the domain holds equal; the first such group among equals."""
    groups: list[list[Solution]] = []
    for solution in solutions:
        if not solution.answer.strip():
            continue
        for group in groups:
            first = group[0].answer
            if domain.equal("vote", first, solution.answer).outcome == "right":
                group.append(solution)
                break
        else:
            groups.append([solution])
    return max(groups, key=len, default=[])
