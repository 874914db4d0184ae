"""Grading a file of pairs with a domain's checker: rows in, verdicts out, in constant memory.

Rows have the columns ``id``, ``prediction``, ``gold``, ``kind`` ("expr", a bare answer, or
"response", a whole solution) and, where it is known, ``equal``.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from errata.domain import Domain
from errata.errors import UserError
from errata.records import Outcome, Problem, Record
from errata.sources import Row, read


class Pair(Record):
    """One pair to grade; ``equal`` is the label, None where there is none."""

    id: str
    prediction: str
    gold: str = Field(min_length=1)
    kind: Literal["expr", "response"] = "expr"
    equal: bool | None = None


class Graded(Record):
    """The verdict on one pair; ``ms`` is the wall time it took, in milliseconds."""

    id: str
    verdict: Outcome
    extracted: str | None
    rule: str
    ms: float
    reason: str = ""


class Tally(Record):
    """Counts over graded pairs. ``agree``, ``false_right`` and ``false_wrong`` count labelled pairs
    only; an undecided one agrees with nothing and is neither false."""

    pairs: int
    right: int
    wrong: int
    undecided: int
    agree: int
    false_right: int
    false_wrong: int
    pairs_per_second: float


def read_pairs(path: Path) -> Iterator[Pair]:
    """Pairs of a JSONL (also gzipped), CSV or Parquet file. Raises UserError naming the row."""
    if not path.exists():
        raise UserError(f"no such file: {path}")
    rows = _csv(path) if path.suffix == ".csv" else read(str(path), "")
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            known = {name: row[name] for name in Pair.model_fields if row.get(name) is not None}
            for name in ("id", "prediction", "gold"):
                known[name] = str(known[name]) if name in known else known.get(name)
            if known["id"] is None:
                known["id"] = str(number)
            yield Pair.model_validate({k: v for k, v in known.items() if v is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"{path}, row {number}: {place}: {first['msg']}; a row has id, prediction, gold,"
            " kind (expr or response) and perhaps equal (true, false or null)"
        ) from error
    except (ValueError, LookupError) as error:
        raise UserError(f"{path}: {error}") from error


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            # An empty cell is a missing value, but an empty prediction is an answer: nothing.
            yield {k: v for k, v in row.items() if v != "" or k == "prediction"}


def grade(pairs: Iterable[Pair], domain: Domain) -> Iterator[Graded | Tally]:
    """A verdict for each pair in order, as soon as it is known, and a tally at the end."""
    counts = {"right": 0, "wrong": 0, "undecided": 0}
    total = agree = false_right = false_wrong = 0
    seconds = 0.0
    for total, pair in enumerate(pairs, start=1):  # noqa: B007 the tally below needs it
        begun = time.perf_counter()
        if pair.kind == "response":
            problem = Problem(id=pair.id, question="(grading)", answer=pair.gold)
            verdict = domain.check([problem], [pair.prediction])[0]
        else:
            verdict = domain.equal(pair.id, pair.gold, pair.prediction)
        spent = time.perf_counter() - begun
        seconds += spent
        counts[verdict.outcome] += 1
        if pair.equal is not None and verdict.outcome != "undecided":
            said = verdict.outcome == "right"
            agree += said == pair.equal
            false_right += said and not pair.equal
            false_wrong += pair.equal and not said
        yield Graded(
            id=pair.id,
            verdict=verdict.outcome,
            extracted=verdict.extracted,
            rule=verdict.rule,
            ms=round(spent * 1000, 3),
            reason=verdict.reason,
        )
    yield Tally(
        pairs=total,
        agree=agree,
        false_right=false_right,
        false_wrong=false_wrong,
        pairs_per_second=round(total / seconds, 1) if seconds else 0.0,
        **counts,
    )
