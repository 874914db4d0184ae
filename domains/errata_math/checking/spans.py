r"""Formulas in running text: ``$…$``, ``$$…$$``, ``\(…\)``, ``\[…\]``, found in one linear pass.

A dollar sign that finds no partner in its line is money. Not covered: environments without
delimiters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_SPAN = 4_000
_DELIMITER = re.compile(r"\\\\|\\\$|\$\$|\$|\\\(|\\\)|\\\[|\\\]|\n")
_CLOSING = {"$$": "$$", "$": "$", "\\(": "\\)", "\\[": "\\]"}


@dataclass(frozen=True, slots=True)
class Span:
    """One formula: where it starts and ends, delimiters included, what they are and hold."""

    start: int
    end: int
    delimiter: str
    inner: str


def math_spans(text: str) -> list[Span]:
    """The formulas of ``text``, in order."""
    if "$" not in text and "\\(" not in text and "\\[" not in text:
        return []
    out: list[Span] = []
    opened, at = "", 0
    for found in _DELIMITER.finditer(text):
        mark = found.group()
        if opened and mark == _CLOSING[opened]:
            inner = text[at + len(opened) : found.start()].strip()
            if inner and len(inner) <= MAX_SPAN:
                out.append(Span(at, found.end(), opened, inner))
            opened = ""
        elif mark == "\n":
            opened = "" if opened == "$" else opened
        elif mark in _CLOSING and opened in ("", "$", "\\(", "\\["):
            opened, at = mark, found.start()  # an opening that was never closed is given up
    return out


def without_spans(text: str) -> str:
    """``text`` with a blank for each formula."""
    out: list[str] = []
    at = 0
    for span in math_spans(text):
        out.append(text[at : span.start])
        at = span.end
    return " ".join([*out, text[at:]])
