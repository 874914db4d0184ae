"""Which program is meant by a response."""

from __future__ import annotations

from typing import Any

import pytest

from errata.records import Problem
from errata_code.responses import asked, program

TASK = Problem(
    id="t",
    question="Write a function f that squares.",
    answer="assert f(2) == 4",
    data={"entry_point": "f", "example": "assert f(2) == 4"},
)
BEGUN = "import math\n\ndef one():\n    return 1\n\ndef f(x):\n    '''The square.'''\n"
PROMPT = TASK.model_copy(update={"question": BEGUN, "data": {"entry_point": "f", "prompt": BEGUN}})
SQUARE = "def f(x):\n    return x * x\n"


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (f"```python\n{SQUARE}```", SQUARE),
        (f"Sure:\n```\n{SQUARE}```\nIt squares.", SQUARE),
        (f"```py\n{SQUARE}", SQUARE),  # cut off before the fence
        (f"  ```python\n  {SQUARE.replace(chr(10), chr(10) + '  ')}\n  ```", SQUARE),
        (f"```python\ndef f(x):\n    return 0\n```\nBetter:\n```python\n{SQUARE}```", SQUARE),
        (f"```python\n{SQUARE}```\nUse it:\n```python\nprint(f(2))\n```", SQUARE),
        (f"```python\n{SQUARE}```\n```text\n4\n```", SQUARE),
        (f"Here it is.\n{SQUARE}\nThis squares.", f"{SQUARE}\n"),
        ("f = lambda x: x * x", "f = lambda x: x * x\n"),
        ("```python\nimport math\n```\n```python\ng = 1\n```", "import math\n\ng = 1\n"),
    ],
)
def test_the_program_of_a_response(response, found) -> None:
    assert (program(TASK, response) or "").rstrip() == found.rstrip()


@pytest.mark.parametrize("response", ["", "I do not know.", "```json\n{}\n```", "```\n\n```"])
def test_no_program(response) -> None:
    assert program(TASK, response) is None


@pytest.mark.parametrize(
    "response",
    ["    return x * x", "return x * x", "```python\n    return x * x\n```", f"```\n{SQUARE}```"],
)
def test_continuations_and_whole_functions_of_a_prompt(response) -> None:
    names: dict[str, Any] = {}
    exec(program(PROMPT, f"{response}\n"), names)
    assert names["f"](3) == 9
    assert names["one"]() == 1


def test_what_follows_a_continuation_is_left_out() -> None:
    found = program(PROMPT, "    return x * x\n\nprint(f(input()))\n")
    assert "input" not in found


def test_the_task_shows_a_test_or_the_beginning() -> None:
    assert "assert f(2) == 4" in asked(TASK)
    assert BEGUN.strip() in asked(PROMPT)
