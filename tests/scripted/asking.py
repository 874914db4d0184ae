"""Services with scripted replies by purpose, for strategies, on a domain of the test's choice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from errata.calls.typed import Answer
from errata.domain import Domain
from errata.parts import Part, Services, Solved, Wave
from errata.plugins import Active
from errata.prompting import Prompts, Template
from errata.records import (
    QA,
    Attempt,
    BadCase,
    Body,
    Candidate,
    Diagnosis,
    ErrorType,
    Lineage,
    Objection,
    Problem,
    Proposal,
    Verdict,
)
from errata.seeds import stream
from errata_math.plugin import MathDomain
from errata_strategies.plugin import STRATEGIES
from scripted.example import example_module

TYPE = ErrorType(id="slips", name="Slips", description="It slips.", keyphrases=("slipped",))
Reply = Callable[[Any, int], object]


def math_domain() -> Domain:
    return Domain("math", Active({"math": MathDomain()}))


def roman_domain() -> Domain:
    """A domain that brings no templates and no drafts of its own."""
    return Domain("roman", Active({"roman": example_module().Roman()}))


@dataclass
class Instructor:
    """Replies by purpose: a mapping (read as the reply), an ``Answer``, or a function of the prompt and
    of how often the purpose was asked before. ``asked`` has the purposes and texts in order."""

    replies: Mapping[str, object]
    purposes: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    prompts: list[Any] = field(default_factory=list)

    async def __call__(self, prompt: Any) -> Answer[Any]:
        purpose = self.purposes[prompt.template]
        before = sum(name == purpose for name, _ in self.asked)
        self.asked.append((purpose, prompt.messages[-1].content))
        self.prompts.append(prompt)
        reply = self.replies[purpose]
        found = reply(prompt, before) if callable(reply) else reply
        # Later calls answer first: nothing may depend on who is quicker.
        await asyncio.sleep(0.001 * (3 - before % 4))
        if isinstance(found, Answer):
            return found
        return Answer(prompt.reply.model_validate(found), model="m", usd=0.5)

    def count(self, purpose: str) -> int:
        return sum(name == purpose for name, _ in self.asked)


def failing(lack: str) -> Answer[Any]:
    return Answer(None, failure="why", lack=lack, model="m")  # type: ignore[arg-type]  # a name of a lack


def part(name: str) -> Part:
    return next(offer for offer in STRATEGIES if offer.name == name)


@dataclass
class Bench:
    """A strategy on a domain with train problems and a scripted instructor (None: there is none)."""

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    replies: Mapping[str, object] | None = field(default_factory=dict)
    domain: Domain = field(default_factory=math_domain)
    train: Sequence[Problem] = ()

    def __post_init__(self) -> None:
        offer = part(self.name)
        templates = {
            purpose.name: Template(
                (self.domain.prompt(purpose.name) or purpose.template).read_text("utf-8")
            )
            for purpose in offer.prompts
        }
        purposes = {template.digest: name for name, template in templates.items()}
        self.instructor = Instructor(self.replies or {}, purposes)
        services = Services(
            domain=self.domain,
            random=lambda name: stream(0, name),
            problems=lambda name: iter(self.train if name in ("train", "gate") else ()),
            sets=("train",),
            target=lambda: None,
            embedder=lambda: None,  # type: ignore[arg-type,return-value]  # no strategy embeds
            cache=Path("/nonexistent"),
            progress=lambda done, total: None,
            prompts=Prompts(templates),
        )
        if self.replies is not None:
            services.ask = self.instructor
        self.strategy: Any = offer.make(offer.settings(**self.settings), services)

    def propose(self, asked: Wave) -> list[Proposal | Objection]:
        return list(asyncio.run(self.strategy.propose(asked)))


def case(problem: Problem, text: str, attempt: str = "base", right: str = "") -> BadCase:
    return BadCase(
        problem=problem,
        attempt=attempt_at(problem, text, attempt),
        contrast=attempt_at(problem, right, "base#1") if right else None,
        verdict=Verdict(problem_id=problem.id, outcome="wrong", extracted="0"),
    )


def attempt_at(problem: Problem, text: str, attempt: str = "base") -> Attempt:
    return Attempt(
        id=f"{attempt}:{problem.id}",
        problem_id=problem.id,
        checkpoint="base",
        text=text,
        finish="stop",
    )


def wave(
    cases: Sequence[BadCase] = (),
    *,
    count: int = 4,
    number: int = 0,
    accepted: Sequence[Body] = (),
    pool: Sequence[BadCase] = (),
    solved: Sequence[Solved] = (),
    diagnoses: Mapping[str, Diagnosis] | None = None,
    error_type: ErrorType = TYPE,
) -> Wave:
    done = [
        Candidate(id=f"c{place}", wave=0, body=body, lineage=Lineage(strategy="test"))
        for place, body in enumerate(accepted)
    ]
    random = Random(f"{error_type.id}/{number}")
    return Wave(
        error_type, number, count, cases, done, random, pool, solved, diagnoses or {}
    )  # fmt: skip


def made(found: Sequence[Proposal | Objection]) -> list[Proposal]:
    return [result for result in found if isinstance(result, Proposal)]


def reasons(found: Sequence[Proposal | Objection]) -> list[str]:
    return [result.reason for result in found if isinstance(result, Objection)]


def qa(problem: Problem) -> QA:
    return QA(problem=problem)
