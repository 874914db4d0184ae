"""Sizes, names of files, and the two things a reader should hardly ever meet."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from house.checkout import named, python_files, tree

FILES = python_files()
MAY_CATCH_ALL = {"core/errata/errors.py", "core/errata/plugins.py"}
_NOQA = re.compile(r"#\s*noqa\b(?P<codes>:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?(?P<reason>.*)")
_IGNORE = re.compile(r"#\s*type:\s*ignore(?P<codes>\[[^]]+\])?(?P<reason>.*)")


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_files_are_small() -> None:
    sizes = sorted((_lines(path), named(path)) for path in FILES)
    assert [size for size in sizes if size[0] > 400] == []
    at_95 = sizes[(95 * len(sizes) - 1) // 100]
    assert at_95[0] < 300, f"95th percentile {at_95}; the largest: {sizes[-8:]}"


def test_functions_are_short() -> None:
    long = [
        f"{named(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 >= 60
    ]
    assert not long


def test_no_file_is_named_after_nothing() -> None:
    banned = {"utils.py", "util.py", "helpers.py", "common.py", "manager.py", "misc.py"}
    assert [named(path) for path in FILES if path.name in banned] == []


def _caught(handler: ast.ExceptHandler) -> list[str]:
    if handler.type is None:
        return ["everything"]
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [ast.unparse(kind) for kind in kinds]


def test_nobody_catches_everything() -> None:
    found = {
        f"{named(path)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and {"everything", "Exception", "BaseException"} & set(_caught(node))
        and named(path) not in MAY_CATCH_ALL
    }
    assert not found


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def unreasoned(comment: str) -> str:
    """What is wrong with a lint or type exception, or nothing."""
    for kind, pattern in (("noqa", _NOQA), ("type: ignore", _IGNORE)):
        found = pattern.search(comment)
        if found and not found["codes"]:
            return f"{kind} without a code"
        if found and not re.search(r"[A-Za-z]{3}", found["reason"]):
            return f"{kind} without a reason"
    return ""


def test_the_rule_on_reasons_sees_what_it_should() -> None:
    assert unreasoned("# noqa: BLE001 a broken plugin is listed") == ""
    assert unreasoned("# type: ignore[misc]  # the stubs are wrong") == ""
    assert unreasoned("# noqa") == "noqa without a code"
    assert unreasoned("# noqa: E501") == "noqa without a reason"
    assert unreasoned("# type: ignore[misc]") == "type: ignore without a reason"


def test_exceptions_from_the_rules_carry_their_reason() -> None:
    found = [
        f"{named(path)}:{line}: {what}"
        for path in FILES
        for line, comment in _comments(path)
        if (what := unreasoned(comment))
    ]
    assert not found
