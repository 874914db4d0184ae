"""Rows as published, drafts and drills become problems whose solutions pass their tests."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from errata.drafts import Draft
from errata.records import Objection, Problem
from errata_code import drills
from errata_code.plugin import CodeDomain
from errata_code.problems import problem_of, problems
from errata_code.problems import tested as drafted

PROMPT = 'def add(a, b):\n    """The sum."""\n'
CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\n"
ROWS = {
    "HumanEval": {
        "task_id": "HumanEval/900",
        "prompt": PROMPT,
        "canonical_solution": "    return a + b\n",
        "test": CHECK,
        "entry_point": "add",
    },
    "HumanEval+": {
        "task_id": "HumanEval/901",
        "prompt": PROMPT,
        "canonical_solution": "    return a + b\n",
        "test": f"{CHECK}\ncheck(add)\n",
        "entry_point": "add",
    },
    "MBPP": {
        "task_id": 900,
        "text": "Write a function to add two numbers.",
        "code": "def add(a, b):\r\n  return a + b",
        "test_list": ["assert add(1, 2) == 3"],
        "test_setup_code": "",
        "challenge_test_list": ["assert add(-1, 1) == 0"],
    },
    "MBPP, sanitized": {
        "task_id": 901,
        "prompt": "Write a function to round half a sum up.",
        "code": "import math\ndef add(a, b):\n  return math.ceil((a + b) / 2)",
        "test_list": ["assert add(1, 2) == math.ceil(1.5)"],
        "test_imports": ["import math"],
    },
    "own": {
        "question": "Write add.",
        "solution": "def add(a, b):\n    return a + b",
        "tests": "assert add(1, 2) == 3",
    },
}
ADD = Draft(
    question="Write a function add(a, b).",
    solution="```python\ndef add(a, b):\n    return a + b\n```",
    answer="assert add(1, 2) == 3\nassert add(5, -5) == 0",
)


def _outcomes(problem: Problem, *responses: str) -> list[str]:
    found = CodeDomain().errata_check([problem] * len(responses), responses)
    if any(verdict.reason.startswith("no sandbox") for verdict in found):
        pytest.skip(found[0].reason)
    return [verdict.outcome for verdict in found]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_rows_as_published(row) -> None:
    problem = problem_of(row, 1, "rows.jsonl")
    assert problem.data["entry_point"] == "add"
    wrong = "```python\ndef add(a, b):\n    return 99\n```"
    assert _outcomes(problem, problem.solution, wrong) == ["right", "wrong"]


def test_the_challenge_tests_of_mbpp_count() -> None:
    problem = problem_of(ROWS["MBPP"], 1, "rows.jsonl")
    assert _outcomes(problem, "```\ndef add(a, b):\n    return 3\n```") == ["wrong"]


@pytest.mark.parametrize(
    ("row", "lacking"), [({"text": "x"}, "no tests"), ({"test_list": ["assert f()"]}, "no task")]
)
def test_a_row_that_lacks_something_says_what(row, lacking) -> None:
    with pytest.raises(ValueError, match=f"row 7 has {lacking}.*it has {next(iter(row))}"):
        problem_of(row, 7, "rows.jsonl")


def test_the_order_of_the_shipped_slice_is_the_seeds() -> None:
    orders = [[p.id for p in problems("mbpp", "train", seed)] for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])
    assert not set(orders[0]) & {p.id for p in problems("mbpp", "test", 0)}


def test_shipped_and_generated_solutions_are_right() -> None:
    asked = [*problems("mbpp", "train", 0), *problems("mbpp", "test", 0)]
    asked += islice(problems("drills", "train", 0), 2 * len(drills.KINDS))
    found = CodeDomain().errata_check(asked, [p.solution for p in asked])
    if found[0].reason.startswith("no sandbox"):
        pytest.skip(found[0].reason)
    assert [(v.problem_id, v.reason) for v in found if v.outcome != "right"] == []


def test_a_variant_is_another_drill_of_the_kind() -> None:
    for problem in islice(problems("drills", "train", 0), len(drills.KINDS)):
        other = drills.variant(problem, Random(1))
        assert other.kind == problem.kind
        assert drills.key(other) != drills.key(problem)


def test_a_draft_with_tests_is_a_problem() -> None:
    problem = drafted(ADD)
    assert isinstance(problem, Problem)
    assert problem.data == {"entry_point": "add", "example": "assert add(1, 2) == 3"}
    assert drafted(ADD.model_copy(update={"answer": f"```python\n{ADD.answer}\n```"})) != problem
    assert _outcomes(problem, ADD.solution) == ["right"]


@pytest.mark.parametrize(
    "change",
    [
        {"question": " "},
        {"answer": "3"},
        {"answer": "assert sub(1, 2) == 3"},
        {"solution": "It is easy."},
    ],
)
def test_a_draft_that_cannot_be_checked_is_an_objection(change) -> None:
    found = drafted(ADD.model_copy(update=change))
    assert isinstance(found, Objection)
    assert found.reason == "unreadable"
