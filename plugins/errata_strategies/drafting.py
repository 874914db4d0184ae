"""What strategies ask instructors for: lists of drafts, of which a broken one spoils no other.

Not covered: verification beyond what the domain says of a draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from errata.calls.typed import Answer
from errata.domain import Domain
from errata.drafts import Draft
from errata.records import QA, Lineage, Objection, Problem, Proposal

M = TypeVar("M", bound=BaseModel)


class Unreadable(BaseModel):
    """An entry that is no draft."""

    detail: str


def _entry(value: object) -> Draft | Unreadable:
    try:
        return Draft.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return Unreadable(detail=f"{place}: {first['msg']}" if place else first["msg"])


class Drafts(BaseModel):
    """Problems as an instructor wrote them, in order."""

    model_config = ConfigDict(extra="ignore")

    problems: list[Annotated[Draft | SkipJsonSchema[Unreadable], BeforeValidator(_entry)]] = Field(
        min_length=1
    )


def objection_to(answer: Answer[M]) -> Objection:
    """The objection that a reply which did not come, or does not read, amounts to."""
    assert answer.lack is not None
    return Objection(reason=answer.lack, detail=answer.failure[:500])


def proposals(
    answer: Answer[Drafts], count: int, domain: Domain, lineage: Lineage, kind: str = ""
) -> list[Proposal | Objection]:
    """The first ``count`` drafts of a reply as proposals, or objections to the reply or to a draft.

    The cost of the reply is shared among them; ``kind`` is given to problems that have none.
    """
    if answer.value is None:
        return [objection_to(answer).model_copy(update={"by": lineage.strategy})]
    drafts = answer.value.problems[:count]
    update = {"model": answer.model, "cost": answer.usd / max(1, len(drafts))}
    lineage = lineage.model_copy(update=update)
    return [_proposal(draft, domain, lineage, kind) for draft in drafts]


def _proposal(
    draft: Draft | Unreadable, domain: Domain, lineage: Lineage, kind: str
) -> Proposal | Objection:
    if isinstance(draft, Unreadable):
        return Objection(reason="unreadable", detail=draft.detail, by=lineage.strategy)
    found = domain.problem(draft)
    if isinstance(found, Objection):
        return found.model_copy(update={"by": found.by or lineage.strategy})
    problem = found if found.kind else found.model_copy(update={"kind": kind})
    return Proposal(body=QA(problem=problem), lineage=lineage)


def some(problems: Sequence[Problem], count: int, random: Random) -> list[Problem]:
    """At most ``count`` of ``problems`` at random, none twice."""
    return random.sample(list(problems), min(count, len(problems)))


def shown(problem: Problem) -> dict[str, str]:
    """A problem as templates show it: ``question``, ``solution`` and ``answer``."""
    return {
        "question": problem.question,
        "solution": problem.solution or problem.answer,
        "answer": problem.answer,
    }


def sizes(total: int, most: int) -> list[int]:
    """``total`` in calls of ``most``; the last may be smaller."""
    return [min(most, total - start) for start in range(0, total, most)]
