"""Where the final answer of a response is found, by which rule, and how it is reported."""

from __future__ import annotations

import pytest

from errata_math.checking import check_choice, check_response

CASES = [
    ("#### 1,250", "1250", "hash", True),
    ("So the total is 12.\n#### 12 apples", "12", "hash", True),
    ("Therefore the answer is $\\frac{1}{2}$.", "0.5", "phrase", True),
    ("**Final Answer:** 42", "42", "phrase", True),
    ("Final Answer: The largest $n$ is 34.", "34", "phrase", True),
    ("The answer is $3$ and $-2$.", "-2, 3", "phrase", True),
    ("\\boxed{\\frac{1}{\\sqrt{2}}}", "\\frac{\\sqrt2}{2}", "boxed", True),
    ("$\\boxed 7$", "7", "boxed", True),
    ("\\fbox{12}", "12", "boxed", True),
    ("x is $\\boxed{2}$ or $\\boxed{-3}$.", "-3,2", "boxes", True),
    ("It is $\\boxed{x+1}$, or $\\boxed{1+x}$.", "x+1", "boxes", True),
    ("First $\\boxed{4}$.\n\nThen we sell them, so it is $\\boxed{8}$.", "8", "boxed", True),
    ("\\boxed{12}. Wait, I made a slip. The correct answer is 15.", "15", "phrase", True),
    ("<think>\\boxed{3}</think> The answer is 4.", "4", "phrase", True),
    ("She pays 3 + 4 = 7 dollars", "7", "last-number", False),
    ("Hence $x \\in (1, 2)$ as claimed.", "(1,2)", "last-formula", False),
    ("答案是 $\\frac{2}{5}$。", "2/5", "phrase", True),
    ("réponse: 220 $ à payer d'ici 12 mois.", "220", "phrase", True),
]  # fmt: skip


@pytest.mark.parametrize(("response", "gold", "rule", "explicit"), CASES)
def test_the_answer_is_found(response: str, gold: str, rule: str, explicit: bool) -> None:
    verdict = check_response(gold, response)
    assert verdict.outcome == "right"
    assert verdict.rule.split("/")[0] == rule
    assert verdict.explicit is explicit


def test_nothing_found_is_wrong_and_says_so() -> None:
    verdict = check_response("5", "I do not know where to begin, and I give up on this one.")
    assert (verdict.outcome, verdict.extracted, verdict.rule) == ("wrong", None, "none")
    assert not verdict.explicit


@pytest.mark.parametrize(
    "response",
    [
        "The answer is (C).", "\\boxed{\\text{(C)}}", "C. 12", "The correct option is C",
        "It cannot be A, so I think it's C", "答案：C", "$\\boxed{\\textbf{(C)}\\ 12}$", "C",
    ],
)  # fmt: skip
def test_a_letter_is_found(response: str) -> None:
    assert check_response("C", response).outcome == "right"
    assert check_response("D", response).outcome == "wrong"


def test_an_option_may_be_named_by_its_value() -> None:
    choices = {"A": "10", "B": "\\frac{1}{2}", "C": "12"}
    assert check_choice("B", "So it is $\\boxed{0.5}$.", choices).outcome == "right"
    assert check_choice("B", "So it is $\\boxed{12}$.", choices).outcome == "wrong"
    assert check_choice("B", "The answer is (B).", choices).outcome == "right"
    shared = {"A": "0.5", "B": "\\frac{1}{2}"}
    assert check_choice("B", "So it is $\\boxed{0.5}$.", shared).outcome == "undecided"
