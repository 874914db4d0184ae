"""Multiple choice: rows of every form, what the target reads, and how its answer is checked."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from errata_math.plugin import MathDomain
from errata_math.problems import problem_of

DATA = Path(__file__).parents[3] / "../shared/data"
AGIEVAL = {"question": "1+1?", "options": ["(A)1", "(B)2", "(C)3"], "label": "B"}
REPACKED = {
    "query": "Q: 1+1? Answer Choices: (A)1 (B)2 (C)3\nA: Among A through C, the answer is",
    "choices": ["(A)1", "(B)2", "(C)3"],
    "gold": [1],
}
TAL = {
    "problem": "1+1?",
    "answer_option_list": [[{"aoVal": v, "content": f"{n} "}] for n, v in enumerate("ABC", 1)],
    "answer_value": "B",
}
PAIRS = {"question": "1+1?", "options": [["A", "1"], ["B", "2"], ["C", "3"]], "answer": "B"}


@pytest.mark.parametrize("row", [AGIEVAL, REPACKED, TAL, PAIRS])
def test_rows_of_every_form(row):
    problem = problem_of(row, 1, "set", "test")
    assert problem.question == "1+1?\n(A) 1\n(B) 2\n(C) 3"
    assert (problem.answer, problem.data["options"]) == ("B", {"A": "1", "B": "2", "C": "3"})


def test_a_question_that_lists_its_options_keeps_its_words():
    row = {**PAIRS, "question": "1+1?\n(A) 1 (B) 2 (C) 3"}
    assert problem_of(row, 1, "set", "test").question == row["question"]


@pytest.mark.parametrize("gold", ["D", "", None, 7, [0, 1]])
def test_a_right_option_that_is_none_is_a_missing_answer(gold):
    with pytest.raises(ValueError, match="row 3 has no answer"):
        problem_of({**AGIEVAL, "label": gold}, 3, "set", "test")


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        ("1+1=2.\n#### B", "right"),
        ("#### (B)", "right"),
        ("The answer is B.", "right"),
        ("So it makes 2.\n#### 2", "right"),
        ("#### A", "wrong"),
        ("#### 3", "wrong"),
        ("I do not know", "wrong"),
    ],
)
def test_a_letter_or_the_options_value(response, outcome):
    problem = problem_of(AGIEVAL, 1, "set", "test")
    [verdict] = MathDomain().errata_check([problem], [response])
    assert verdict.outcome == outcome


def test_the_letter_is_asked_for_and_ends_the_answer():
    import re

    problem = problem_of(AGIEVAL, 1, "set", "test")
    prompt = MathDomain().errata_target_prompt(problem, None, None)
    assert "letter of the right option" in prompt.messages[-1].content
    [pattern] = prompt.stop
    assert re.search(pattern, "so\n#### B\nand")
    assert not re.search(pattern, "#### But first\n")


def test_published_rows_accept_their_own_letters():
    files = ["sat_math_agieval.test.jsonl.gz", "tal_scq5k_en.train.jsonl.gz"]
    missing = [name for name in files if not (DATA / name).exists()]
    if missing:
        pytest.skip(f"no {', '.join(missing)} in shared/data beside the checkout")
    for name in files:
        with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
            problems = [problem_of(json.loads(x), n, name, "test") for n, x in enumerate(lines, 1)]
        said = [f"Therefore the answer is ({problem.answer})." for problem in problems]
        verdicts = MathDomain().errata_check(problems, said)
        assert [v.outcome for v in verdicts] == ["right"] * len(problems)
