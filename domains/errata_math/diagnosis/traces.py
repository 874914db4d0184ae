"""Traces: a value together with its shadow, so that equal numbers reached by other means differ.

The shadow of an expression is its value when every number of the question is slightly changed. Two
expressions with equal value and equal shadow are the same formula in the question's numbers, whatever
their order or grouping; equal values with unequal shadows are a coincidence. Numbers that problems use
as constants (1, 2, 10, 12, 60, 100, …) and fractions keep their value.
Not covered: telling two equal numbers of the question apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from errata_math.arithmetic.equations import Equation
from errata_math.arithmetic.expressions import (
    Expression,
    Negative,
    Number,
    Operation,
    Percent,
    apply,
    evaluate,
)

Trace = tuple[Fraction, Fraction]
Factor = tuple[Fraction, int]
Term = tuple[Factor, ...]

CONSTANTS = frozenset(Fraction(value) for value in (0, 1, 2, 7, 10, 12, 24, 52, 60, 100, 365, 1000))
MAX_TERMS = 8
MAX_FACTORS = 6
MAX_LINKS = 60
MAX_CHAIN = 8
_NONE: Mapping[Fraction, Trace] = {}
_PRIME = 997


@lru_cache(maxsize=4096)
def shadow(value: Fraction) -> Fraction:
    """The changed number: itself for constants and fractions, else moved by a fixed small share."""
    if value.denominator != 1 or value < 0 or value in CONSTANTS:
        return value
    return value + Fraction(int(value) * int(value) * 7919 % _PRIME + 1, 1000)


def trace(expression: Expression, made: Mapping[Fraction, Trace] = _NONE) -> Trace | None:
    """Value and shadow; operands found in ``made`` take the trace they were made with."""
    if isinstance(expression, Number):
        return made.get(expression.value, (expression.value, shadow(expression.value)))
    if isinstance(expression, Negative):
        inner = trace(expression.inner, made)
        return None if inner is None else (-inner[0], -inner[1])
    if isinstance(expression, Percent):
        value = evaluate(expression)
        return None if value is None else (value, value)
    if not isinstance(expression, Operation):
        return None
    left, right = trace(expression.left, made), trace(expression.right, made)
    if left is None or right is None:
        return None
    value = apply(expression.symbol, left[0], right[0])
    moved = apply(expression.symbol, left[1], right[1])
    return None if value is None or moved is None else (value, moved)


def linked(expression: Expression, earlier: Sequence[Equation]) -> Expression:
    """Every operand that an earlier equation produced replaced by that equation's left side."""
    makers: dict[Fraction, tuple[int, Expression]] = {}
    for index, item in enumerate(earlier):
        if item.claimed is not None and not isinstance(item.left, Number):
            makers[item.claimed] = (index, item.left)
    budget = [MAX_LINKS]

    def replace(node: Expression, before: int, chain: int) -> Expression:
        if isinstance(node, Operation):
            left, right = replace(node.left, before, chain), replace(node.right, before, chain)
            return Operation(node.symbol, left, right)
        if isinstance(node, Number) and node.value in makers and budget[0] > 0:
            index, maker = makers[node.value]
            if index < before and chain < MAX_CHAIN:
                budget[0] -= 1
                return replace(maker, index, chain + 1)
        return node

    return replace(expression, len(earlier), 0)


def expand(expression: Expression) -> list[Term]:
    """Multiplied out: terms of factors (value, +1 or −1 as exponent). [] when it grows too large."""
    if isinstance(expression, Negative):
        return [((Fraction(-1), 1), *term) for term in expand(expression.inner)]
    if not isinstance(expression, Operation) or expression.symbol == "^":
        value = evaluate(expression)
        return [] if value is None else [((value, 1),)]
    left = expand(expression.left)
    if expression.symbol == "/":
        return _bounded(_divided(left, expression.right))
    right = expand(expression.right)
    if expression.symbol == "*":
        return _bounded([one + two for one in left for two in right])
    if not left or not right:
        return []
    if expression.symbol == "-":
        right = [((Fraction(-1), 1), *term) for term in right]
    return _bounded(left + right)


def _divided(terms: Sequence[Term], by: Expression) -> list[Term]:
    divisor = expand(by)
    if len(divisor) == 1:
        inverse = tuple((value, -power) for value, power in divisor[0])
        return [term + inverse for term in terms]
    value = evaluate(by)
    return [(*term, (value, -1)) for term in terms] if value else []


def _bounded(terms: list[Term]) -> list[Term]:
    return terms if len(terms) <= 4 * MAX_TERMS else []


def partial_traces(terms: Sequence[Term]) -> set[Trace]:
    """Traces of partial products of each term and of partial sums of the terms, either sign."""
    found: set[Trace] = set()
    totals: list[Trace] = []
    for term in terms:
        plain = [factor for factor in term if factor != (Fraction(-1), 1)]
        sizes = range(2, len(plain) + 1) if len(plain) <= MAX_FACTORS else ()
        for size in sizes:
            products = (_product(chosen) for chosen in combinations(plain, size))
            found.update(product for product in products if product)
        total = _product(term)
        if total is None:
            return found
        totals.append(total)
    found.update(totals)
    if len(totals) <= MAX_TERMS:
        for size in range(2, len(totals) + 1):
            found.update(map(_sum, combinations(totals, size)))
    return found | {(-value, -moved) for value, moved in found}


def _sum(traces: Sequence[Trace]) -> Trace:
    return (
        sum((value for value, _ in traces), Fraction(0)),
        sum((moved for _, moved in traces), Fraction(0)),
    )


def _product(factors: Iterable[Factor]) -> Trace | None:
    value = moved = Fraction(1)
    for factor, power in factors:
        other = shadow(factor)
        if power < 0 and (not factor or not other):
            return None
        value = value * factor if power > 0 else value / factor
        moved = moved * other if power > 0 else moved / other
        if value.numerator.bit_length() > 512 or moved.numerator.bit_length() > 4096:
            return None
    return value, moved
