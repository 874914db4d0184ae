"""Whether an equation holds, with the tolerance that worked solutions ask for.

Rounded and truncated results hold ("10 / 3 = 3.33", "33.33 * 3 = 100"), percentages hold in either
reading ("10 / 50 = 20%", "10 / 50 * 100 = 20%", "100% - 20% = 80"). A quotient cut to an integer holds
only when its decimals do not end or the sign says "about".
Not covered: significant figures, interval arithmetic.
"""

from __future__ import annotations

import re
from fractions import Fraction

from errata_math.arithmetic.equations import Equation, decimal_places, is_percent
from errata_math.arithmetic.expressions import (
    Expression,
    Number,
    Operation,
    Percent,
    evaluate,
    literals,
)

_REPEATING = re.compile(r"\.\d{0,2}([1-8])\1+\d?\Z")


def holds(equation: Equation) -> bool | None:
    """True, False, or None when a side has no value (an unknown, a division by zero)."""
    expected, claimed = equation.expected, equation.claimed
    if expected is None or claimed is None:
        return None
    return any(
        value == claimed or rounds_to(value, equation.right, equation.left, equation.approximate)
        for value in _readings(equation, expected)
    )


def _readings(equation: Equation, expected: Fraction) -> list[Fraction]:
    """The left side's value, and its other reading where percentages are involved."""
    left_percent, right_percent = is_percent(equation.left), is_percent(equation.right)
    if right_percent and not left_percent:
        return [expected, expected / 100]
    if left_percent and not right_percent and _in_percent(equation.left):
        return [expected, expected * 100]
    return [expected]


def _in_percent(expression: Expression) -> bool:
    """Whether the value is meant in percent: sums of percentages, and "times 100%"."""
    if isinstance(expression, Percent):
        return True
    if not isinstance(expression, Operation):
        return False
    if expression.symbol in "+-":
        return _in_percent(expression.left) and _in_percent(expression.right)
    return any(
        isinstance(side, Percent) and evaluate(side) == 1
        for side in (expression.left, expression.right)
    )


def rounds_to(expected: Fraction, right: Expression, left: Expression, about: bool = False) -> bool:
    """Whether ``right`` is ``expected`` rounded or cut to the places it shows."""
    shown = right.inner if isinstance(right, Percent) else right
    if not isinstance(shown, Number):
        return False
    scale = 100 if isinstance(right, Percent) else 1
    places = decimal_places(right)
    gap = abs(expected * scale - shown.value)
    unit = Fraction(1, 10**places)
    if about and gap <= max(unit, abs(expected) / 50):
        return True
    if any(_REPEATING.search(number.text) for number in literals(left)):
        return gap <= max(abs(expected) / 200, unit / 2)
    if (expected * scale / unit).denominator == 1 or gap >= unit:
        return False
    return places > 0 or (gap <= unit / 2 and not _terminates(expected))


def _terminates(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1
