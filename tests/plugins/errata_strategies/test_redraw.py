"""The strategy redraw: counts, caps, lineage, determinism, and what happens without variants."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from errata.parts import Wave
from errata.records import (
    Attempt,
    BadCase,
    Candidate,
    ErrorType,
    Objection,
    Problem,
    Proposal,
    Verdict,
)
from errata_strategies.redraw import Redraw
from errata_strategies.settings import RedrawSettings

TYPE = ErrorType(id="slip", name="slip")


def bad(problem: Problem, attempt: str = "base") -> BadCase:
    return BadCase(
        problem=problem,
        attempt=Attempt(
            id=f"{attempt}:{problem.id}",
            problem_id=problem.id,
            checkpoint=attempt,
            text="?",
            finish="stop",
        ),
        verdict=Verdict(problem_id=problem.id, outcome="wrong"),
    )


def ask(strategy, cases, count, number=0, accepted=()):
    wave = Wave(TYPE, number, count, cases, accepted, Random(number))
    return asyncio.run(strategy.propose(wave))


def accept(results, number=0):
    return tuple(
        Candidate(id=f"{number}/{i}", wave=number, body=r.body, lineage=r.lineage)
        for i, r in enumerate(results)
        if isinstance(r, Proposal)
    )


@pytest.fixture
def redraw(make_services) -> Redraw:
    return Redraw(RedrawSettings(per_seed=3), make_services({"train": []}))


def test_goes_round_the_parents(redraw, make_drill) -> None:
    cases = [bad(make_drill(i, i)) for i in range(1, 5)]
    results = ask(redraw, cases, 10)
    assert all(isinstance(r, Proposal) for r in results)
    counts = Counter(r.lineage.parents[0] for r in results)
    assert sorted(counts.values()) == [2, 2, 3, 3]
    assert {(r.lineage.strategy, r.lineage.error_type) for r in results} == {("redraw", "slip")}


def test_two_attempts_at_one_problem_are_one_parent(redraw, make_drill) -> None:
    cases = [bad(make_drill(1, 1), "base"), bad(make_drill(1, 1), "other-model")]
    assert len(ask(redraw, cases, 10)) == 3


def test_the_cap_counts_accepted_redraws_of_earlier_waves(redraw, make_drill) -> None:
    cases = [bad(make_drill(1, 1)), bad(make_drill(2, 2))]
    first = ask(redraw, cases, 4)
    accepted = accept(first)
    second = ask(redraw, cases, 4, 1, accepted)
    assert len(second) == 2
    counts = Counter(r.lineage.parents[0] for r in [*first, *second])
    assert set(counts.values()) == {3}
    assert ask(redraw, cases, 4, 2, (*accepted, *accept(second, 1))) == []
    # What was refused may be tried again.
    assert len(ask(redraw, cases, 4, 2, accepted)) == 2


def test_the_seed_in_the_lineage_gives_the_problem_again(redraw, make_drill, make_services) -> None:
    parent = make_drill(1, 1)
    domain = make_services({}).domain
    for result in ask(redraw, [bad(parent)], 3):
        assert domain.variant(parent, Random(int(result.lineage.seed))) == result.body.problem


def test_the_same_wave_gives_the_same_proposals(make_services, make_drill) -> None:
    cases = [bad(make_drill(i, i)) for i in range(1, 9)]
    one, two = (Redraw(RedrawSettings(), make_services({})) for _ in range(2))
    ask(one, cases, 5)
    assert ask(one, cases, 20, 1) == ask(two, list(reversed(cases)), 20, 1)
    assert ask(one, cases, 20, 1) != ask(one, cases, 20, 2)


def test_parents_without_variants_are_told_once_and_passed_over(redraw, make_drill) -> None:
    mute = Problem(id="mute", question="Why is the sky blue?", answer="scattering")
    results = ask(redraw, [bad(mute), bad(make_drill(1, 1))], 5)
    objections = [r for r in results if isinstance(r, Objection)]
    assert [(o.reason, o.by, o.error_type, o.evidence) for o in objections] == [
        ("no-variant", "redraw", "slip", {"parent": "mute"})
    ]
    assert len(results) - len(objections) == 3
    later = ask(redraw, [bad(mute), bad(make_drill(1, 1))], 5, 1)
    assert all(isinstance(r, Proposal) for r in later)


def test_nothing_to_draw_from(redraw) -> None:
    mute = bad(Problem(id="mute", question="Why is the sky blue?", answer="scattering"))
    assert ask(redraw, [], 5) == []
    assert [type(r) for r in ask(redraw, [mute], 5)] == [Objection]
    assert ask(redraw, [mute], 5, 1) == []
