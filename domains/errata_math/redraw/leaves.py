"""The numbers of a question: which may be redrawn, which stay, and which forbid redrawing.

Not covered: whether the story makes sense with other numbers beyond these rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from errata_math.arithmetic.quantities import CARDINALS, Quantity, quantities


class NoVariant(ValueError):
    """Why a problem cannot be redrawn; the message is one of the fixed, countable reasons."""


@dataclass(frozen=True)
class Leaf:
    """A number of the question. ``low`` and ``high`` bound new values, in its own unit; ``grain`` is
    the step that new values are multiples of. A fixed leaf keeps its number."""

    value: Fraction
    start: int
    end: int
    text: str
    word: bool
    percent: bool
    fixed: bool
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)
    grain: Fraction = Fraction(1)


_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_CLOCK = re.compile(r"(?::\d|\s?(?:[ap]\.?m\b|o'?clock|noon))", re.IGNORECASE)
_GLUED = re.compile(r"[A-Za-z]")
_BODY = re.compile(
    r"[-\s](?:\w+\s)?(?:legs?|wheels?|tires?|sides?|sided|eyes?|ears?|corners?|arms?|hands?|fingers?|toes?|wings?|"
    r"leaf|seasons?|semesters?|dimensional|digits?|d)\b"
)
_CALENDAR = {
    7: re.compile(r"[-\s]days?\b"),
    12: re.compile(r"[-\s](?:months?|inch(?:es)?)\b"),
    24: re.compile(r"[-\s]hours?\b"),
    60: re.compile(r"[-\s](?:minutes?|seconds?)\b"),
    52: re.compile(r"[-\s](?:weeks?|cards?)\b"),
    365: re.compile(r"[-\s]days?\b"),
    100: re.compile(r"[-\s](?:cents?|centimeters?|pennies)\b"),
    16: re.compile(r"[-\s](?:ounces?|oz)\b"),
}
# (unit, largest new value when the original is not larger)
_BOUNDS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"[-\s](?:\w+\s)?hours?\b"), 24),
    (re.compile(r"[-\s]days?\s(?:a|per|each|every|of the|in a|in the)\s*week"), 7),
    (re.compile(r"[-\s]days?\b"), 30),
    (re.compile(r"[-\s](?:minutes?|seconds?)\b"), 60),
    (re.compile(r"[-\s]months?\b"), 12),
    (re.compile(r"[-\s]weeks?\b"), 52),
    (re.compile(r"[-\s]years?[-\s]olds?\b|\s?years? of age"), 99),
)
_AGES = re.compile(r"\byears? old\b|\bages?\b|\baged\b|\bolder\b|\byounger\b", re.IGNORECASE)


def read_leaves(question: str) -> tuple[Leaf, ...]:
    """The numbers of a question in order. Raises NoVariant with one of its fixed reasons."""
    aged = _AGES.search(question) is not None
    return tuple(_leaf(question, item, aged) for item in quantities(question))


def _leaf(question: str, item: Quantity, aged: bool) -> Leaf:
    after, before = question[item.end : item.end + 40], question[: item.start]
    fixed = _stays(item, after)
    if not item.word:
        if _ORDINAL.match(after):
            raise NoVariant("ordinal")
        if _CLOCK.match(after) or before.endswith(":"):
            raise NoVariant("clock-time")
        if _GLUED.match(after) or before[-1:] in ("-", "/", "#", "."):
            raise NoVariant("glued-number")
        whole = item.value.denominator == 1 and "," not in item.text
        if whole and 1500 <= item.value <= 2100 and "$" not in before[-2:]:
            raise NoVariant("year")
    leaf = Leaf(item.value, item.start, item.end, item.text, item.word, item.percent, fixed)
    return leaf if fixed else _bounded(leaf, after, aged)


def _stays(item: Quantity, after: str) -> bool:
    if item.word:
        lower = item.text.lower()
        return lower not in CARDINALS or not 2 <= item.value <= 20 or after.startswith("-")
    if item.value in (0, 1) or (item.percent and item.value == 100):
        return True
    if "/" in item.text or item.value.denominator not in (1, 2, 4, 5, 10, 20, 25, 50, 100):
        return True
    calendar = _CALENDAR.get(int(item.value)) if item.value.denominator == 1 else None
    return bool((calendar and calendar.match(after)) or _BODY.match(after))


def _bounded(leaf: Leaf, after: str, aged: bool) -> Leaf:
    places = len(leaf.text) - leaf.text.index(".") - 1 if "." in leaf.text else 0
    unit = Fraction(1, 10**places)
    grain = unit
    for multiple in (1000, 500, 100, 50, 25, 20, 10, 5):
        if (leaf.value / (unit * multiple)).denominator == 1 and leaf.value >= 4 * unit * multiple:
            grain = unit * multiple
            break
    low, high = leaf.value / 2, leaf.value * 2
    if unit == 1:
        low = max(low, Fraction(2))
        high = max(high, Fraction(4))
    if leaf.percent:
        if leaf.value < 100:
            high = min(high, Fraction(95))
        else:
            low = max(low, Fraction(105))
    if leaf.word:
        high = min(high, Fraction(20))
    for pattern, most in _BOUNDS:
        if leaf.value <= most and pattern.match(after):
            high = min(high, Fraction(most))
    if aged and leaf.value <= 99:
        high = min(high, Fraction(99))
    return Leaf(
        leaf.value,
        leaf.start,
        leaf.end,
        leaf.text,
        leaf.word,
        leaf.percent,
        False,
        low,
        high,
        grain,
    )
