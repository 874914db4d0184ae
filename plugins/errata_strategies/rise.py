"""The strategy ``rise``: preference pairs from the target's own right solutions (RISE, arXiv
2410.06638, §3).

A step of a right solution is edited so that one small error enters; the right rest is better than the
wrong one, behind the steps before it. Where the target also has a wrong attempt at the problem, the two
whole solutions make a pair without a call. Replies that leave the step as it was, admit the error in
words, or still reach the answer are objections.

The paper compares single steps (``compare: step``) and names seven operations. Here ``compare: rest``
is the default, because only a whole rest can be checked by its answer; ``error: type`` asks for an
error of the wave's type in place of an operation.

Not covered: the target as the editor, which is the recipe's to
say (the target as its own instructor).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from errata.parts import Services, Settings, Solved, Wave
from errata.prompting import Purpose
from errata.records import BadCase, Objection, Pair, Proposal
from errata_strategies.asking import Asker, Found, Trail, new_replica, together
from errata_strategies.checking import laid_out, verdict_on
from errata_strategies.turns import Turns

NAME = "rise"

OPERATIONS = (
    "change one value",
    "change two or more values that belong together",
    "put a wrong quantity in place of one that was worked out before",
    "leave out one term",
    "change the wording so that a statement no longer holds",
    "change one operator",
    "swap two terms whose order matters",
)
_ADMITS = re.compile(
    r"\b(?:in)?correct(?:ly)?\b|\bwrong(?:ly)?\b|\bmistake\w*|\berror\w*|\berroneous\w*|\boops\b",
    re.IGNORECASE,
)


class Edited(BaseModel):
    """An edited part of a solution."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    edited: str = Field(description="what stands in place of the given part, with the error in it")


EDIT = Purpose(
    name="edit",
    template=Path(__file__).parent / "prompts" / "edit.md",
    variables={
        "question": "the problem",
        "before": "the right steps before the one to edit, as text; may be empty",
        "step": "the step to edit",
        "rest": "the steps after it, as text; empty where only the step is wanted",
        "operation": "how to edit: an operation, or an error type in words",
    },
    reply=Edited,
)


class RiseSettings(Settings):
    """Settings of the strategy ``rise``."""

    compare: Literal["rest", "step"] = Field(
        "rest",
        description="from the edited step to the end, or that step alone (the paper), which the"
        " answer cannot check",
    )
    error: Literal["operation", "type"] = Field(
        "operation", description="one of seven operations (the paper), or an error of the type"
    )
    full: bool = Field(
        True, description="whether a right and a wrong attempt at one problem make a pair"
    )
    per_solution: int = Field(1, ge=1, description="edits asked for each right solution and type")
    temperature: float | None = Field(
        0.7, ge=0, description="for these calls; null: the instructor's own"
    )


class _Edit(NamedTuple):
    right: Solved
    steps: list[str]
    place: int  # of the step to edit, from 0
    operation: str
    trail: Trail


class Rise:
    """An ``errata.parts.Strategy``."""

    def __init__(self, settings: RiseSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._asker = Asker(services, settings.temperature)
        self._edits, self._pairs = Turns(settings.per_solution), Turns(1)
        self._told = False

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """Pairs of whole solutions first, then edits; nothing once each has had its turn."""
        rights = [*wave.solved, *_contrasts(wave)]
        if not rights:
            return self._nothing_solved()
        found = self._whole_pairs(wave, rights)
        solutions = {right.attempt.id: right for right in rights}
        owner = wave.error_type.id if self._settings.error == "type" else ""
        chosen = self._edits.next(owner, solutions, wave.count - len(found), wave.random)
        edits = [self._edit(right, wave) for right in chosen]
        return [*found, *await together(self._edited(edit) for edit in edits)]

    def _nothing_solved(self) -> Found:
        if self._told:
            return []
        self._told = True
        why = "the target has no right attempt at a train problem to edit"
        return [Objection(reason="no-variant", detail=why, by=NAME)]

    def _whole_pairs(self, wave: Wave, solutions: Sequence[Solved]) -> list[Proposal]:
        if not self._settings.full:
            return []
        rights: dict[str, list[Solved]] = {}
        for right in solutions:
            rights.setdefault(right.problem.id, []).append(right)
        own = [case for case in wave.cases if not case.attempt.model]
        both = {case.attempt.id: case for case in own if case.problem.id in rights}
        chosen = self._pairs.next(wave.error_type.id, both, wave.count, wave.random)
        return [_pair(case, wave.random.choice(rights[case.problem.id]), wave) for case in chosen]

    def _edit(self, right: Solved, wave: Wave) -> _Edit:
        steps = self._services.domain.steps(right.problem, right.attempt.text)
        typed = self._settings.error == "type"
        trail = Trail(
            NAME,
            (right.problem.id,),
            wave.error_type.id if typed else None,
            new_replica(wave.random),
        )
        place = wave.random.randrange(max(1, len(steps)))
        return _Edit(right, steps, place, self._operation(wave, wave.random), trail)

    def _operation(self, wave: Wave, random: Random) -> str:
        if self._settings.error == "operation":
            return random.choice(OPERATIONS)
        named = wave.error_type
        return f"{named.name}: {named.description}" if named.description else named.name

    async def _edited(self, edit: _Edit) -> Found:
        steps, trail = edit.steps, edit.trail
        text, ends = laid_out(edit.right.attempt.text.rstrip(), steps)
        if not steps:
            empty = Objection(reason="unreadable", detail="the right attempt has no steps")
            return [trail.objection(empty)]
        alone = self._settings.compare == "step"
        start, end = ends[edit.place - 1] if edit.place else 0, ends[edit.place]
        start += len(text[start:]) - len(text[start:].lstrip())
        prefix, step, rest = text[:start], text[start:end], text[end:]
        values = {
            "question": edit.right.problem.question,
            "before": prefix.rstrip(),
            "step": step,
            "rest": "" if alone else rest.strip(),
            "operation": edit.operation,
        }
        found = await self._asker.ask(EDIT, values, trail)
        if isinstance(found, Objection):
            return [found]
        chosen, rejected = step if alone else step + rest, found.edited.strip()
        objection = self._objection(edit, prefix, chosen, rejected)
        if objection is not None:
            return [trail.objection(objection)]
        return [
            trail.proposal(
                Pair(problem=edit.right.problem, prefix=prefix, chosen=chosen, rejected=rejected)
            )
        ]

    def _objection(self, edit: _Edit, prefix: str, chosen: str, rejected: str) -> Objection | None:
        if not rejected or " ".join(rejected.split()) == " ".join(chosen.split()):
            return Objection(reason="duplicate", detail="the edit leaves the solution as it was")
        told = _ADMITS.search(rejected)
        if told is not None and told[0].casefold() not in chosen.casefold():
            detail = f"the edit admits its error in words: {told[0]!r}"
            return Objection(reason="unreadable", detail=detail, evidence={"edited": rejected})
        verdict = verdict_on(self._services.domain, edit.right.problem, prefix + rejected)
        if verdict.outcome == "right":
            detail = "the edited solution still comes to the right answer"
            return Objection(reason="wrong-answer", detail=detail, evidence={"edited": rejected})
        if self._settings.compare == "rest" and verdict.extracted is None:
            detail = "the edited solution comes to no answer that can be read"
            return Objection(reason="unreadable", detail=detail, evidence={"edited": rejected})
        return None


def _contrasts(wave: Wave) -> list[Solved]:
    """Right attempts of the target's own at problems of the bad cases."""
    return [
        Solved(case.problem, case.contrast)
        for case in wave.cases
        if case.contrast is not None and not case.contrast.model
    ]


def _pair(case: BadCase, right: Solved, wave: Wave) -> Proposal:
    trail = Trail(NAME, (case.problem.id,), wave.error_type.id, 0)
    return trail.proposal(
        Pair(problem=case.problem, chosen=right.attempt.text, rejected=case.attempt.text)
    )
