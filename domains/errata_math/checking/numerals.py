"""The first rung: integers, fractions, decimals, separators, currency and percent, all exact.

Three of four MATH golds and every GSM8K gold end here, so this module avoids parsing: one anchored
regular expression per form, each linear in the length of the text. What does not match one of them
wholly is left to the parser (None); nothing here ever guesses. Not covered: radicals, letters,
units (see ``answer``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

# Beyond this many digits int() is slow (and CPython refuses above 4300): compared as text instead.
MAX_DIGITS = 4000

_INT = re.compile(r"[+-]?[0-9]+\Z")
_GROUPED = r"[1-9][0-9]{0,2}(?:(?:,|\{,\}|,\\!|\\,|,\\ )[0-9]{3})+"
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<cur>\\\$|\$|€|£|¥|)(?P<sign2>-?)"
    rf"(?P<int>{_GROUPED}|[0-9]*)(?:\.(?P<frac>[0-9]*))?"
    r"(?P<pct> ?\\?%| percent\Z|)\.?\Z"
)
_FRACTION = re.compile(
    r"(?P<sign>[+-]?)(?:\\[dtc]?frac ?(?:\{ ?(?P<a>[+-]?[0-9]+) ?\}|(?P<a1>[0-9]) ?)"
    r"(?:\{ ?(?P<b>[+-]?[0-9]+) ?\}|(?P<b1>[0-9]))"
    r"|(?P<c>[0-9]+) ?/ ?(?P<d>[0-9]+))\Z"
)
_DROP = str.maketrans("", "", ",{}\\! ")


@dataclass(frozen=True, slots=True)
class Numeral:
    """An exact number as written: ``places`` digits after the point (None without a point), whether
    a percent or currency sign stood by it, and whether it was written as a fraction."""

    value: Fraction | int
    places: int | None = None
    percent: bool = False
    currency: bool = False
    fraction: bool = False


def numeral(text: str) -> Numeral | None:
    """The number ``text`` (already stripped) denotes, or None when it is not wholly one."""
    if len(text) > MAX_DIGITS or not text:
        return None
    if _INT.match(text):
        return Numeral(int(text))
    if (found := _FRACTION.match(text)) is not None:
        return _fraction(found)
    if (found := _NUMBER.match(text)) is not None:
        return _number(found)
    return None


def _fraction(found: re.Match[str]) -> Numeral | None:
    top = found["a"] or found["a1"] or found["c"]
    bottom = int(found["b"] or found["b1"] or found["d"])
    if bottom == 0:
        return None
    value = Fraction(int(top), bottom)
    return Numeral(-value if found["sign"] == "-" else value, fraction=True)


def _number(found: re.Match[str]) -> Numeral | None:
    whole, places = found["int"], found["frac"]
    if not whole and not places:
        return None
    negative = (found["sign"] == "-") != (found["sign2"] == "-")
    digits = whole.translate(_DROP)
    value: Fraction | int
    value = Fraction(int(digits + places), 10 ** len(places)) if places else int(digits)
    return Numeral(
        -value if negative else value,
        places=None if places is None else len(places),
        percent=bool(found["pct"]),
        currency=bool(found["cur"]),
    )
