"""Draws new numbers for the free leaves of a graph and recomputes everything that follows.

The story stays sensible: whole stays whole, the sign of every intermediate stays, shares stay shares,
divisions come out as they did, sizes stay within half to twice, the order of the question's numbers
stays.
Not covered: knowledge of the world beyond the bounds in ``leaves.py``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor
from random import Random

from errata_math.arithmetic.expressions import (
    Expression,
    Negative,
    Number,
    Operation,
    Percent,
    apply,
)
from errata_math.redraw.graph import Graph, Origin

TRIES = 300

Current = Callable[[Fraction], Fraction | None]


def draw(
    graph: Graph, random: Random
) -> tuple[dict[int, Fraction], dict[Fraction, Fraction]] | None:
    """New leaf values by index, and what each traced value becomes; None after 300 misses."""
    for _ in range(TRIES):
        drawn = {index: _draw_leaf(graph, index, random) for index in graph.free}
        if all(drawn[index] == graph.leaves[index].value for index in graph.free):
            continue
        if not _same_order(graph, drawn):
            continue
        values = recompute(graph, drawn)
        if values is not None and _distinct(graph, values):
            return drawn, values
    return None


def _draw_leaf(graph: Graph, index: int, random: Random) -> Fraction:
    leaf = graph.leaves[index]
    first, last = ceil(leaf.low / leaf.grain), floor(leaf.high / leaf.grain)
    if last < first:
        return leaf.value
    return random.randint(first, last) * leaf.grain


def _same_order(graph: Graph, drawn: Mapping[int, Fraction]) -> bool:
    pairs = sorted((graph.leaves[index].value, value) for index, value in drawn.items())
    return all(one[1] < two[1] for one, two in itertools.pairwise(pairs))


def _distinct(graph: Graph, values: Mapping[Fraction, Fraction]) -> bool:
    """No two origins may meet in one value, or the new problem could not be redrawn again."""
    return len(set(values.values())) == len(graph.origins)


def recompute(graph: Graph, drawn: Mapping[int, Fraction]) -> dict[Fraction, Fraction] | None:
    """What every traced value becomes; None when the story would lose its sense."""
    results: list[Fraction] = []
    becomes: dict[Fraction, Fraction] = {}

    def current(value: Fraction) -> Fraction | None:
        origin = graph.origins.get(value)
        return value if origin is None else _value(origin, value, drawn, results, graph)

    for item in graph.annotations:
        new = _evaluate(item.expression, current)
        if new is None or not _alike(item.value, new[1]):
            return None
        results.append(new[1])
    for value, origin in graph.origins.items():
        now = _value(origin, value, drawn, results, graph)
        if now is None:
            return None
        becomes[value] = now
    return becomes


def _value(
    origin: Origin,
    value: Fraction,
    drawn: Mapping[int, Fraction],
    results: list[Fraction],
    graph: Graph,
) -> Fraction | None:
    if origin.kind == "constant":
        return value
    if origin.kind == "leaf":
        return drawn.get(origin.index, graph.leaves[origin.index].value) * origin.scale
    return results[origin.index] if origin.index < len(results) else None


def _evaluate(node: Expression, current: Current) -> tuple[Fraction, Fraction] | None:
    """(old, new) value of a node; None when a part loses its sense."""
    if isinstance(node, Number):
        now = current(node.value)
        return None if now is None else (node.value, now)
    if isinstance(node, Negative | Percent):
        inner = _evaluate(node.inner, current)
        factor = Fraction(-1) if isinstance(node, Negative) else Fraction(1, 100)
        return None if inner is None else (inner[0] * factor, inner[1] * factor)
    return _operated(node, current) if isinstance(node, Operation) else None


def _operated(node: Operation, current: Current) -> tuple[Fraction, Fraction] | None:
    left, right = _evaluate(node.left, current), _evaluate(node.right, current)
    if left is None or right is None:
        return None
    old, new = apply(node.symbol, left[0], right[0]), apply(node.symbol, left[1], right[1])
    return (old, new) if old is not None and new is not None and _alike(old, new) else None


def _alike(old: Fraction, new: Fraction) -> bool:
    """Whole stays whole, positive positive, below one below one; decimals get no longer."""
    if (old > 0) != (new > 0) or (old == 0) != (new == 0):
        return False
    if old.denominator == 1:
        if new.denominator != 1 or (abs(new) == 1 and abs(old) != 1):
            return False
    elif _places(new) > max(_places(old), 2 if _places(old) < 7 else 7):
        return False
    return (abs(old) < 1) == (abs(new) < 1)


def _places(value: Fraction) -> int:
    """Decimal places, 7 when they do not end within six."""
    for places in range(7):
        if (value * 10**places).denominator == 1:
            return places
    return 7
