"""What the suites of parts work on: a small domain, its cases, and services to make a part."""

from __future__ import annotations

import inspect
import re
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, cast

from errata.domain import Domain
from errata.hooks import hookimpl
from errata.parts import Kind, Part, Services
from errata.plugins import Active
from errata.records import (
    QA,
    Attempt,
    BadCase,
    Body,
    Candidate,
    Correction,
    Critique,
    Lineage,
    Message,
    Objection,
    Pair,
    Problem,
    TargetPrompt,
    Trajectory,
    Verdict,
)
from errata.seeds import stream
from errata.testing.advice import leave_out
from errata.testing.afresh import made

_STATED = re.compile(r"Answer: (\d+)")


def addition(a: int, b: int, name: str) -> Problem:
    """What two numbers make."""
    return Problem(
        id=name,
        question=f"What is {a} + {b}?",
        answer=str(a + b),
        solution=f"{a} and {b} make {a + b}.\nAnswer: {a + b}",
        kind="small" if a + b < 50 else "large",
    )


class Additions:
    """A domain of sums, for suites of parts."""

    @hookimpl
    def errata_target_prompt(
        self, problem: Problem, demonstration: Problem | None, guidance: str | None
    ) -> TargetPrompt:
        """The question, after a demonstration and guidance."""
        shown = [demonstration] if demonstration else []
        turns = [m for d in shown for m in (("user", d.question), ("assistant", d.solution))]
        turns.append(("user", f"{guidance or ''}\n\n{problem.question}".strip()))
        messages = tuple(Message(role=cast(Any, role), content=text) for role, text in turns)
        return TargetPrompt(messages=messages)

    @hookimpl
    def errata_check(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        """Right where the stated number is the answer."""
        found = [_STATED.search(response) for response in responses]
        return [
            Verdict(
                problem_id=p.id,
                outcome="right" if f and f[1] == p.answer else "wrong",
                extracted=f[1] if f else None,
                explicit=bool(f),
            )
            for p, f in zip(problems, found, strict=True)
        ]

    @hookimpl
    def errata_variant(self, problem: Problem, random: Random) -> Problem:
        """Two other numbers."""
        a, b = random.randint(1, 999), random.randint(1, 999)
        return addition(a, b, f"{problem.id}~{a}+{b}")

    @hookimpl
    def errata_verify(self, candidate: Candidate) -> Objection | None:
        """The sum, computed again."""
        made = candidate.body.problem
        numbers = [int(n) for n in re.findall(r"\d+", made.question)]
        if str(sum(numbers)) == made.answer:
            return None
        return Objection(reason="wrong-answer", detail=f"it is {sum(numbers)}")


METHODS: Mapping[Kind, tuple[str, ...]] = {
    "target": ("use", "generate"),
    "instructor": ("request", "complete", "close"),
    "embedder": ("embed",),
    "diagnoser": ("diagnose",),
    "grouper": ("group",),
    "strategy": ("propose",),
    "verifier": ("verify", "admit", "accepted"),
    "selector": ("select",),
    "trainer": ("train",),
}
ASYNCHRONOUS = ("complete", "close", "diagnose", "group", "propose", "verify")


class PartBench:
    """Attributes and methods that a subclass sets.

    ``plugin`` is the class that the entry point names, ``name`` the part's own name, ``settings``
    what a recipe would say. ``services`` may be overridden where the part wants an instructor, an
    embedder or a target; ``problems`` and ``wrong`` where sums do not suit it.
    """

    kind: Kind
    plugin: Any = None
    name: str = ""
    settings: Mapping[str, object] = {}
    domain: Any = Additions

    def problems(self) -> Sequence[Problem]:
        """Problems to work on."""
        random = stream(0, "sums")
        return [addition(random.randint(1, 40), random.randint(1, 40), f"{n}") for n in range(12)]

    def wrong(self, problem: Problem, number: int) -> str:
        """A wrong attempt at ``problem``; ``number`` may vary it."""
        off = int(problem.answer) + 1 + number % 3
        return problem.solution.replace(problem.answer, str(off))

    def services(self) -> Services:
        """What the part may use."""
        return Services(
            domain=Domain("conformance", Active({"conformance": self.domain()})),
            random=lambda name: stream(0, name),
            problems=lambda _set: iter(self.problems()),
            sets=("train",),
            target=lambda: leave_out("override `services`: the part wants a target"),
            embedder=lambda: leave_out("override `services`: the part wants an embedder"),
            cache=Path(tempfile.gettempdir()) / "errata-conformance",
            progress=lambda _done, _total: None,
        )

    # --- for the tests --------------------------------------------------------------------------

    @cached_property
    def offer(self) -> Part:
        """The part as the plugin offers it; the test is left out where it offers none."""
        offers = made(self.plugin, {}).errata_parts()  # type: ignore[attr-defined]  # a plugin's own
        found = [part for part in offers if (part.kind, part.name) == (self.kind, self.name)]
        if len(found) != 1:
            leave_out(f"no {self.kind} {self.name!r} is offered, see test_it_is_offered")
        return cast(Part, found[0])

    def make(self) -> Any:
        """The part, made afresh; the test is left out where it lacks a method."""
        part = self.unchecked()
        if unsound(self.kind, part):
            leave_out("it is not what it is offered as, see test_it_can_be_made")
        return part

    def unchecked(self) -> Any:
        """The part, made afresh, whatever it is."""
        settings = self.offer.settings.model_validate(dict(self.settings))
        return self.offer.make(settings, self.services())

    def cases(self) -> list[BadCase]:
        """A bad case of every problem."""
        found = []
        for number, problem in enumerate(self.problems()):
            text = self.wrong(problem, number)
            [verdict] = self.services().domain.check([problem], [text])
            found.append(BadCase(problem=problem, attempt=attempt(problem, text), verdict=verdict))
        return found

    def candidates(self) -> list[Candidate]:
        """Sound candidates with bodies of every kind."""
        found = []
        for number, problem in enumerate(self.problems()):
            body = bodies(problem, self.wrong(problem, number))[number % 5]
            lineage = Lineage(strategy="test", error_type=f"t{number % 2}", parents=(problem.id,))
            found.append(Candidate(id=f"c{number}", wave=0, body=body, lineage=lineage))
        return found


def attempt(problem: Problem, text: str) -> Attempt:
    """An attempt of the untouched target."""
    return Attempt(
        id=f"base:{problem.id}", problem_id=problem.id, checkpoint="base", text=text, finish="stop"
    )


def bodies(problem: Problem, wrong: str) -> list[Body]:
    """A body of every kind about ``problem``."""
    lines = tuple(wrong.splitlines())
    right = problem.solution
    return [
        QA(problem=problem),
        Correction(
            problem=problem,
            wrong_steps=lines,
            wrong_step=1,
            explanation="It slips.",
            corrected=right,
        ),
        Trajectory(problem=problem, text=f"{lines[0]} But no.\n{right}"),
        Pair(problem=problem, chosen=right, rejected=wrong),
        Critique(problem=problem, response=wrong, critique="It slips in the first line."),
    ]


def unsound(kind: Kind, part: object) -> str:
    """What ``part`` lacks to be of ``kind``; empty where it lacks nothing."""
    methods = METHODS[kind]
    lacking = [name for name in methods if not callable(getattr(part, name, None))]
    if lacking:
        return f"{type(part).__name__} has no {', '.join(lacking)}"
    plain = [
        name
        for name in methods
        if name in ASYNCHRONOUS and not inspect.iscoroutinefunction(getattr(part, name))
    ]
    return f"{type(part).__name__}.{plain[0]} is a plain function" if plain else ""
