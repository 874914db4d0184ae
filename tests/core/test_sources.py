"""Problems from files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.sources import is_path, read, read_problems

ROWS = [{"question": "q0", "answer": "a0"}, {"question": "q1", "answer": "a1", "solution": "s"}]


def _lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_jsonl_plain_and_packed_are_the_same(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(_lines(ROWS))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(_lines(ROWS)))
    assert list(read(f"{tmp_path}/a.jsonl", "train")) == ROWS
    assert list(read(f"{tmp_path}/a.jsonl.gz", "train")) == ROWS


def test_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    parquet.write_table(
        pyarrow.Table.from_pylist([{"solution": None, "n": 1} | row for row in ROWS]),
        tmp_path / "a.parquet",
    )
    found = list(read_problems(f"{tmp_path}/a.parquet", "train"))
    assert [(p.question, p.solution, p.data) for p in found] == [
        ("q0", "", {"n": 1}),
        ("q1", "s", {"n": 1}),
    ]
    (tmp_path / "b.parquet").write_bytes(b"not parquet")
    with pytest.raises(ValueError, match=r"(?i)parquet"):
        list(read(f"{tmp_path}/b.parquet", "train"))


def test_the_split_is_put_into_the_path(tmp_path):
    (tmp_path / "test.jsonl").write_bytes(_lines(ROWS[:1]))
    assert len(list(read(str(tmp_path / "{split}.jsonl"), "test"))) == 1
    with pytest.raises(FileNotFoundError, match=r"no such file: .*train\.jsonl"):
        list(read(str(tmp_path / "{split}.jsonl"), "train"))


def test_what_is_no_source():
    with pytest.raises(LookupError, match=r"not a known name, nor a path ending in \.jsonl"):
        list(read("gsm9k", "train"))
    assert is_path("a.jsonl.gz")
    assert is_path("./folder")
    assert not is_path("hf:a/b")


VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.booleans())


@given(st.lists(st.fixed_dictionaries({}, optional={
    "id": VALUES, "question": VALUES, "answer": VALUES, "solution": VALUES, "level": VALUES,
}), max_size=6))  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_rows_are_problems_or_named(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "r.jsonl"
    path.write_bytes(_lines(rows))

    def blank(row: dict[str, object], name: str) -> bool:
        return row.get(name) is None or not str(row[name]).strip()

    bad = [n for n, row in enumerate(rows, 1) if blank(row, "question") or blank(row, "answer")]
    if bad:
        with pytest.raises(ValueError, match=f"^row {bad[0]} has no "):
            list(read_problems(str(path), "train"))
        return
    problems = read_problems(str(path), "train")
    for number, (row, problem) in enumerate(zip(rows, problems, strict=True), start=1):
        assert (problem.question, problem.answer) == (str(row["question"]), str(row["answer"]))
        given_id = row.get("id")
        assert problem.id == (f"r.jsonl/{number}" if given_id in (None, "") else str(given_id))
        assert problem.data == {k: v for k, v in row.items() if k == "level"}


def test_a_cut_archive(tmp_path):
    path = Path(tmp_path / "a.jsonl.gz")
    path.write_bytes(gzip.compress(_lines(ROWS * 500))[:-20])
    with pytest.raises(ValueError, match=r"a\.jsonl\.gz: the compressed file is damaged"):
        list(read(str(path), "train"))


def test_a_zero_and_a_false_are_answers(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        _lines([{"id": 0, "question": "q", "answer": 0}, {"question": "r", "answer": False}])
    )
    assert [(p.id, p.answer) for p in read_problems(str(path), "t")] == [
        ("0", "0"),
        ("a.jsonl/2", "False"),
    ]
