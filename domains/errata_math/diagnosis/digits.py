"""Written arithmetic by digits: where sums carry, where differences borrow, which place is off.

Not covered: deciding which slip it was (``slips.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

PLACES = ("units", "tens", "hundreds", "thousands", "higher")


def common_scale(values: Sequence[Fraction]) -> int | None:
    """The power of ten that makes all values integers, at most a million."""
    for exponent in range(7):
        if all((value * 10**exponent).denominator == 1 for value in values):
            return int(10**exponent)
    return None


def digits(value: int) -> list[int]:
    """The digits, units first."""
    return [int(digit) for digit in reversed(str(abs(value)))]


def place(gap: int) -> str:
    """The place of the digit that a gap of d × 10^k sits in."""
    exponent = len(str(gap)) - 1
    return PLACES[min(exponent, 4)]


def single_digit_gap(gap: int) -> bool:
    """Whether one digit alone is off."""
    return len(str(gap).rstrip("0")) == 1


def carries(values: Sequence[int]) -> list[int]:
    """The carry into each place (10^k at index k; index 0 gets none) of a sum of whole numbers."""
    columns = [digits(value) for value in values]
    result = [0]
    for place in range(max(len(column) for column in columns)):
        total = sum(column[place] for column in columns if place < len(column)) + result[-1]
        result.append(total // 10)
    return result


def sum_without_carries(values: Sequence[int]) -> int:
    """Every column's last digit, all carries forgotten; the leading column is written in full."""
    columns = [digits(value) for value in values]
    width = max(len(column) for column in columns)
    total = 0
    for place in range(width):
        column = sum(part[place] for part in columns if place < len(part))
        total += (column if place == width - 1 else column % 10) * 10**place
    return total


def borrows(first: int, second: int) -> list[int]:
    """Places (powers of ten) from which first − second borrows; first ≥ second ≥ 0."""
    top, bottom = digits(first), digits(second)
    bottom += [0] * (len(top) - len(bottom))
    owed, places = 0, []
    for place, (upper, lower) in enumerate(zip(top, bottom, strict=False)):
        owed = int(upper - owed < lower)
        if owed:
            places.append(place + 1)
    return places


def smaller_from_larger(first: int, second: int) -> int:
    """Digit by digit the smaller from the larger: every borrow skipped."""
    top, bottom = digits(first), digits(second)
    bottom += [0] * (len(top) - len(bottom))
    top += [0] * (len(bottom) - len(top))
    return sum(
        abs(upper - lower) * 10**place
        for place, (upper, lower) in enumerate(zip(top, bottom, strict=True))
    )
