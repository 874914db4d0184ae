"""Grading a file of pairs: rows in, verdicts out, in order and in constant memory.

JSON Lines, CSV and Parquet with the columns ``id``, ``prediction``, ``gold``, ``kind`` (``expr`` or
``response``) and, where known, ``equal``. Not covered: the command line.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from errata_math.checking.check import check_expr, check_response
from errata_math.checking.options import CheckOptions
from errata_math.checking.verdict import Outcome

_COLUMNS = ("prediction", "gold")
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


@dataclass(frozen=True)
class Row:
    """One pair to grade; ``equal`` is the label, None where there is none."""

    id: str
    prediction: str
    gold: str
    kind: Literal["expr", "response"] = "expr"
    equal: bool | None = None


@dataclass(frozen=True)
class Graded:
    """The verdict on one row; ``ms`` is the wall time it took, in milliseconds."""

    id: str
    verdict: Outcome
    extracted: str | None
    rule: str
    ms: float
    reason: str = ""

    def line(self) -> str:
        """The row as one line of JSON: id, verdict, extracted, rule, ms, and the reason if any."""
        record = asdict(self)
        if not self.reason:
            del record["reason"]
        return json.dumps(record, ensure_ascii=False)


@dataclass
class Summary:
    """Counts over the rows graded so far. ``agree``, ``false_right`` and ``false_wrong`` count
    labelled rows only; an undecided row agrees with nothing and is neither false."""

    pairs: int = 0
    right: int = 0
    wrong: int = 0
    undecided: int = 0
    agree: int = 0
    false_right: int = 0
    false_wrong: int = 0
    seconds: float = 0.0

    def add(self, row: Row, graded: Graded) -> None:
        """Count one graded row."""
        self.pairs += 1
        self.seconds += graded.ms / 1000
        setattr(self, graded.verdict, getattr(self, graded.verdict) + 1)
        if row.equal is None or graded.verdict == "undecided":
            return
        said = graded.verdict == "right"
        self.agree += said == row.equal
        self.false_right += said and not row.equal
        self.false_wrong += row.equal and not said

    def line(self) -> str:
        """The summary as one line of JSON."""
        record = asdict(self)
        seconds = record.pop("seconds")
        record["pairs_per_second"] = round(self.pairs / seconds, 1) if seconds else 0.0
        return json.dumps(record)


def grade(
    rows: Iterable[Row], options: CheckOptions | None = None, summary: Summary | None = None
) -> Iterator[tuple[Row, Graded]]:
    """Each row with its verdict, in order, as soon as it is known; ``summary`` is kept up to
    date."""
    options = options or CheckOptions()
    for row in rows:
        started = time.perf_counter()
        check = check_response if row.kind == "response" else check_expr
        checked = check(row.gold, row.prediction, options)
        ms = round((time.perf_counter() - started) * 1000, 3)
        graded = Graded(
            row.id, checked.outcome, checked.extracted, checked.rule, ms, checked.reason
        )
        if summary is not None:
            summary.add(row, graded)
        yield row, graded


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a .jsonl, .csv or .parquet file, one at a time.

    Raises ValueError naming the line for a row without prediction or gold, or with a value that
    cannot be understood; FileNotFoundError where there is no file.
    """
    readers = {".csv": _csv, ".parquet": _parquet}
    for number, record in enumerate(readers.get(path.suffix.lower(), _jsonl)(path), start=1):
        yield _row(record, f"{path} row {number}", number)


def _row(record: Mapping[str, Any], where: str, number: int) -> Row:
    missing = [name for name in _COLUMNS if record.get(name) is None]
    if missing:
        have = ", ".join(sorted(record)) or "nothing"
        raise ValueError(f"{where}: no {' and no '.join(missing)}; it has {have}")
    kind = str(record.get("kind") or "expr")
    if kind not in ("expr", "response"):
        raise ValueError(f"{where}: kind is {kind!r}; it must be 'expr' or 'response'")
    return Row(
        id=str(record.get("id") or number),
        prediction=str(record["prediction"]),
        gold=str(record["gold"]),
        kind="response" if kind == "response" else "expr",
        equal=_label(record.get("equal"), where),
    )


def _label(value: object, where: str) -> bool | None:
    if value is None or value == "":
        return None
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in ("null", "none"):
        return None
    raise ValueError(f"{where}: equal is {value!r}; it must be true, false or empty")


def _jsonl(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except json.JSONDecodeError as problem:
                raise ValueError(f"{path} line {number}: not JSON: {problem.msg}") from None
            if not isinstance(record, dict):
                raise ValueError(f"{path} line {number}: not a JSON object")
            yield record


def _csv(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        import pyarrow.parquet
    except ImportError:
        raise ValueError(f"{path}: reading Parquet needs pyarrow: pip install pyarrow") from None
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches():
        yield from batch.to_pylist()
