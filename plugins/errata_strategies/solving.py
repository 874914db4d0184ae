"""A solution to a given question, without a look at the reference: the purpose ``solve``.

Not covered: agreement of several solutions (``evolving.py``).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from errata.drafts import Draft
from errata.parts import Services
from errata.prompting import Purpose
from errata.records import Objection, Problem
from errata_strategies.asking import Asker, Trail
from errata_strategies.drafting import shown


class Solution(BaseModel):
    """A solution as an instructor wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    solution: str = Field(description="the solution in short steps, in the form of the example")
    answer: str = Field(description="the final answer alone")


SOLVE = Purpose(
    name="solve",
    template=Path(__file__).parent / "prompts" / "solve.md",
    variables={
        "question": "the question to be solved",
        "example": "a problem with `question`, `solution` and `answer`, for the form; may be empty",
    },
    reply=Solution,
)


async def solved(
    question: str, example: Problem | None, asker: Asker, trail: Trail, again: int = 0
) -> Solution | Objection:
    """One solution to ``question``."""
    form = shown(example) if example is not None and example.solution else None
    values = {"question": question, "example": form}
    return await asker.ask(SOLVE, values, trail, again)


def problem_of(
    question: str, found: Solution, answer: str, services: Services, trail: Trail, like: Problem
) -> Problem | Objection:
    """The solved question as a problem with the answer ``answer``, of the kind of ``like``."""
    draft = Draft(question=question, solution=found.solution, answer=answer)
    made = services.domain.problem(draft)
    if isinstance(made, Objection):
        return trail.objection(made)
    return made if made.kind else made.model_copy(update={"kind": like.kind})
