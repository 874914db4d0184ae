"""Drafts of instructors as problems of mathematics, and the domain's templates."""

from __future__ import annotations

import pytest

from errata.drafts import Draft
from errata.prompting import Template
from errata.records import Objection, Problem
from errata_diagnosis.analysis import ANALYSIS
from errata_math.drafting import bare_answer, template
from errata_math.plugin import MathDomain
from errata_strategies.sei import SIMILAR

DOMAIN = MathDomain()


def made(question="How many?", solution="2+2=4", answer="4"):
    return DOMAIN.errata_problem(Draft(question=question, solution=solution, answer=answer))


@pytest.mark.parametrize("purpose", [ANALYSIS, SIMILAR], ids=lambda p: p.name)
def test_templates_use_what_their_purposes_offer(purpose):
    own, generic = template(purpose.name), purpose.template
    assert own != generic
    for path in (own, generic):
        assert Template(path.read_text()).variables <= set(purpose.variables)
    assert template("nonsense") is None


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("#### 42", "42"),
        ("The final answer is 42", "42"),
        ("answer: 3/4", "3/4"),
        ("$7$", "7"),
        ("$7", "$7"),
        ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("  x+1 ", "x+1"),
    ],
)
def test_bare_answers(text, bare):
    assert bare_answer(text) == bare


def test_a_solution_ends_in_the_answer_as_training_data_state_it():
    problem = made(answer="The answer is 4")
    assert isinstance(problem, Problem)
    assert (problem.answer, problem.solution) == ("4", "2+2=4\n#### 4")
    again = made(solution="2+2=4\n#### 4")
    assert again.solution == "2+2=4\n#### 4"
    boxed = made(solution="2+2=\\boxed{4}")
    assert boxed.solution == "2+2=\\boxed{4}"
    assert boxed.data == {"format": "boxed"}


def test_ids_depend_on_the_draft_alone():
    assert made().id == made().id
    assert made().id != made(question="How much?").id


@pytest.mark.parametrize(
    ("draft", "reason", "detail"),
    [
        ({"question": " "}, "unreadable", "no question"),
        ({"answer": ""}, "unreadable", "no answer"),
        ({"answer": "it depends on the weather and the wind"}, "unreadable", "is no number"),
        ({"solution": "2+2=5\n#### 5"}, "wrong-answer", "comes to 5, the draft says 4"),
        ({"solution": "so \\boxed{9}"}, "wrong-answer", "comes to 9"),
    ],
)
def test_objections(draft, reason, detail):
    found = made(**draft)
    assert isinstance(found, Objection)
    assert found.reason == reason
    assert detail in found.detail
