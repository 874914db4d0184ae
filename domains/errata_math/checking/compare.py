"""Whether two answers are equal: the ladder. Only its first rungs for now."""

from __future__ import annotations

import re

from errata_math.checking.numerals import Numeral, numeral
from errata_math.checking.options import CheckOptions
from errata_math.checking.verdict import Comparison, right, undecided, wrong

_UNIT = re.compile(
    r"(?<=[0-9}])\s*(?:\\(?:text|mbox|mathrm)\s*\{[^{}]*\}|[A-Za-z]{2,}[A-Za-z .]*)(?:\^\{?[0-9]\}?)?\Z"
)
_WRAP = re.compile(r"\\(?:left|right|displaystyle)(?![A-Za-z])|\$(?!\d)")


def compare(gold: str, prediction: str, options: CheckOptions) -> Comparison:
    """The verdict on two bare answers."""
    a, b = _plain(gold), _plain(prediction)
    if a == b:
        return right("text") if a else wrong("empty")
    if not b:
        return wrong("empty")
    one, two = numeral(a), numeral(b)
    if one is not None and two is not None:
        return _numbers(one, two, options)
    return undecided("none", "not yet compared")


def _plain(text: str) -> str:
    text = _WRAP.sub("", text.strip()).strip().rstrip(".").strip()
    if numeral(text) is None:
        shorter = _UNIT.sub("", text)
        if numeral(shorter) is not None:
            return shorter
    return text


def _numbers(one: Numeral, two: Numeral, options: CheckOptions) -> Comparison:
    if one.value == two.value:
        return right("number")
    return wrong("number")
