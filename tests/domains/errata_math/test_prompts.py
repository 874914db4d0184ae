"""Prompts: their wording, and when generation may stop."""

from __future__ import annotations

import re
import time

import pytest

from errata.records import Problem
from errata_math.prompts import is_boxed, target_prompt

DRILL = Problem(id="d", question="What is 2 + 3?", answer="5", solution="2 + 3 = 5\n#### 5")
STORY = Problem(id="s", question="Ann has 4 eggs and gets 1.", answer="5", solution="4 + 1")
MATH = Problem(id="m", question="Find $x$.", answer="7", solution=r"It is $\boxed{7}$.")


def stops(problem: Problem, text: str) -> bool:
    patterns = target_prompt(problem, None, None).stop
    return any(re.search(pattern, text) for pattern in patterns)


def test_the_instruction_follows_the_form_of_the_answer() -> None:
    assert '"#### "' in target_prompt(DRILL, None, None).messages[0].content
    assert "\\boxed{" in target_prompt(MATH, None, None).messages[0].content
    bare = MATH.model_copy(update={"solution": "", "data": {"format": "boxed"}})
    assert is_boxed(bare)
    assert not is_boxed(DRILL)


def test_guidance_comes_before_the_question() -> None:
    content = target_prompt(DRILL, None, "Check the last digit.").messages[-1].content
    assert content.startswith("Check the last digit.\n\nWhat is 2 + 3?\n")
    assert target_prompt(DRILL, None, " ") == target_prompt(DRILL, None, None)


def test_prompts_with_one_demonstration_share_their_beginning() -> None:
    first, second = (target_prompt(each, STORY, "Be careful.").messages for each in (DRILL, MATH))
    assert [message.role for message in first] == ["user", "assistant", "user"]
    assert first[:2] == second[:2]
    assert first[1].content == "4 + 1\n#### 5"
    assert target_prompt(DRILL, MATH, None).messages[1].content == MATH.solution


@pytest.mark.parametrize(
    "text",
    [
        "2 + 3 = 5\n#### 5\n",
        "#### 1,250 dollars",
        "#### -3\nand so on",
        "#### $4.50\n",
        "#### 1/2\n",
        "####7\n",
        "#### 18%\n",
        "#### 5 eggs",
    ],
)
def test_generation_stops_after_a_finished_answer(text: str) -> None:
    assert stops(DRILL, text)


@pytest.mark.parametrize(
    "text",
    ["#### 1", "#### 19", "#### 19.", "#### 1,", "#### 1 1", "#### 1/", "#### 5 x 3", "#### ",
     "#### Step\n", "#### 1. Add the eggs\n", "#### 2) Now add", "2 + 3 = 5\n", "#### 19 a"],
)  # fmt: skip
def test_generation_goes_on_while_the_answer_may_grow(text: str) -> None:
    assert not stops(DRILL, text)


@pytest.mark.parametrize(
    "text",
    [
        r"so $\boxed{\frac{1}{2}}$.",
        "\\boxed{7}\n",
        "\\[\\boxed{x^{2^{3}}}\\]\n",
        "**\\boxed{7}**.",
    ],
)
def test_a_closed_box_at_the_end_of_a_sentence_stops(text: str) -> None:
    assert stops(MATH, text)


@pytest.mark.parametrize(
    "text",
    [r"\boxed{7}", r"\boxed{7", r"\boxed{\frac{1}{2}", r"\boxed{1} and \boxed{", r"#### 7 ."],
)
def test_an_open_box_does_not_stop(text: str) -> None:
    assert not stops(MATH, text)


def test_stop_patterns_take_linear_time() -> None:
    for hostile in ("\\boxed{" * 3000, "\\boxed{" + "{a}" * 20_000, "#### " + "1," * 40_000):
        started = time.perf_counter()
        assert not stops(MATH, hostile)
        assert not stops(DRILL, hostile)
        assert time.perf_counter() - started < 1.0
