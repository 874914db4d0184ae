"""Equations with one unknown: their root, and the step at which it changes.

Each linear equation in a single name has one root. Rearranging keeps it, so the first equation whose
root differs from the one before was rearranged wrongly. Where the question itself names the unknown
("unknown variable x"), its value is the answer, and every equation is held to it.
Not covered: two unknowns at once, powers of the unknown, names that are given a second meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from errata_math.arithmetic.equations import Equation
from errata_math.arithmetic.expressions import (
    Expression,
    Name,
    Negative,
    Number,
    Operation,
    Percent,
    names_in,
    symbols,
)
from errata_math.diagnosis.findings import Finding

Linear = tuple[Fraction, Fraction]
_ASKED = re.compile(r"unknown variable ([A-Za-z])\b")


def unknown_slip(
    equations: Sequence[tuple[int, Equation]], question: str, answer: Fraction | None
) -> Finding | None:
    """The first equation in an unknown (with its step) that does not have the root it should."""
    asked = _ASKED.search(question)
    roots: dict[str, tuple[int, Fraction]] = {}
    for step, equation in equations:
        names = names_in(equation.left) | names_in(equation.right)
        if len(names) != 1:
            continue
        name = next(iter(names))
        found = root(equation, name)
        if found is None:
            continue
        wanted = answer if asked and asked.group(1) == name else None
        if wanted is None and name in roots and step - roots[name][0] <= 2:
            wanted = roots[name][1]
        elif wanted is None and not _states(equation):
            roots[name] = (step, found)
            continue
        if wanted is not None and not _close(found, wanted):
            solved = "solving an equation" if name in roots else "setting up an equation"
            return Finding(
                f"slip in {solved}", step, "equation", "unknown", "", wanted, found, equation.text
            )
        roots[name] = (step, found)
    return None


def _states(equation: Equation) -> bool:
    """ "x = 5": nothing to rearrange."""
    return not symbols(equation.left) and not symbols(equation.right)


def _close(found: Fraction, wanted: Fraction) -> bool:
    return abs(found - wanted) * 100 <= abs(wanted)


def root(equation: Equation, name: str) -> Fraction | None:
    """The value of ``name`` that makes both sides equal; None when there is not exactly one."""
    left, right = _linear(equation.left, name), _linear(equation.right, name)
    if left is None or right is None or left[0] == right[0]:
        return None
    return (right[1] - left[1]) / (left[0] - right[0])


def _linear(expression: Expression, name: str) -> Linear | None:
    """(a, b) of a × name + b; None for anything else."""
    zero = Fraction(0)
    if isinstance(expression, Number):
        return zero, expression.value
    if isinstance(expression, Name):
        return (Fraction(1), zero) if expression.name == name else None
    if isinstance(expression, Negative | Percent):
        inner = _linear(expression.inner, name)
        factor = Fraction(-1) if isinstance(expression, Negative) else Fraction(1, 100)
        return None if inner is None else (inner[0] * factor, inner[1] * factor)
    return _combined(expression, name) if isinstance(expression, Operation) else None


def _combined(expression: Operation, name: str) -> Linear | None:
    left, right = _linear(expression.left, name), _linear(expression.right, name)
    if left is None or right is None:
        return None
    if max(part.numerator.bit_length() for part in (*left, *right)) > 512:
        return None
    if expression.symbol in "+-":
        sign = 1 if expression.symbol == "+" else -1
        return left[0] + sign * right[0], left[1] + sign * right[1]
    if expression.symbol == "*" and not (left[0] and right[0]):
        return left[0] * right[1] + left[1] * right[0], left[1] * right[1]
    if expression.symbol == "/" and not right[0] and right[1]:
        return left[0] / right[1], left[1] / right[1]
    return None
