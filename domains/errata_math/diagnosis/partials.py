"""Longer calculations worked in parts: which part of which operation a step is.

"80 * 5 = 400, 7 * 5 = 35, 400 + 35 = 435" works 87 × 5 in two partial products; quotients are worked
in parts alike, and differences by taking away tens and units in turn.
Not covered: parts nested in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from errata_math.arithmetic.equations import Equation
from errata_math.arithmetic.expressions import kind_of, leaves
from errata_math.diagnosis.reference import Reference

RANKS = ("first", "second", "third", "further")


@dataclass(frozen=True)
class Part:
    """The step works part number ``rank`` (from 0) of an ``operation``; ``total``: adds the parts."""

    operation: str
    rank: int
    total: bool = False


def part_of(equation: Equation, reference: Reference) -> Part | None:
    """Which part of a longer calculation of the reference an attempt's equation works, if any."""
    wanted = sorted(leaves(equation.left))
    for index, item in enumerate(reference.equations):
        if sorted(leaves(item.left)) == wanted and kind_of(item.left) == kind_of(equation.left):
            return _part_at(index, reference)
    return None


def _part_at(index: int, reference: Reference) -> Part | None:
    items = reference.equations
    for total, item in enumerate(items):
        parts = _parts(items, total, reference.given)
        if not parts or kind_of(item.left) != "sum":
            continue
        operation = kind_of(items[parts[0]].left)
        if index == total:
            return Part(operation, 0, total=True)
        if index in parts:
            return Part(operation, parts.index(index))
    return None


def _parts(items: Sequence[Equation], total: int, given: frozenset[Fraction]) -> list[int] | None:
    """The equations whose results ``items[total]`` adds up, when they split one number of the
    question by one common factor or divisor; else None."""
    addends = leaves(items[total].left)
    found: list[int] = []
    for value in addends:
        at = [
            index for index in range(total) if items[index].claimed == value and index not in found
        ]
        if not at:
            return None
        found.append(at[0])
    kinds = {kind_of(items[index].left) for index in found}
    pairs = [leaves(items[index].left) for index in found]
    if len(found) < 2 or kinds not in ({"product"}, {"quotient"}):
        return None
    if any(len(pair) != 2 for pair in pairs):
        return None
    for side in (1, 0):
        common = {pair[side] for pair in pairs}
        whole = sum((pair[1 - side] for pair in pairs), Fraction(0))
        if len(common) == 1 and whole in given and common <= given:
            return found
    return None
