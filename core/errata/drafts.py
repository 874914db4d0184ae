"""Drafts: problems as an instructor writes them, before a domain has looked at them."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict, Field

from errata.records import Objection, Problem


class Draft(BaseModel):
    """A problem as an instructor wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question: str = Field(description="the whole question, complete in itself")
    solution: str = Field(description="a solution in numbered or short steps")
    answer: str = Field(description="the final answer alone")


def plain_problem(draft: Draft) -> Problem | Objection:
    """The draft as it stands; an objection when its question or its answer is empty."""
    question, answer = draft.question.strip(), draft.answer.strip()
    if not question or not answer:
        lacking = "question" if not question else "answer"
        return Objection(reason="unreadable", detail=f"the draft has no {lacking}")
    return Problem(
        id=draft_id(draft), question=question, answer=answer, solution=draft.solution.strip()
    )


def draft_id(draft: Draft) -> str:
    """An id made of what the draft says."""
    content = "\x00".join((draft.question, draft.solution, draft.answer))
    return "draft/" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
