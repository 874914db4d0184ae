"""Problems of mathematics: drills, shipped slices, and rows of files and hubs.

Rows are recognised by their usual column names (GSM8K, MATH, SVAMP and their likes). Not covered:
putting answers into one form (the checker compares them as they are), and rows without an answer.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import count
from pathlib import PurePosixPath

from pydantic import JsonValue

from errata.records import Problem
from errata.seeds import stream
from errata.sources import is_path, read
from errata_math import drills
from errata_math.checking.boxes import boxes
from errata_math.choices import letter_of, options_of, with_options
from errata_math.sets import SETS, place_of

Row = dict[str, JsonValue]
_SLICES = {"gsm8k-two-steps": ("train", "test"), "svamp": ("test",)}
_QUESTION = ("question", "Question", "problem", "Problem", "query")
_ANSWER = ("answer", "Answer", "final_answer", "expected_answer")
_SOLUTION = ("solution", "Solution")
_IDENTITY = ("id", "ID", "unique_id", "uuid")
_KIND = ("kind", "type", "Type", "subject", "level", "Level")
_BOX = "\\boxed"


def problems(source: str, split: str, seed: int) -> Iterator[Problem]:
    """Problems of ``drills`` (without end), of a shipped slice in a random order of ``seed``, or of
    the rows of a named set, a path or ``hf:NAME`` in their own order.

    Raises LookupError (no such source or split: lists them), ValueError (a row without a question or
    an answer), and what ``errata.sources.read`` raises.
    """
    if source == "drills":
        return drills.generate(split, seed)
    if source in _SLICES:
        if split not in _SLICES[source]:
            raise LookupError(f"no such split; the shipped slices are {_all_slices()}")
        return _shipped(source, split, seed)
    if source in SETS:
        return _read(place_of(source).source, split)
    if source.startswith("hf:") or is_path(source):
        return _read(source, split)
    raise LookupError(
        "no such source of mathematics problems; there are drills (any split), "
        f"{_all_slices()}, the sets {', '.join(sorted(SETS))}, a path to JSONL or Parquet, and hf:NAME"
    )


def problem_of(row: Row, number: int, source: str, split: str) -> Problem:
    """The problem that a row holds; ``number`` counts rows from 1 and makes the id if it has none.

    Raises ValueError naming the row, the fields it has and those wanted.
    """
    question, (answer, solution) = _question(row), _answer(row)
    options = options_of(row)
    if options:
        question, answer = with_options(question, options), letter_of(row, options)
    wanted = [
        f"no {what} (wanted one of: {names})"
        for what, found, names in (
            ("question", question, f"{', '.join(_QUESTION)}, Body with Question"),
            ("answer", answer, f"{', '.join(_ANSWER)}, a solution ending in #### or \\boxed{{}}"),
        )
        if not found
    ]
    if wanted:
        fields = ", ".join(sorted(row)) or "no fields"
        raise ValueError(f"row {number} has {' and '.join(wanted)}; it has {fields}")
    stem = PurePosixPath(source.removeprefix("hf:")).name
    boxed = _BOX in solution or row.get("format") == "boxed"
    data: Row = {"format": "boxed"} if boxed else {}
    return Problem(
        id=_text(row, _IDENTITY) or f"{stem}/{split}/{number}",
        question=question,
        answer=answer,
        solution=solution,
        source=source,
        kind=_text(row, _KIND),
        data=data | ({"options": dict(options)} if options else {}),
    )


def last_boxed(text: str) -> str:
    """What stands in the last ``\\boxed{}`` of ``text``; empty if there is none."""
    found = boxes(text)
    return found[-1].content if found else ""


def _all_slices() -> str:
    return ", ".join(f"{name} ({' or '.join(_SLICES[name])})" for name in sorted(_SLICES))


def _shipped(name: str, split: str, seed: int) -> Iterator[Problem]:
    with (files("errata_math") / "data" / f"{name}.{split}.jsonl.gz").open("rb") as packed:
        lines = gzip.decompress(packed.read()).splitlines()
    stream(seed, name, split).shuffle(lines)
    for line in lines:
        row = json.loads(line)
        steps = row["solution"].count("<<")
        kind = row.get("type") or ("one-step" if steps == 1 else "two-step")
        yield problem_of(row | {"kind": kind}, 0, name, split)


def _read(source: str, split: str) -> Iterator[Problem]:
    for number, row in zip(count(1), read(source, split), strict=False):
        yield problem_of(row, number, source, split)


def _question(row: Row) -> str:
    body, asked = _text(row, ("Body", "body")), _text(row, _QUESTION)
    return f"{body} {asked}" if body and asked and body not in asked else asked


def _answer(row: Row) -> tuple[str, str]:
    """The answer and the solution; either may be empty."""
    answer, solution = _text(row, _ANSWER), _text(row, _SOLUTION)
    if "####" in answer:
        # GSM8K as published: the answer column holds the whole solution.
        return answer.rpartition("####")[2].strip(), answer
    if not answer and "####" in solution:
        return solution.rpartition("####")[2].strip(), solution
    return answer or last_boxed(solution), solution


def _text(row: Row, names: Sequence[str]) -> str:
    """The first of the named fields that holds text or a number, as text."""
    for name in names:
        value = row.get(name)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            text = str(value).strip()
            if text:
                return text
    return ""
