"""What a right solution may come across: the values of the reference, and those of other routes.

The annotated equations of the reference are linked into one tree per result (an operand that an
earlier equation produced is replaced by that equation) and multiplied out. Partial sums of the terms
and partial products of the factors are values that another order of working would meet.
Not covered: routes that use knowledge beyond the reference's own operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from errata.records import Problem
from errata_math.arithmetic.equations import Equation, equations
from errata_math.arithmetic.expressions import (
    Expression,
    Negative,
    Number,
    Operation,
    Percent,
    evaluate,
    leaves,
    walk,
)
from errata_math.arithmetic.quantities import Quantity, quantities
from errata_math.diagnosis.work import number_in

MAX_TERMS = 8
MAX_FACTORS = 6
MAX_LINKS = 60

Factor = tuple[Fraction, int]
Term = tuple[Factor, ...]


@dataclass(frozen=True)
class Reference:
    """``results`` in order, without the question's own numbers; ``reachable`` includes them all."""

    equations: tuple[Equation, ...]
    results: tuple[Fraction, ...]
    answer: Fraction | None
    given: tuple[Fraction, ...]
    given_used: frozenset[Fraction]
    reachable: frozenset[Fraction]
    derived: frozenset[Fraction]

    def reaches(self, value: Fraction) -> bool:
        """Whether a right route may meet the value (rounded to about four digits at worst)."""
        return value in self.reachable or _near(value, self.reachable)

    def derives(self, value: Fraction) -> bool:
        """Whether the value is a result of the reference rather than a number of the question."""
        return value in self.derived or _near(value, self.derived)


def _near(value: Fraction, known: Iterable[Fraction]) -> bool:
    if value.denominator == 1 and abs(value) < 1000:
        return any(
            other.denominator not in (1, 2, 4, 5) and abs(other - value) <= Fraction(1, 2)
            for other in known
        )
    return any(abs(other - value) * 2000 <= abs(other) for other in known)


def read_reference(problem: Problem) -> Reference:
    """The reference of a problem: its solution's equations; without any, its answer alone."""
    return _read(problem.question, problem.solution, problem.answer)


@lru_cache(maxsize=256)
def _read(question: str, solution: str, answer_text: str) -> Reference:
    answer = number_in(answer_text)
    found = tuple(
        equation for equation in equations(solution) if equation.claimed is not None
    )
    asked = quantities(question)
    given = tuple(dict.fromkeys(value for item in asked for value in _forms(item)))
    results = tuple(value for item in found if (value := item.claimed) is not None)
    derived = _derived(found)
    if answer is not None:
        derived.add(answer)
    reachable = derived | set(given) | _complements(asked) | _rescaled(results)
    used = {leaf for item in found for leaf in leaves(item.left)}
    return Reference(
        found,
        results,
        answer,
        given,
        frozenset(value for value in given if value in used),
        frozenset(reachable),
        frozenset(derived),
    )


def _forms(item: Quantity) -> tuple[Fraction, ...]:
    return (item.value, item.value / 100) if item.percent else (item.value,)


def _complements(asked: Sequence[Quantity]) -> set[Fraction]:
    """What is left, or left over, of a share the question names."""
    found: set[Fraction] = set()
    for item in asked:
        if item.percent:
            share = item.value / 100
            found |= {1 - share, 1 + share, 100 - item.value, 100 + item.value, share}
        elif 0 < item.value < 1:
            found |= {1 - item.value, 1 + item.value}
    return found


def _rescaled(results: Sequence[Fraction]) -> set[Fraction]:
    """The results in another unit: cents, minutes."""
    return {
        value * factor for value in results for factor in (60, Fraction(1, 60), 100, Fraction(1, 100))
    }


def _derived(found: Sequence[Equation]) -> set[Fraction]:
    values: set[Fraction] = set()
    for index, item in enumerate(found):
        if (claimed := item.claimed) is not None:
            values.add(claimed)
        for node in walk(item.left):
            if isinstance(node, Operation) and (value := evaluate(node)) is not None:
                values.add(value)
        values |= partial_values(expand(item.left))
        values |= partial_values(expand(linked(item.left, found[:index])))
    return values


def linked(expression: Expression, earlier: Sequence[Equation]) -> Expression:
    """The expression with every operand that an earlier equation produced replaced by its left side."""
    makers: dict[Fraction, tuple[int, Expression]] = {}
    for index, item in enumerate(earlier):
        if item.claimed is not None and not isinstance(item.left, Number):
            makers[item.claimed] = (index, item.left)
    budget = [MAX_LINKS]

    def replace(node: Expression, before: int) -> Expression:
        if isinstance(node, Operation):
            return Operation(node.symbol, replace(node.left, before), replace(node.right, before))
        if isinstance(node, Number) and node.value in makers and budget[0] > 0:
            index, maker = makers[node.value]
            if index < before:
                budget[0] -= 1
                return replace(maker, index)
        return node

    return replace(expression, len(earlier))


def expand(expression: Expression) -> list[Term]:
    """Multiplied out: terms of factors (value, +1 or −1 as exponent). [] when it grows beyond bounds."""
    match expression:
        case Operation(symbol="+" | "-", left=left, right=right):
            first, second = expand(left), expand(right)
            if not first or not second:
                return []
            if expression.symbol == "-":
                second = [((Fraction(-1), 1), *term) for term in second]
            terms = first + second
        case Operation(symbol="*", left=left, right=right):
            terms = [one + two for one in expand(left) for two in expand(right)]
        case Operation(symbol="/", left=left, right=right):
            divisor = expand(right)
            if len(divisor) == 1:
                inverse = tuple((value, -power) for value, power in divisor[0])
                terms = [term + inverse for term in expand(left)]
            else:
                value = evaluate(right)
                terms = [(*term, (value, -1)) for term in expand(left)] if value else []
        case Negative(inner=inner):
            terms = [((Fraction(-1), 1), *term) for term in expand(inner)]
        case Percent() | Number() | Operation():
            value = evaluate(expression)
            terms = [] if value is None else [((value, 1),)]
        case _:
            terms = []
    return terms if len(terms) <= 4 * MAX_TERMS else []


def partial_values(terms: Sequence[Term]) -> set[Fraction]:
    """Values of partial products of each term and partial sums of the terms, within bounds."""
    values: set[Fraction] = set()
    totals: list[Fraction] = []
    for term in terms:
        plain = [factor for factor in term if factor != (Fraction(-1), 1)]
        if len(plain) <= MAX_FACTORS:
            for size in range(2, len(plain) + 1):
                for chosen in combinations(plain, size):
                    product = _product(chosen)
                    if product is not None:
                        values.add(product)
        total = _product(term)
        if total is None:
            return values
        totals.append(total)
    values.update(totals)
    values.update(abs(total) for total in totals)
    if 1 < len(totals) <= MAX_TERMS:
        for size in range(2, len(totals) + 1):
            values.update(sum(chosen, Fraction(0)) for chosen in combinations(totals, size))
    values.update([abs(value) for value in values])
    return values


def _product(factors: Iterable[Factor]) -> Fraction | None:
    result = Fraction(1)
    for value, power in factors:
        if power < 0 and not value:
            return None
        result = result * value if power > 0 else result / value
        if result.numerator.bit_length() > 512:
            return None
    return result
