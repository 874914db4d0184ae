"""Attempts of other models: matching, counting, and what is refused."""

from __future__ import annotations

import gzip
import json

import pytest

from errata.errors import ProblemsError
from errata.records import Problem
from errata.sections import ErrorSource
from errata.stages.importing import Importing, first_row

PROBLEMS = {
    "a": Problem(id="a", question="How many apples are 3 + 4?", answer="7"),
    "b": Problem(id="b", question="How many pears are 3 + 5?", answer="8"),
    "t": Problem(id="t", question="A test question.", answer="1"),
}
SETS = {"a": "train", "b": "train", "t": "test/x"}


def importing():
    return Importing(SETS, PROBLEMS.__getitem__)


def written(path, *rows):
    text = "".join(json.dumps(row) + "\n" if isinstance(row, dict) else row for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return ErrorSource(source=str(path), model="file's")


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_rows_are_matched_and_the_rest_is_counted(tmp_path, name):
    source = written(
        tmp_path / name,
        {"problem_id": "a", "response": "8", "model": "m"},
        {"question": " how many PEARS are 3 + 5", "response": "9"},
        {"problem_id": "unknown", "question": PROBLEMS["a"].question, "response": "9"},
        {"problem_id": "t", "response": "2"},
        {"question": "a test question", "response": "2"},
        {"problem_id": "c", "response": "2"},
        {"problem_id": "a", "response": "8", "model": "m"},
        {"problem_id": "a", "response": "8", "model": "other"},
        {"problem_id": "a", "response": "half \ud83d"},
    )
    read = importing()
    found = [(a.id, a.model, a.text) for a in read.read(source)]
    assert found == [
        ("imported:a#0", "m", "8"),
        ("imported:b#0", "file's", "9"),
        ("imported:a#1", "file's", "9"),
        ("imported:a#2", "other", "8"),
        ("imported:a#3", "file's", "half ?"),
    ]
    (counts,) = read.counts
    assert counts.model_dump(exclude={"source"}) == {
        "rows": 9, "matched": 5, "held_out": 2, "unmatched": 1, "repeated": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"problem_id": "a"}, r"line 3: no text `response`; it has problem_id"),
        ({"response": "x"}, r"line 3: neither `problem_id` nor `question`; it has response"),
        ({"response": 7, "problem_id": "a"}, r"line 3: no text `response`"),
        ("{oops\n", r"line 3: not JSON"),
        ("[1]\n", r"line 3: not a JSON object"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path, row, said):
    source = written(tmp_path / "rows.jsonl", {"problem_id": "a", "response": "1"}, "\n", row)
    with pytest.raises(ProblemsError, match=rf"error_sources: .*rows\.jsonl.*{said}"):
        list(importing().read(source))


def test_files_that_are_not_there_or_empty(tmp_path):
    with pytest.raises(ProblemsError, match="no such file"):
        first_row(ErrorSource(source=str(tmp_path / "none.jsonl")))
    with pytest.raises(ProblemsError, match="is empty"):
        first_row(written(tmp_path / "rows.jsonl", "\n"))
    with pytest.raises(ProblemsError, match="not a known name, nor a path"):
        first_row(ErrorSource(source="gsm8k"))
