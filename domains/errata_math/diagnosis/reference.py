"""What a right solution may come across: the results of the reference, and those of other routes.

The annotated equations of the reference are linked into one tree per result and multiplied out;
partial sums of the terms and partial products of the factors are what another order would meet.
Not covered: routes that use knowledge beyond the reference's own operations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from errata.records import Problem
from errata_math.arithmetic.equations import Equation, equations
from errata_math.arithmetic.expressions import (
    Expression,
    Number,
    Operation,
    Percent,
    leaves,
    walk,
)
from errata_math.arithmetic.quantities import Quantity, quantities
from errata_math.diagnosis.traces import CONSTANTS, Trace, expand, linked, partial_traces, trace
from errata_math.diagnosis.work import number_in

_MORE_CONSTANTS = frozenset(Fraction(value) for value in (3, 4, 16, 30, 3600))
_SCALES = (
    ((Fraction(60), Fraction(1, 60)), re.compile(r"minute|second|hour", re.IGNORECASE)),
    ((Fraction(100), Fraction(1, 100)), re.compile(r"%|percent|cent|meter|¢|\$\s?\d*\.\d")),
)


@dataclass(frozen=True)
class Reference:
    """``results`` and ``equations`` in order. ``strict`` are the traces of the reference's own
    steps and their parts; ``wide`` those of its formula multiplied out. ``given`` are the numbers of
    the question, ``shares`` what its shares leave over, ``scales`` the factors between its units."""

    equations: tuple[Equation, ...]
    results: tuple[Fraction, ...]
    answer: Fraction | None
    given: frozenset[Fraction]
    used: frozenset[Fraction]
    shares: frozenset[Fraction]
    strict: frozenset[Trace]
    wide: frozenset[Trace]
    values: frozenset[Fraction]
    loose: frozenset[Fraction]
    operands: frozenset[Fraction]
    steps: frozenset[tuple[Fraction, ...]]
    scales: tuple[Fraction, ...]
    made: Mapping[Fraction, Trace]
    question: str

    def known(self, value: Fraction) -> bool:
        """Whether a step may use the number without having made it."""
        return (
            value in self.given
            or value in CONSTANTS
            or value in _MORE_CONSTANTS
            or value in self.shares
            or value in self.operands
        )


def near(value: Fraction, known: Iterable[Fraction]) -> bool:
    """Whether ``value`` is one of ``known`` but for rounding (to a whole number, or 1 in 2,000)."""
    if value.denominator == 1 and abs(value) < 1000:
        return any(
            other.denominator not in (1, 2, 4, 5) and abs(other - value) <= Fraction(1, 2)
            for other in known
        )
    return any(abs(other - value) * 2000 <= abs(other) for other in known)


def fractional(expression: Expression) -> bool:
    """Whether a percentage or a fraction is written in it, whose shadow depends on how."""
    return any(
        isinstance(node, Percent) or (isinstance(node, Number) and node.value.denominator != 1)
        for node in walk(expression)
    )


def signature(equation: Equation) -> tuple[Fraction, ...]:
    """The result and, sorted, the quantities it is made of."""
    return (equation.claimed or Fraction(0), *sorted(leaves(equation.left)))


def read_reference(problem: Problem) -> Reference:
    """The reference of a problem: its solution's equations; without any, its answer alone."""
    return _read(problem.question, problem.solution, problem.answer)


@lru_cache(maxsize=256)
def _read(question: str, solution: str, answer_text: str) -> Reference:
    found = tuple(item for item in equations(solution) if item.claimed is not None)
    asked = quantities(question)
    given = frozenset(value for item in asked for value in _forms(item))
    strict: set[Trace] = set()
    wide: set[Trace] = set()
    loose: set[Fraction] = set()
    for index, item in enumerate(found):
        whole = linked(item.left, found[:index])
        parts = [trace(node) for node in walk(whole) if isinstance(node, Operation)]
        strict.update(part for part in parts if part is not None)
        full = trace(whole)
        if full is not None and item.claimed is not None:
            strict.add((item.claimed, full[1]))
        strict |= _direct(item, found[:index])
        wide |= partial_traces(expand(whole))
        if fractional(whole) and item.claimed is not None:
            loose.add(item.claimed)
    used = {leaf for item in found for leaf in leaves(item.left)}
    return Reference(
        equations=found,
        results=tuple(value for item in found if (value := item.claimed) is not None),
        answer=number_in(answer_text),
        given=given,
        used=frozenset(value for value in given if value in used),
        shares=_shares(asked),
        strict=frozenset(strict),
        wide=frozenset(wide | strict),
        values=frozenset(value for value, _ in strict),
        loose=frozenset(loose),
        operands=frozenset(used),
        scales=tuple(
            scale for factor, words in _SCALES if words.search(question) for scale in factor
        ),
        made={
            value: found_trace
            for value, found_trace in made_by(found[:-1]).items()
            if value not in given
        },
        steps=frozenset(signature(item) for item in found),
        question=question,
    )


def _direct(item: Equation, earlier: Sequence[Equation]) -> set[Trace]:
    """Partial sums and products of one equation's own operands, each with its full trace."""
    made = made_by(earlier)
    if not isinstance(item.left, Operation):
        return set()
    parts = list(_operands(item.left, item.left.symbol))
    traces = [found for part in parts if (found := trace(part, made)) is not None]
    if not 2 < len(traces) == len(parts) <= 6 or item.left.symbol not in "+*":
        return set()
    results: set[Trace] = set()
    for first in range(len(traces)):
        for second in range(first + 1, len(traces)):
            one, two = traces[first], traces[second]
            if item.left.symbol == "+":
                results.add((one[0] + two[0], one[1] + two[1]))
            else:
                results.add((one[0] * two[0], one[1] * two[1]))
    return results


def _operands(expression: Expression, symbol: str) -> list[Expression]:
    if isinstance(expression, Operation) and expression.symbol == symbol:
        return [*_operands(expression.left, symbol), *_operands(expression.right, symbol)]
    return [expression]


def made_by(earlier: Sequence[Equation]) -> dict[Fraction, Trace]:
    """The traces of results by value, latest last."""
    made: dict[Fraction, Trace] = {}
    for item in earlier:
        full = trace(item.left, made)
        if full is not None and item.claimed is not None:
            made[item.claimed] = (item.claimed, full[1])
    return made


def _forms(item: Quantity) -> tuple[Fraction, ...]:
    return (item.value, item.value / 100) if item.percent else (item.value,)


def _shares(asked: Sequence[Quantity]) -> frozenset[Fraction]:
    """What is left, or comes to, when a share that the question names is taken off or added."""
    found: set[Fraction] = set()
    for item in asked:
        if item.percent:
            share = item.value / 100
            found |= {1 - share, 1 + share, 100 - item.value, 100 + item.value, share}
        elif 0 < item.value < 1:
            found |= {1 - item.value, 1 + item.value}
    return frozenset(found)
