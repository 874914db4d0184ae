"""The quantities a text names: numerals, and the number words that word problems use.

Not covered: ordinals ("third place" is read as neither 3 nor 1/3), dates, roman numerals, compound
words over ninety-nine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from errata_math.arithmetic.tokens import MAX_DIGITS, MAX_TEXT


@dataclass(frozen=True)
class Quantity:
    """``text[start:end]`` names ``value``; ``word`` when it is spelt; ``percent`` when a sign or
    word for percent follows (the value is then the number before it, not its hundredth)."""

    value: Fraction
    text: str
    start: int
    end: int
    word: bool = False
    percent: bool = False


_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = {
    word: 10 * index
    for index, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2
    )
}
CARDINALS: dict[str, int] = {word: value for value, word in enumerate(_UNITS)} | _TENS
_OTHERS: dict[str, Fraction] = {
    "dozen": Fraction(12),
    "dozens": Fraction(12),
    "pair": Fraction(2),
    "couple": Fraction(2),
    "twice": Fraction(2),
    "double": Fraction(2),
    "doubled": Fraction(2),
    "doubles": Fraction(2),
    "thrice": Fraction(3),
    "triple": Fraction(3),
    "tripled": Fraction(3),
    "triples": Fraction(3),
    "quadruple": Fraction(4),
    "half": Fraction(1, 2),
    "halves": Fraction(1, 2),
    "halved": Fraction(1, 2),
    "third": Fraction(1, 3),
    "thirds": Fraction(1, 3),
    "quarter": Fraction(1, 4),
    "quarters": Fraction(1, 4),
    "fourth": Fraction(1, 4),
    "fourths": Fraction(1, 4),
    "fifth": Fraction(1, 5),
    "fifths": Fraction(1, 5),
    "sixth": Fraction(1, 6),
    "sixths": Fraction(1, 6),
    "seventh": Fraction(1, 7),
    "eighth": Fraction(1, 8),
    "eighths": Fraction(1, 8),
    "tenth": Fraction(1, 10),
    "tenths": Fraction(1, 10),
    "hundred": Fraction(100),
    "thousand": Fraction(1000),
    "million": Fraction(1_000_000),
}

_QUANTITY = re.compile(
    r"(?P<mixed>(?<![\w.,/])\d+ \d+/\d+(?![\w/]))"
    r"|(?P<fraction>(?<![\w.,/])\d+/\d+(?![\w/]|\.\d))"
    r"|(?P<number>(?<![A-Za-z_\d])(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\.)\.\d+))"
    r"|(?P<vulgar>[½¼¾⅓⅔])"
    r"|(?P<word>[A-Za-z]+(?:-[A-Za-z]+)*)"
)
_PERCENT = re.compile(r"\s?(?:%|percent\b|per cent\b)")
_VULGAR = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3)}


def quantities(text: str) -> list[Quantity]:
    """Every quantity of the text in order. "two-thirds" is 2/3, "twenty-five" is 25."""
    text = text[:MAX_TEXT]
    found: list[Quantity] = []
    for match in _QUANTITY.finditer(text):
        group = match.lastgroup or ""
        written = match.group()
        value = _word_value(written.lower()) if group == "word" else _numeral(group, written)
        if value is None:
            continue
        percent = _PERCENT.match(text, match.end()) is not None
        found.append(Quantity(value, written, match.start(), match.end(), group == "word", percent))
    return found


def _numeral(group: str, written: str) -> Fraction | None:
    if len(written) > MAX_DIGITS:
        return None
    if group == "vulgar":
        return Fraction(*_VULGAR[written])
    whole = Fraction(0)
    if group == "mixed":
        front, _, written = written.partition(" ")
        whole = Fraction(front)
    if "/" in written:
        top, _, bottom = written.partition("/")
        return whole + Fraction(int(top), int(bottom)) if int(bottom) else None
    return Fraction(written.replace(",", ""))


def _word_value(word: str) -> Fraction | None:
    if word in CARDINALS:
        return Fraction(CARDINALS[word])
    if word in _OTHERS:
        return _OTHERS[word]
    first, _, second = word.partition("-")
    if not second:
        return None
    if first in _TENS and second in CARDINALS and 0 < CARDINALS[second] < 10:
        return Fraction(CARDINALS[first] + CARDINALS[second])
    if first in CARDINALS and second in _OTHERS:
        return CARDINALS[first] * _OTHERS[second]
    return Fraction(CARDINALS[first]) if first in CARDINALS else _OTHERS.get(first)
