"""Answers reached, answers left out, steps found in texts, and turns."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from errata.records import Objection, Problem
from errata_strategies.checking import laid_out, reaching, up_to, without_answer
from errata_strategies.evolving import largest_agreement
from errata_strategies.solving import Solution
from errata_strategies.turns import Turns
from scripted.asking import math_domain, roman_domain

MATH = math_domain()
SUM = Problem(id="p", question="2+3?", answer="5", solution="2+3=5\n#### 5")
BOXED = Problem(
    id="b", question="2+3?", answer="5", solution="So it is $\\boxed{5}$.", data={"format": "boxed"}
)


@pytest.mark.parametrize(
    ("problem", "text", "found"),
    [
        (SUM, " 2+3=5\n#### 5\n", "2+3=5\n#### 5"),
        (SUM, "2+3=5", "2+3=5\n#### 5"),
        (BOXED, "2+3 is \\boxed{5}.", "2+3 is \\boxed{5}."),
    ],
)
def test_what_reaches_the_answer(problem, text, found):
    assert reaching(MATH, problem, text, "it") == found


@pytest.mark.parametrize(
    ("problem", "text", "reason"),
    [
        (SUM, "2+3=6\n#### 6", "wrong-answer"),
        (SUM, "", "unreadable"),
        (SUM, "I do not know.", "unreadable"),
        (SUM.model_copy(update={"solution": ""}), "2+3=5", "unreadable"),
        (SUM.model_copy(update={"solution": "five " * 40}), "2+3=5", "unreadable"),
    ],
)
def test_what_does_not(problem, text, reason):
    found = reaching(MATH, problem, text, "it")
    assert isinstance(found, Objection)
    assert found.reason == reason
    assert found.detail.startswith("it")


def test_a_right_answer_of_another_domain_is_never_added_to_a_text_without_one():
    numeral = Problem(id="n", question="Write V as a number.", answer="5", solution="V\n#### 5")
    found = reaching(roman_domain(), numeral, "V is one hand", "it")
    assert isinstance(found, Objection)
    assert found.reason == "unreadable"


def test_stated_answers_are_left_out():
    assert without_answer(MATH, SUM, "2+3=6\n#### 6\n") == "2+3=6"
    assert without_answer(MATH, SUM, "2+3=6\nAnd so on.") == "2+3=6\nAnd so on."
    assert without_answer(MATH, SUM, "#### 6") == ""
    assert without_answer(MATH, SUM, "") == ""


def test_steps_in_a_text():
    text = "First, 1.  Then 2.\n\nThen 2."
    steps = ["First, 1.", "Then 2.", "Then 2."]
    assert [up_to(text, steps, n) for n in range(4)] == [
        "",
        "First, 1.",
        "First, 1.  Then 2.",
        text,
    ]
    assert laid_out("other", ["a", "b"]) == ("a\nb", [1, 3])
    assert up_to("other", ["a", "b"], 2) == "a\nb"


def test_turns_go_round():
    turns, items = Turns(2), {name: name for name in "abcde"}
    found = [turns.next("t", items, 3, Random(n)) for n in range(5)]
    assert [len(chosen) for chosen in found] == [3, 3, 3, 1, 0]
    assert Counter(name for chosen in found for name in chosen) == dict.fromkeys("abcde", 2)
    assert set(found[0] + found[1][:2]) == set("abcde")  # those that had fewest come first
    assert len(turns.next("other", items, 9, Random(0))) == 5


def test_agreement_is_the_domains():
    given = [Solution(solution="", answer=text) for text in ("1/2", "3", "0.5", " ", "3.0", "2/4")]
    agreeing = largest_agreement(given, MATH)
    assert [solution.answer for solution in agreeing] == ["1/2", "0.5", "2/4"]
    assert largest_agreement([], MATH) == []
