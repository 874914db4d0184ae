"""A small domain with stories and drills, behind the engine's own hook machinery."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import pytest

from errata.domain import Domain
from errata.fingerprints import Fingerprints, text_fingerprints
from errata.hooks import hookimpl
from errata.parts import Services
from errata.plugins import Active
from errata.records import QA, Candidate, Lineage, Objection, Problem
from errata.seeds import stream

MakeServices = Callable[[Mapping[str, Sequence[Problem]]], Services]
MakeCandidate = Callable[..., Candidate]


class Sums:
    """Drills "a + b" (kind "drill", parameters in ``data``) and stories with at least one number."""

    @hookimpl
    def errata_fingerprints(self, problem: Problem) -> Fingerprints:
        if problem.kind == "drill":
            return Fingerprints(exact=f"drill {problem.data['a']} {problem.data['b']}")
        return text_fingerprints(problem)

    @hookimpl
    def errata_variant(self, problem: Problem, random: Random) -> Problem | Objection:
        if problem.kind == "drill":
            return drill(random.randint(1, 999), random.randint(1, 999))
        if not re.search(r"\d", problem.question):
            return Objection(reason="no-variant", detail="no number in the question")
        text = re.sub(r"\d+", lambda _: str(random.randint(2, 9999)), problem.question)
        return Problem(id=f"{problem.id}~{random.getrandbits(32)}", question=text, answer="0")

    @hookimpl
    def errata_verify(self, candidate: Candidate) -> Objection | None:
        data = candidate.body.problem.data
        if "a" in data and int(candidate.body.problem.answer) != int(data["a"]) + int(data["b"]):
            return Objection(reason="wrong-answer", detail="the sum is another")
        return None


def drill(a: int, b: int) -> Problem:
    return Problem(
        id=f"drill-{a}-{b}",
        question=f"What is {a} + {b}?",
        answer=str(a + b),
        kind="drill",
        data={"a": a, "b": b},
    )


@pytest.fixture
def make_drill() -> Callable[[int, int], Problem]:
    return drill


@pytest.fixture
def make_services(tmp_path: Path) -> MakeServices:
    def make(sets: Mapping[str, Sequence[Problem]]) -> Services:
        return Services(
            domain=Domain("sums", Active({"sums": Sums()})),
            random=lambda name: stream(0, name),
            problems=lambda name: iter(sets[name]),
            sets=tuple(sets),
            target=lambda: None,
            embedder=lambda: pytest.fail("no embedder is needed here"),
            cache=tmp_path,
            progress=lambda done, total: None,
        )

    return make


@pytest.fixture
def make_candidate() -> MakeCandidate:
    def make(problem: Problem, *parents: str, name: str = "") -> Candidate:
        return Candidate(
            id=name or f"c/{problem.id}",
            wave=0,
            body=QA(problem=problem),
            lineage=Lineage(strategy="test", parents=parents),
        )

    return make
