"""Drills in small steps: exact, smaller than usual, recomputed, and read by the diagnoser."""

from __future__ import annotations

import re
from itertools import islice

import pytest

from errata_math import drills
from errata_math.diagnosis import diagnose_solution
from errata_math.drills.small_steps import work
from errata_math.recompute import verify_solution

_EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = <<\d+[-+*/]\d+=(\d+)>>(\d+)")


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ((48, "+", 37), ["48 + 30 = 78", "78 + 2 = 80", "80 + 5 = 85"]),
        ((240, "+", 21), ["240 + 20 = 260", "260 + 1 = 261"]),
        ((102, "-", 68), ["102 - 60 = 42", "42 - 2 = 40", "40 - 6 = 34"]),
        ((87, "*", 5), ["80 * 5 = 400", "7 * 5 = 35", "400 + 30 = 430", "430 + 5 = 435"]),
        (
            (595, "/", 7),
            ["80 * 7 = 560", "595 - 500 = 95", "95 - 60 = 35", "35 / 7 = 5", "80 + 5 = 85"],
        ),
        ((56, "/", 7), ["56 / 7 = 8"]),
    ],
)
def test_how_an_operation_is_worked(asked, lines):
    made = [re.sub(r"<<.*?>>", "", line) for line in work(*asked)]
    assert made == lines


def _styled(count: int):
    for problem in islice(drills.generate("styles", 3), count):
        for solution in drills.styles(problem).values():
            yield problem, problem.model_copy(update={"solution": solution})


def test_every_solution_recomputes_and_every_kind_has_some():
    kinds = set()
    for usual, styled in _styled(600):
        kinds.add(styled.kind)
        assert verify_solution(styled, styled.solution) is None
        assert styled.solution != usual.solution
        assert styled.solution.endswith(f"#### {usual.answer}")
        assert len(styled.solution.splitlines()) >= len(usual.solution.splitlines())
    assert kinds == set(drills.KINDS)


def test_recomputation_refuses_a_slip_in_it():
    for _, styled in _styled(60):
        found = _EQUATION.search(styled.solution)
        assert found
        wrong = int(found[4]) + 1
        text = styled.solution.replace(
            found[0], found[0].replace(f"={found[4]}>>{found[5]}", f"={wrong}>>{wrong}"), 1
        )
        objection = verify_solution(styled, text)
        assert objection is not None
        assert objection.reason == "wrong-answer"


def test_the_diagnoser_names_the_step_that_slips_by_the_usual_reference():
    """A target that has learnt small steps is diagnosed against solutions worked as usual."""
    named = tried = 0
    for usual, styled in _styled(120):
        lines = styled.solution.splitlines()[:-1]
        last = _EQUATION.fullmatch(lines[-1])
        if last is None or usual.kind == "negative-result":
            continue
        wrong = int(last[4]) + 1
        lines[-1] = lines[-1].replace(f"={last[4]}>>{last[5]}", f"={wrong}>>{wrong}")
        found = diagnose_solution(usual, lines, str(wrong))
        tried += 1
        named += found.step == len(lines)
    assert tried > 60
    assert named / tried > 0.9
