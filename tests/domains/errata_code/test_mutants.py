"""Synthesized problems are kept only if their tests tell the solution from changed ones."""

from __future__ import annotations

import ast

import pytest

from errata.records import Objection, Problem
from errata.testing.domain_bench import candidate
from errata_code.mutants import MOST, mutants
from errata_code.plugin import CodeDomain

RIGHT = "def f(x):\n    if x > 3 and x % 2 == 0:\n        return 2 * x\n    return x + 1\n"
SHARP = "assert f(4) == 8\nassert f(3) == 4\nassert f(5) == 6\nassert f(2) == 3\nassert f(6) == 12"


def verified(code: str, tests: str) -> Objection | None:
    problem = Problem(
        id="p",
        question="Write f.",
        answer=tests,
        solution=f"```python\n{code}```",
        data={"entry_point": "f"},
    )
    found = CodeDomain().errata_verify(candidate(problem))
    if found and "no sandbox" in found.detail:
        pytest.skip(found.detail)
    return found


def test_mutants_differ_from_the_program_and_from_each_other() -> None:
    found = mutants(RIGHT)
    assert 3 < len(set(found)) == len(found) <= MOST
    assert ast.unparse(ast.parse(RIGHT)) not in found


@pytest.mark.parametrize("text", ["", "def f(:", "pass", "x = '\0'", "(" * 10_000])
def test_what_has_no_mutants(text) -> None:
    assert mutants(text) == []


def test_sharp_tests_are_kept() -> None:
    assert verified(RIGHT, SHARP) is None


@pytest.mark.parametrize(
    ("code", "tests", "reason"),
    [
        (RIGHT, SHARP.replace("8", "9"), "wrong-answer"),
        ("def f(x):\n    return x +\n", SHARP, "wrong-answer"),
        (RIGHT, "assert f(4) is not False", "unreadable"),
        (RIGHT, "assert f(", "unreadable"),
        (RIGHT, "assert True", "unreadable"),
        ("def f(x):\n    pass\n", "assert f(1) is None", "unreadable"),
    ],
    ids=["wrong test", "no Python", "weak test", "broken test", "no call", "nothing to change"],
)
def test_what_is_refused(code, tests, reason) -> None:
    found = verified(code, tests)
    assert isinstance(found, Objection)
    assert found.reason == reason
