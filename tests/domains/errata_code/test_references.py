"""Reference solutions of HumanEval and MBPP are right, the buggy ones of HumanEvalFix wrong.

A sample in the quick suite, all of them in the slow one.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from errata_code.plugin import CodeDomain
from errata_code.problems import fenced, problems

DATA = Path(__file__).parents[3] / "../shared/data"
FILES = {
    "code.humaneval.test": 164,
    "code.mbpp": 974,
    "err.humanevalfix.python": 164,
}
NEVER_ENDS = 3  # of the buggy solutions


def _read(name):
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"shared/data/{path.name} not found beside the checkout: its solutions")
    return list(problems(str(path), "test", 0))


def _not(outcome, asked, responses):
    found = CodeDomain().errata_check(asked, responses)
    if any(v.reason.startswith("no sandbox") for v in found):
        pytest.skip(found[0].reason)
    return found, [(v.problem_id, v.outcome, v.reason) for v in found if v.outcome != outcome]


@pytest.mark.parametrize("name", FILES)
def test_a_sample_of_reference_solutions_is_right(name) -> None:
    asked = list(islice(_read(name), 0, None, FILES[name] // 20))
    assert _not("right", asked, [p.solution for p in asked])[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_every_reference_solution_is_right(name) -> None:
    asked = _read(name)
    assert len(asked) == FILES[name]
    assert _not("right", asked, [p.solution for p in asked])[1] == []


@pytest.mark.slow
def test_every_buggy_solution_is_wrong() -> None:
    asked = _read("err.humanevalfix.python")
    buggy = [fenced(str(p.data["wrong_solution"])) for p in asked]
    found, others = _not("wrong", asked, buggy)
    assert others == []
    assert sum(v.reason == "timeout" for v in found) == NEVER_ENDS
