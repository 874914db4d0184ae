"""Bad luck and suspected references, case by case."""

from __future__ import annotations

import asyncio

import pytest

from errata.domain import Domain
from errata.plugins import Active
from errata.records import Problem, Triage, Verdict
from errata.sections import SuspectGold
from errata.sections import Triage as Settings
from errata.stages.second_look import SecondLook, Solution, same
from errata.stages.triage import of_another
from errata_math.plugin import MathDomain

PROBLEM = Problem(id="p", question="What is 3 + 4?", answer="8")


@pytest.fixture(scope="module")
def domain():
    return Domain("math", Active({"math": MathDomain()}))


def _verdict(answer: str) -> Verdict:
    """ "8" is right, "?" undecided, "~7" the same answer not stated, "" none."""
    if answer == "?":
        return Verdict(problem_id="p", outcome="undecided", reason="timed out")
    outcome = "right" if answer == "8" else "wrong"
    stated = answer.lstrip("~") or None
    return Verdict(
        problem_id="p", outcome=outcome, extracted=stated, explicit=not answer.startswith("~")
    )


def look(domain, answers, instructor="7", **settings):
    asked = []

    async def solve(problem):
        asked.append(problem.id)
        if isinstance(instructor, Exception):
            return str(instructor)
        return Solution(solution="", answer=instructor)

    second = SecondLook(
        Settings(**{"samples": 4, **settings}),
        domain,
        {"p": PROBLEM}.__getitem__,
        {"p": [_verdict(answer) for answer in answers]},
        solve if instructor is not None else None,
    )
    row = Triage(attempt_id="base:p", problem_id="p", category="model-error")
    return asyncio.run(second(row)), asked


@pytest.mark.parametrize(
    ("answers", "instructor", "category", "asked"),
    [
        (["8", "8", "8", "7"], "7", "bad-luck", 0),
        (["8", "8", "7", "7"], "7", "model-error", 0),  # half is not most, nor do they agree
        (["7", "7", "7", "8"], "7", "suspected-wrong-gold", 1),
        (["7", "7.0", "7", "9"], " 7 ", "suspected-wrong-gold", 1),  # equal as the domain has it
        (["7", "7", "7", "7"], "8", "model-error", 1),  # the instructor backs the reference
        (["7", "7", "7", "7"], "6", "model-error", 1),
        (["7", "7", "7", "7"], "", "model-error", 1),
        (["7", "7", "7", "7"], OSError("no reply came"), "model-error", 1),
        (["7", "7", "7", "7"], None, "model-error", 0),  # nobody to ask: samples never suffice
        (["7", "7", "9", "9"], "7", "model-error", 0),
        (["~7", "~7", "~7", "7"], "7", "model-error", 0),  # not stated as the answer
        (["?", "?", "7", "7"], "7", "model-error", 0),
        (["", "", "", ""], "7", "model-error", 0),
    ],
)
def test_every_kind(domain, answers, instructor, category, asked):
    row, calls = look(domain, answers, instructor)
    assert row.category == category
    assert len(calls) == asked
    assert (row.samples, row.solved) == (4, answers.count("8"))
    assert bool(row.reason) == (category != "model-error" or isinstance(instructor, Exception))


def test_the_thresholds_are_the_recipes(domain):
    half = ["8", "8", "7", "9"]
    assert look(domain, half)[0].category == "model-error"
    assert look(domain, half, bad_luck=0.5)[0].category == "bad-luck"
    agree = ["7", "7", "7", "9"]
    assert look(domain, agree)[0].category == "suspected-wrong-gold"
    strict = SuspectGold(agree=1.0)
    assert look(domain, agree, suspect_gold=strict)[0].category == "model-error"
    row, asked = look(domain, agree, suspect_gold=None)
    assert (row.category, asked) == ("model-error", [])
    assert (row.agreeing, row.answer) == (3, "7")


def test_what_is_no_model_error_stays_what_it_is(domain):
    second = SecondLook(Settings(samples=1), domain, {}.__getitem__, {"p": [_verdict("8")]}, None)
    for category in ("right", "undecided", "truncated", "format-slip"):
        row = Triage(attempt_id="base:p", problem_id="p", category=category)
        assert asyncio.run(second(row)) == row


def test_another_models_attempt_at_a_suspected_reference():
    row = Triage(attempt_id="imported:p#0", problem_id="p", category="model-error", model="m")
    assert of_another(row, {"q"}) == row
    assert of_another(row, {"p"}).category == "suspected-wrong-gold"
    right = row.model_copy(update={"category": "right"})
    assert of_another(right, {"p"}) == right


def test_answers_are_compared_as_the_domain_does(domain):
    assert same(domain, "p", "1/2", "0.5")
    assert not same(domain, "p", "1/2", "1/3")
    assert not same(domain, "p", "", "0")
