"""`errata grade`: the three formats, the lines for programs, and what a bad row gets."""

from __future__ import annotations

import json

import pytest

from errata.domain import Domain
from errata.grading import Pair, grade
from errata.hooks import hookimpl
from errata.plugins import Active
from errata.records import Message, TargetPrompt, Verdict
from scripted.commanding import commanded

ROWS = [
    {"id": "a", "prediction": "0.5", "gold": "1/2", "kind": "expr", "equal": True},
    {"id": "b", "prediction": "so #### 7", "gold": "8", "kind": "response", "equal": False},
    {"id": "c", "prediction": "3", "gold": "4", "kind": "expr", "equal": None},
    {"id": "d", "prediction": "5", "gold": "5", "kind": "expr", "equal": False},
    {"id": "e", "prediction": "6", "gold": "5", "kind": "expr", "equal": True},
]


def _command(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    return commanded(monkeypatch, capsys, "grade", *arguments)


def _write(path) -> None:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif path.suffix == ".csv":
        cells = [["" if value is None else str(value) for value in row.values()] for row in ROWS]
        path.write_text("\n".join(",".join(line) for line in [list(ROWS[0]), *cells]) + "\n")
    else:
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_rows_are_graded_in_order_and_counted(tmp_path, monkeypatch, capsys, suffix):
    path = tmp_path / f"pairs{suffix}"
    _write(path)
    code, out, _ = _command(monkeypatch, capsys, str(path), "--json")
    *rows, counts = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(row["id"], row["verdict"]) for row in rows] == [
        ("a", "right"),
        ("b", "wrong"),
        ("c", "wrong"),
        ("d", "right"),
        ("e", "wrong"),
    ]
    assert set(rows[0]) == {"id", "verdict", "extracted", "rule", "ms"}
    assert rows[1]["extracted"] == "7"
    assert counts.pop("pairs_per_second") > 0
    assert counts == {
        "pairs": 5,
        "right": 2,
        "wrong": 3,
        "undecided": 0,
        "agree": 2,
        "false_right": 1,
        "false_wrong": 1,
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "x", "prediction": "1"}', "gold"),
        ('{"id": "x", "gold": "1"}', "prediction"),
        ('{"id": "x", "prediction": "1", "gold": "1", "kind": "essay"}', "kind"),
        ('{"id": "x", "prediction": "1", "gold": "1", "equal": "perhaps"}', "equal"),
        ("not json", "not JSON"),
        ("[1, 2]", "not a JSON object"),
    ],
)
def test_a_bad_row_is_named(tmp_path, monkeypatch, capsys, line, told):
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n" + line + "\n")
    code, out, err = _command(monkeypatch, capsys, str(path), "--json")
    assert code == 2
    assert json.loads(out.splitlines()[0])["id"] == "a", "rows before the bad one are graded"
    assert told in err
    assert str(path) in err
    assert "2" in err


def test_a_missing_file_and_a_missing_domain_are_named(tmp_path, monkeypatch, capsys):
    code, _, err = _command(monkeypatch, capsys, str(tmp_path / "none.jsonl"))
    assert (code, "none.jsonl" in err) == (2, True)
    path = tmp_path / "pairs.jsonl"
    _write(path)
    code, _, err = _command(monkeypatch, capsys, str(path), "--domain", "maths")
    assert (code, "did you mean 'math'" in err) == (2, True)


def test_without_errata_equal_a_bare_answer_is_checked_as_a_response():
    class Plain:
        @hookimpl
        def errata_target_prompt(self, problem):
            return TargetPrompt(messages=(Message(role="user", content=problem.question),))

        @hookimpl
        def errata_check(self, problems, responses):
            return [
                Verdict(problem_id=p.id, outcome="right" if p.answer == r else "undecided")
                for p, r in zip(problems, responses, strict=True)
            ]

    domain = Domain("plain", Active({"plain": Plain()}))
    pairs = [
        Pair(id="a", prediction="x", gold="x", equal=True),
        Pair(id="b", prediction="y", gold="x", equal=False),
    ]
    right, unsure, tally = grade(pairs, domain)
    assert (right.verdict, unsure.verdict) == ("right", "undecided")
    assert (tally.agree, tally.false_wrong, tally.undecided) == (1, 0, 1)


def test_rows_are_read_and_graded_one_at_a_time():
    taken = []

    class Plain:
        @hookimpl
        def errata_equal(self, gold, answer):
            return Verdict(problem_id="", outcome="right" if gold == answer else "wrong")

    def pairs():
        for number in range(1000):
            taken.append(number)
            yield Pair(id=str(number), prediction="1", gold="1")

    stream = grade(pairs(), Domain("plain", Active({"plain": Plain()})))
    assert next(stream).verdict == "right"
    assert taken == [0]
