"""The diagnoser ``verdict-reason``."""

from __future__ import annotations

import asyncio

import pytest

from errata.plugins import Installed
from errata.records import Attempt, BadCase, Problem, Verdict
from errata.rounds import BASE, Round
from errata.stages.verdict_reason import VerdictReasonPlugin, differs


@pytest.mark.parametrize(
    ("answer", "reference", "difference"),
    [
        (None, "7", "no answer was found"),
        ("-7", "7", "the sign is turned around"),
        ("700", "7", "off by a power of ten"),
        ("0.07", "7", "off by a power of ten"),
        ("1,200", "12", "off by a power of ten"),
        ("8", "7", "off by one"),
        ("$6", "7", "off by one"),
        ("7.5", "9", "a fraction instead of a whole number"),
        ("3/4", "9", "a fraction instead of a whole number"),
        ("9", "7.5", "a whole number instead of a fraction"),
        ("-3", "7", "negative"),
        ("3", "-7", "positive where the reference is negative"),
        ("21", "7", "a multiple of the reference"),
        ("7", "21", "a simple part of the reference"),
        ("50", "7", "too large"),
        ("4", "7", "too small"),
        ("0", "7", "too small"),
        ("9", "0", "too large"),
        ("three apples", "7", "text instead of number"),
        ("3 apples", "7", "number with words instead of number"),
        ("x = 3", "7", "formula instead of number"),
        ("1, 2", "7", "list of numbers instead of number"),
        ("blue", "red", "another text"),
        (" ", "red", "nothing instead of text"),
        ("9" * 5000, "7", "text instead of number"),
        ("1/0", "7", "formula instead of number"),
    ],
)
def test_how_an_answer_differs(answer, reference, difference):
    assert differs(answer, reference) == difference


@pytest.mark.parametrize(
    ("rule", "reason", "keyphrase"),
    [
        ("", "", "off by one"),
        ("boxed/number", "", "number: off by one"),
        ("tests", "3 of 5 tests fail", "3 of 5 tests fail: off by one"),
        ("x", " ".join("abcdefghijklmnop"), "a b c d e f g h i j k l: off by one"),
    ],
)
def test_what_the_checker_said_comes_first(rule, reason, keyphrase):
    (part,) = VerdictReasonPlugin().errata_parts()
    diagnoser = part.make(part.settings(), None)
    case = BadCase(
        problem=Problem(id="p", question="?", answer="7"),
        attempt=Attempt(id="b:p", problem_id="p", checkpoint="b", text="8", finish="stop"),
        verdict=Verdict(problem_id="p", outcome="wrong", extracted="8", rule=rule, reason=reason),
    )
    found = asyncio.run(diagnoser.diagnose(case))
    assert (found.keyphrase, found.step, found.no_error) == (keyphrase, None, False)


def test_it_groups_in_a_domain_that_knows_nothing_of_it(roman, tmp_path):
    plugin = Installed("verdict-reason", "errata", "errata", VerdictReasonPlugin)
    roman.plugins.append(plugin)
    run = roman.run(tmp_path / "run", "diagnose=verdict-reason", until="group")
    types, assignments = Round(run, "round-1", BASE).grouped
    assert [t.name for t in types] == ["off by one"]  # what the careless student does
    assert types[0].count == len(assignments) > 40
