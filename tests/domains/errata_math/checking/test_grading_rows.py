"""Files of pairs: the three formats, the lines out, the summary; and what the package may import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from errata_math.checking import Row, Summary, check_batch, grade, read_rows

ROWS = [
    {"id": "a", "prediction": "0.5", "gold": "1/2", "kind": "expr", "equal": True},
    {"id": "b", "prediction": "#### 7", "gold": "8", "kind": "response", "equal": False},
    {"id": "c", "prediction": "3", "gold": "4", "kind": "expr", "equal": None},
    {"id": "d", "prediction": "5", "gold": "5", "kind": "expr", "equal": False},
]


def write(path: Path) -> None:
    if path.suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(row) for row in ROWS) + "\n", encoding="utf-8")
    elif path.suffix == ".csv":
        lines = ["id,prediction,gold,kind,equal"]
        lines += [
            f"{r['id']},{r['prediction']},{r['gold']},{r['kind']},{r['equal'] or ''}" for r in ROWS
        ]
        lines[2] = "b,#### 7,8,response,false"
        lines[4] = "d,5,5,expr,false"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: no Parquet")
        parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow without Parquet")

        parquet.write_table(pa.Table.from_pylist(ROWS), path)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_a_file_is_graded_in_order(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"pairs{suffix}"
    write(path)
    summary = Summary()
    graded = [g for _, g in grade(read_rows(path), summary=summary)]
    assert [(g.id, g.verdict) for g in graded] == [
        ("a", "right"), ("b", "wrong"), ("c", "wrong"), ("d", "right"),
    ]  # fmt: skip
    assert set(json.loads(graded[0].line())) == {"id", "verdict", "extracted", "rule", "ms"}
    counts = json.loads(summary.line())
    assert counts.pop("pairs_per_second") > 0
    assert counts == {
        "pairs": 4, "right": 2, "wrong": 2, "undecided": 0, "agree": 2, "false_right": 1,
        "false_wrong": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": 1, "gold": "3"}', "no prediction; it has gold, id"),
        ('{"prediction": "3", "gold": "3", "kind": "essay"}', "'expr' or 'response'"),
        ('{"prediction": "3", "gold": "3", "equal": "maybe"}', "true, false or empty"),
        ("not json", "line 1: not JSON"),
    ],
)
def test_a_bad_row_names_its_place(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        list(read_rows(path))


def test_rows_are_read_and_graded_one_at_a_time() -> None:
    taken = []

    def rows():  # type: ignore[no-untyped-def]  # a generator of rows
        for number in range(1000):
            taken.append(number)
            yield Row(str(number), "1", "1")

    stream = grade(rows())
    next(stream)
    assert taken == [0]


def test_a_batch_keeps_its_order() -> None:
    pairs = [(str(k), str(k if k % 3 else k + 1)) for k in range(30)]
    outcomes = [v.outcome for v in check_batch(pairs, "expr")]
    assert outcomes == ["right" if k % 3 else "wrong" for k in range(30)]


def test_a_plain_verdict_needs_neither_sympy_nor_mpmath() -> None:
    code = (
        "import sys; from errata_math.checking import check_expr;"
        "assert check_expr('1/2', '0.5').outcome == 'right';"
        "assert check_expr('(x+1)^2', 'x^2+2x+1').outcome == 'right';"
        "print([m for m in ('sympy', 'mpmath', 'numpy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
