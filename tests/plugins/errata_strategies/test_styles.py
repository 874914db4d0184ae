"""Solution styles: shared evenly, named in the lineage, the usual way untouched by default."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest
from pydantic import ValidationError

from errata.domain import Domain
from errata.hooks import hookimpl
from errata.parts import Wave
from errata.plugins import Active
from errata.records import (
    QA,
    Attempt,
    BadCase,
    Candidate,
    ErrorType,
    Lineage,
    Problem,
    Proposal,
    Verdict,
)
from errata_strategies.controls import SelfInstruct, SelfInstructSettings
from errata_strategies.redraw import Redraw
from errata_strategies.settings import RedrawSettings
from errata_strategies.styles import by_style, shares

TYPE = ErrorType(id="slip", name="slip")


class Styled:
    """Every other variant can be worked backwards too."""

    @hookimpl
    def errata_variant(self, problem: Problem, random: Random) -> Problem:
        number = random.getrandbits(30)
        return Problem(
            id=f"{problem.id}~{number}",
            question=f"{number}?",
            answer=str(number),
            solution=f"usual {number}",
            kind=problem.kind,
        )

    @hookimpl
    def errata_styles(self, problem: Problem) -> dict[str, str]:
        even = problem.kind == "all" or int(problem.answer) % 2 == 0
        return {"backwards": f"backwards {problem.answer}"} if even else {}


def bad(name: str, kind: str) -> BadCase:
    problem = Problem(id=name, question=f"{name}?", answer="1", kind=kind)
    attempt = Attempt(id=f"base:{name}", problem_id=name, checkpoint="base", text="", finish="stop")
    return BadCase(
        problem=problem, attempt=attempt, verdict=Verdict(problem_id=name, outcome="wrong")
    )


def ask(strategy, count, kind="all", accepted=()):
    cases = [bad(f"p{n}", kind) for n in range(6)]
    wave = Wave(TYPE, len(accepted), count, cases, accepted, Random(5))
    return [r for r in asyncio.run(strategy.propose(wave)) if isinstance(r, Proposal)]


def accept(found):
    return tuple(
        Candidate(id=str(n), wave=0, body=p.body, lineage=p.lineage) for n, p in enumerate(found)
    )


@pytest.fixture(params=["redraw", "self-instruct"])
def make(request, make_services):
    services = make_services({"train": [bad(f"p{n}", "all").problem for n in range(6)]})
    services.domain = Domain("styled", Active({"styled": Styled()}))

    def made(*styles):
        chosen = {"styles": styles} if styles else {}
        if request.param == "redraw":
            return Redraw(RedrawSettings(per_seed=50, **chosen), services)
        return SelfInstruct(SelfInstructSettings(by="variant", **chosen), services)

    return made


def test_by_default_nothing_changes(make):
    found = ask(make(), 12)
    assert [p.lineage.style for p in found] == [""] * 12
    assert found == ask(make("usual"), 12)
    assert all(p.body.problem.solution.startswith("usual") for p in found)


def test_two_styles_have_half_each_over_waves(make):
    strategy = make("usual", "backwards")
    first = ask(strategy, 7)
    assert Counter(p.lineage.style for p in first) == {"": 4, "backwards": 3}
    for proposal in first:
        way = proposal.lineage.style or "usual"
        assert proposal.body.problem.solution.startswith(way)
    second = ask(strategy, 7, accepted=accept(first))
    both = Counter(p.lineage.style for p in [*first, *second])
    assert both == {"": 7, "backwards": 7}


def test_one_style_alone(make):
    assert {p.lineage.style for p in ask(make("backwards"), 9)} == {"backwards"}


def test_what_the_domain_cannot_work_so_stays_usual(make_services):
    services = make_services({"train": []})
    services.domain = Domain("styled", Active({"styled": Styled()}))
    found = ask(Redraw(RedrawSettings(per_seed=50, styles=("backwards",)), services), 40, "some")
    for proposal in found:
        even = int(proposal.body.problem.answer) % 2 == 0
        assert proposal.lineage.style == ("backwards" if even else "")
    assert {p.lineage.style for p in found} == {"", "backwards"}


def test_a_domain_without_the_hook_has_the_usual_way(make_services, make_drill):
    domain = make_services({}).domain
    assert domain.styles(make_drill(1, 2)) == {}


def test_shares_even_out_what_is_there():
    assert shares(5, ["a", "b"], Counter(a=4)) == {"a": 1, "b": 4}
    assert shares(3, ["a", "b"], Counter(a=9)) == {"a": 0, "b": 3}
    assert shares(0, ["a"], Counter()) == {"a": 0}
    lineage = Lineage(strategy="x")
    problem = Problem(id="p", question="?", answer="1")
    usual = Candidate(id="c", wave=0, body=QA(problem=problem), lineage=lineage)
    assert by_style([usual]) == {"usual": 1}


def test_no_style_at_all_is_refused():
    with pytest.raises(ValidationError, match="styles"):
        RedrawSettings(styles=())


@pytest.mark.parametrize("strategy", [Redraw, SelfInstruct])
def test_a_style_that_no_train_problem_has_is_refused_when_a_run_makes_the_strategy(
    make_services, strategy
):
    services = make_services({"train": [bad(f"p{n}", "all").problem for n in range(6)]})
    services.domain = Domain("styled", Active({"styled": Styled()}))
    settings = RedrawSettings if strategy is Redraw else SelfInstructSettings
    with pytest.raises(LookupError, match=r"'bakwards'.*did you mean 'backwards'"):
        strategy(settings(styles=("usual", "bakwards")), services)
