"""Programming problems: drills, the shipped slice of MBPP, and rows of files and hubs.

A problem's answer is its tests, its solution the reference program in a code block. Rows are recognised
by the columns of HumanEval, HumanEval+, HumanEvalPack and MBPP as published, or by ``question``,
``solution``, ``tests`` and ``entry_point``. Not covered: rows without tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from errata.drafts import Draft, draft_id
from errata.records import Objection, Problem
from errata.seeds import stream
from errata.sources import is_path, read, text
from errata_code import drills
from errata_code.responses import program

Row = dict[str, JsonValue]
_DATA = Path(__file__).parent / "data"
_SPLITS = ("train", "test")


def problems(source: str, split: str, seed: int) -> Iterator[Problem]:
    """Problems of ``drills`` (without end), the shipped ``mbpp`` in an order of ``seed``, or rows.

    Raises LookupError (no such source or split), ValueError (a row that is no such problem), and what
    ``errata.sources.read`` raises.
    """
    if source == drills.SOURCE:
        return drills.generate(split, seed)
    if source == "mbpp" and split in _SPLITS:
        found = list(_read(str(_DATA / f"mbpp.{split}.jsonl"), split))
        stream(seed, source, split).shuffle(found)
        return iter(found)
    if source.startswith("hf:") or is_path(source):
        return _read(source, split)
    raise LookupError(
        f"no such source of programming problems; there are {drills.SOURCE} (any split), mbpp"
        f" ({' or '.join(_SPLITS)}), a path to JSONL or Parquet, and hf:NAME"
    )


def problem_of(row: Row, number: int, source: str) -> Problem:
    """The problem of a row, which is the ``number``-th. Raises ValueError naming what is missing."""
    task = text(row, "prompt", "text", "question")
    code = text(row, "canonical_solution", "code", "solution")
    entry, listed = text(row, "entry_point"), _list(row, "test_list")
    tests = text(row, "tests", "test") or "\n".join([*listed, *_list(row, "challenge_test_list")])
    if not task.strip() or not tests.strip():
        raise ValueError(
            f"row {number} has no {'tests' if task.strip() else 'task'} (wanted: prompt, text or"
            f" question; test, tests or test_list); it has {', '.join(sorted(row)) or 'nothing'}"
        )
    begun = bool(entry) and re.search(rf"^def {re.escape(entry)}\b", task, re.MULTILINE) is not None
    if begun:
        code = task + code if code else ""
        if f"check({entry})" not in tests:
            tests += f"\ncheck({entry})\n"
    entry = entry or _called(code, tests)
    setup = "\n".join([*_list(row, "test_imports"), text(row, "test_setup_code")]).strip()
    data: dict[str, JsonValue] = {"entry_point": entry}
    data |= {"prompt": task} if begun else {"example": (listed or _asserts(tests) or [""])[0]}
    wrong = text(row, "buggy_solution", "wrong_solution")
    identity = text(row, "task_id", "id") or f"{Path(source).name}/{number}"
    return Problem(
        id=f"mbpp/{identity}" if identity.isdigit() else identity,
        question=task,
        answer=f"{setup}\n{tests}" if setup else tests,
        solution=fenced(code) if code else "",
        source=source,
        kind=text(row, "kind", "subset"),
        data=data | ({"wrong_solution": task + wrong} if wrong else {}),
    )


def tested(draft: Draft) -> Problem | Objection:
    """A draft whose answer is tests of the function that its solution defines, as a problem."""
    bare = Problem(id="draft", question="?", answer="?")
    tests = (program(bare, f"```\n{draft.answer.strip()}\n```") or "").strip()
    code = program(bare, draft.solution) or ""
    entry = _called(code, tests)
    if not draft.question.strip() or not entry or not _asserts(tests):
        lacking = "no question" if not draft.question.strip() else "no test that calls its function"
        return Objection(reason="unreadable", detail=f"the draft has {lacking}")
    return Problem(
        id=draft_id(draft),
        question=draft.question.strip(),
        answer=tests,
        solution=fenced(code),
        data={"entry_point": entry, "example": _asserts(tests)[0]},
    )


def fenced(code: str) -> str:
    """A program as the target is to write it."""
    return f"```python\n{code.replace(chr(13), '').strip()}\n```"


def _read(source: str, split: str) -> Iterator[Problem]:
    return (problem_of(row, n, source) for n, row in enumerate(read(source, split), start=1))


def _called(code: str, tests: str) -> str:
    """The first function or class of ``code`` that the tests name."""
    names = re.findall(r"^(?:async )?(?:def|class)[ \t]+(\w+)", code, re.MULTILINE)
    return next((name for name in names if re.search(rf"\b{name}\b", tests)), "")


def _asserts(tests: str) -> list[str]:
    return [line for line in tests.splitlines() if line.startswith("assert ")]


def _list(row: Row, name: str) -> list[str]:
    value = row.get(name) or []
    return [str(item).strip() for item in value] if isinstance(value, list) else []
