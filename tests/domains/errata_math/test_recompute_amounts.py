"""Final answers that are a number with words around it, read as people mean them."""

from __future__ import annotations

import pytest

from errata.records import Problem
from errata_math.recompute import verify_solution


def objection(stated: str, answer: str):
    solution = f"Some steps.\n#### {stated}"
    problem = Problem(id="p", question="How many?", answer=answer, solution=solution)
    return verify_solution(problem, solution)


@pytest.mark.parametrize(
    ("stated", "answer"),
    [
        ("$20 in her piggy bank after saving for 5 days.", "20"),
        ("576 mosaic tiles to cover two-thirds of his 36 sq ft bathroom.", "576"),
        ("$10,000/day from these visits.", "10000"),
        ("60% of the students.", "60"),
        ("5 8-point bucks in the field.", "5"),
        ("-4 degrees at 6 o'clock", "-4"),
        ("3/4 cup of 2 sorts", "3/4"),
        ("18", "18"),
        ("3 + 4", "7"),
    ],
)
def test_the_number_that_is_stated_counts(stated, answer) -> None:
    assert objection(stated, answer) is None
    wrong = objection(stated, "1234567")
    assert (wrong.reason, wrong.detail) == ("wrong-answer", "solution and answer differ")


@pytest.mark.parametrize("stated", ["2:00 pm", "no idea"])
def test_what_states_no_number_stays_unreadable(stated) -> None:
    assert objection(stated, "2").reason == "unreadable"
