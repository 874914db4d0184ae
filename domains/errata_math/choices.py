"""Rows of multiple choice: letters and the texts of their options, in the forms that sets come in.

Read are AGIEval's (``options`` as "(A)2", ``label``; repacked for lm-evaluation-harness ``query``,
``choices`` and ``gold``) and TAL-SCQ5K's (``answer_option_list``, ``answer_value``). Not covered:
several right options, and options that are pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import JsonValue

Row = dict[str, JsonValue]
_MARK = re.compile(r"\s*[(\[]?([A-J])[)\].:、]\s*")
_LETTERS = "ABCDEFGHIJ"
# The frame that the repacked rows put round a question: "Q: …", "Answer Choices: …", "A: Among …".
_FRAME = re.compile(r"\AQ:\s*(.*?)\s*Answer Choices:.*\Z", re.DOTALL)


def options_of(row: Row) -> dict[str, str]:
    """The texts of a row's options by letter; empty where it has none."""
    for name in ("options", "choices", "answer_option_list"):
        found = row.get(name)
        if isinstance(found, list) and len(found) > 1:
            return dict(
                _option(value, letter) for value, letter in zip(found, _LETTERS, strict=False)
            )
    return {}


def letter_of(row: Row, options: dict[str, str]) -> str:
    """The letter of the right option, empty where the row names none of ``options``."""
    for name in ("answer", "label", "answer_value", "gold"):
        found = row.get(name)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < len(options):
            return _LETTERS[found]
        if isinstance(found, str) and found.strip(" ()") in options:
            return found.strip(" ()")
    return ""


def with_options(question: str, options: dict[str, str]) -> str:
    """The question with its options below it, unless it lists them itself."""
    bare = _FRAME.sub(r"\1", question)
    listed = all(re.search(rf"[(\[]?{letter}[)\].:、]", bare) for letter in options)
    if listed and all(text in bare for text in options.values()):
        return bare
    return "\n".join([bare, *(f"({letter}) {text}" for letter, text in options.items())])


def _option(value: JsonValue, letter: str) -> tuple[str, str]:
    """The letter and the text of an option: "(A)2", ["A", "2"], [{"aoVal": "A", "content": "2"}]."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        return str(value.get("aoVal", letter)), str(value.get("content", "")).strip()
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        return str(value[0]), str(value[1]).strip()
    text = str(value)
    mark = _MARK.match(text)
    return (mark[1], text[mark.end() :].strip()) if mark else (letter, text.strip())
