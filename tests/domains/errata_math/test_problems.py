"""Sources of problems: shipped slices, rows of the usual forms, and what bad rows get."""

from __future__ import annotations

import gzip
import json
import re
from itertools import islice
from pathlib import Path

import pytest

from errata.records import Problem
from errata_math.problems import Row, last_boxed, problem_of, problems
from errata_math.same import fingerprints

BOXED = Path(__file__).parent / "boxed.jsonl"
GSM8K_ROW = {
    "question": "What is 2 + 3?",
    "answer": "It is 2+3 = <<2+3=5>>5.\n#### 5",
}


@pytest.mark.parametrize(
    ("source", "split", "rows"),
    [("gsm8k-two-steps", "train", 2579), ("gsm8k-two-steps", "test", 422), ("svamp", "test", 1000)],
)
def test_shipped_slices_are_whole(source: str, split: str, rows: int) -> None:
    found = list(problems(source, split, 0))
    assert len(found) == rows
    assert len({problem.id for problem in found}) == rows
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", problem.answer) for problem in found)
    ends = [problem.solution.rsplit("\n", 1)[-1].replace(",", "") for problem in found]
    assert ends == [f"#### {problem.answer}" for problem in found]
    assert all(problem.source == source and problem.kind for problem in found)


def test_gsm8k_slices_have_one_or_two_annotated_equations_and_do_not_overlap() -> None:
    sets = {split: list(problems("gsm8k-two-steps", split, 0)) for split in ("train", "test")}
    for found in sets.values():
        for problem in found:
            count = problem.solution.count("<<")
            assert problem.kind == {1: "one-step", 2: "two-step"}[count]
    keys = [{fingerprints(problem).exact for problem in found} for found in sets.values()]
    assert not keys[0] & keys[1]


def test_svamp_solutions_are_annotated_and_its_one_wrong_gold_stands_as_published() -> None:
    found = {problem.id: problem for problem in problems("svamp", "test", 0)}
    assert found["svamp/chal-1"].answer == "51"
    assert found["svamp/chal-1"].solution == "76 - 25 = <<76-25=51>>51\n#### 51"
    bare = [problem.id for problem in found.values() if "<<" not in problem.solution]
    assert bare == ["svamp/chal-680"]


def test_a_seed_orders_a_shipped_slice() -> None:
    first, again, other = (
        [problem.id for problem in problems("svamp", "test", seed)] for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other
    assert sorted(first) == sorted(other)


def test_drills_come_from_the_generator() -> None:
    found = list(islice(problems("drills", "dev", 7), 3))
    assert [problem.id for problem in found] == ["drills/dev/0", "drills/dev/1", "drills/dev/2"]


@pytest.mark.parametrize(("source", "split"), [("gsm9k", "test"), ("svamp", "train")])
def test_an_unknown_source_or_split_lists_the_known_ones(source: str, split: str) -> None:
    with pytest.raises(LookupError, match=r"svamp \(test\)"):
        problems(source, split, 0)


def test_gsm8k_rows_as_published() -> None:
    problem = problem_of(dict(GSM8K_ROW), 3, "hf:openai/gsm8k:main", "test")
    assert problem.answer == "5"
    assert problem.solution == GSM8K_ROW["answer"]
    assert problem.id == "gsm8k:main/test/3"


def test_math_rows_take_the_last_box_and_ask_for_one() -> None:
    found = list(problems(str(BOXED), "test", 0))
    assert len(found) >= 40
    assert len({problem.id for problem in found}) == len(found)
    rows = [json.loads(line) for line in BOXED.read_text().splitlines()]
    for problem, row in zip(found, rows, strict=True):
        assert f"\\boxed{{{problem.answer}}}" in row["solution"]
        assert problem.kind == row["type"]
        assert problem.data == {"format": "boxed"}
    assert found[20].answer == r"\left(\frac{5}{2}, 1\right)"


def test_svamp_rows_as_published() -> None:
    row: Row = {
        "ID": "chal-9",
        "Body": "Ann had 5 pens and lost 2.0.",
        "Question": "How many are left?",
        "Answer": 3.0,
        "Type": "Subtraction",
    }
    problem = problem_of(row, 1, "hf:ChilleD/SVAMP", "test")
    assert problem.question == "Ann had 5 pens and lost 2.0. How many are left?"
    assert (problem.id, problem.answer, problem.kind) == ("chal-9", "3", "Subtraction")


def test_a_solution_in_gsm8k_form_gives_the_answer() -> None:
    row: Row = {"question": "2 + 2?", "solution": "2+2=4\n#### 4", "level": 2}
    problem = problem_of(row, 1, "mine.jsonl", "train")
    assert (problem.answer, problem.kind, problem.id) == ("4", "2", "mine.jsonl/train/1")


def test_a_row_without_an_answer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl.gz"
    rows = [GSM8K_ROW, {"question": "What is 2 + 2?", "answer": None, "grade": 1}]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    found = problems(str(path), "train", 0)
    assert isinstance(next(found), Problem)
    with pytest.raises(
        ValueError, match=r"row 2 has no answer \(wanted one of: answer,.*answer, grade, question"
    ):
        next(found)


def test_a_row_without_a_question_is_named() -> None:
    with pytest.raises(ValueError, match="row 5 has no question"):
        problem_of({"prompt": "2 + 2?", "answer": 4}, 5, "x.jsonl", "train")


@pytest.mark.parametrize(
    ("text", "box"),
    [
        (r"so \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"\boxed{1} then \boxed{2}", "2"),
        (r"\boxed {7}", "7"),
        (r"\boxed{}", ""),
        (r"so $\boxed 5$ and {6}", "5"),
        ("none", ""),
    ],
)
def test_last_boxed(text: str, box: str) -> None:
    assert last_boxed(text) == box


def test_fingerprints_of_drills_are_parameters_and_of_others_text() -> None:
    drill = next(problems("drills", "train", 0))
    found = fingerprints(drill)
    assert found.exact.startswith(f"drill:{drill.kind}:")
    assert found.template is None
    assert found.words == ()
    worded = drill.model_copy(update={"id": "other", "question": "differently put"})
    assert fingerprints(worded) == found
    told = Problem(id="a", question="Ann has 5 eggs.", answer="5")
    assert fingerprints(told).template == "ann has # eggs"
