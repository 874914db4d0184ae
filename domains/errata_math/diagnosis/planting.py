"""The mechanics of planting: a reference as lines of work, and a solution written on from a wrong one.

Not covered: the faults themselves (``planted.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from errata.records import Problem
from errata_math.arithmetic.equations import ANNOTATION
from errata_math.arithmetic.expressions import Expression, Operation, apply, evaluate, leaves
from errata_math.arithmetic.grammar import parse_expression
from errata_math.arithmetic.quantities import quantities
from errata_math.diagnosis.findings import shown
from errata_math.diagnosis.reference import read_reference
from errata_math.diagnosis.traces import CONSTANTS


@dataclass(frozen=True)
class Line:
    """One line of work: an expression and what it comes to."""

    left: Expression
    value: Fraction


def read_lines(problem: Problem, traced: bool = False) -> list[Line] | None:
    """The annotated equations as lines of work, or None where planting would be unclear.

    That is when an equation cannot be read exactly, when two numbers of the problem are equal, or when
    the last line is not the answer. With ``traced``, every number has to come from the question, from
    an earlier line, or from the constants.
    """
    lines = [_line(match.group(1)) for match in ANNOTATION.finditer(problem.solution)]
    read = [line for line in lines if line is not None]
    results = [line.value for line in read]
    given = {quantity.value for quantity in quantities(problem.question)}
    if not read or len(read) < len(lines) or len({*results}) < len(results):
        return None
    if given.intersection(results) or shown(results[-1]) != problem.answer.replace(",", ""):
        return None
    known = given | {value / 100 for value in given} | set(CONSTANTS)
    for line in read if traced else ():
        if not known.issuperset(leaves(line.left)):
            return None
        known.add(line.value)
    return read


def _line(annotation: str) -> Line | None:
    left, equals, right = annotation.rpartition("=")
    try:
        expression, result = parse_expression(left), parse_expression(right)
    except ValueError:
        return None
    value = evaluate(expression)
    if not equals or value is None or value != evaluate(result):
        return None
    return Line(expression, value) if isinstance(expression, Operation) else None


def written(
    lines: Sequence[Line], at: int, left: Expression, value: Fraction, stop: int | None = None
) -> str | None:
    """The solution with line ``at`` replaced and everything after it worked on with its result.

    None when a later result would no longer be whole, or would be a number that another mistake leads
    to. ``stop`` leaves out the lines from there on.
    """
    became: dict[Fraction, Fraction] = {}
    text: list[str] = []
    last = Fraction(0)
    before = {line.value for line in lines}
    unsigned = abs(value) == abs(lines[at].value) if at < len(lines) else True
    for index, line in enumerate(lines[:stop]):
        body = rendered(left if index == at else line.left, became)
        result = value if index == at else worked_on(line.left, became)
        if result is None or (result.denominator != 1 and line.value.denominator == 1):
            return None
        if index >= at and not unsigned and result in before:
            return None
        if index >= at:
            became[line.value] = result
        text.append(f"{body} = <<{body.replace(' ', '')}={shown(result)}>>{shown(result)}")
        last = result
    return "\n".join([*text, f"#### {shown(last)}"])


def worked_on(expression: Expression, became: Mapping[Fraction, Fraction]) -> Fraction | None:
    """The value of an expression whose numbers may have become others."""
    if not isinstance(expression, Operation):
        value = evaluate(expression)
        return None if value is None else became.get(value, value)
    left, right = worked_on(expression.left, became), worked_on(expression.right, became)
    if left is None or right is None:
        return None
    return apply(expression.symbol, left, right)


def rendered(
    expression: Expression, became: Mapping[Fraction, Fraction], inner: bool = False
) -> str:
    """The expression as text, with the numbers that it has become."""
    if not isinstance(expression, Operation):
        value = evaluate(expression) or Fraction(0)
        return shown(became.get(value, value))
    left = rendered(expression.left, became, inner=expression.symbol in "*/^")
    right = rendered(expression.right, became, inner=expression.symbol in "-*/^")
    body = f"{left} {expression.symbol} {right}"
    return f"({body})" if inner else body


def pairs(lines: Sequence[Line], symbol: str) -> Iterator[tuple[int, int, int]]:
    """Lines "a symbol b" with whole, non-negative a and b."""
    for index, line in enumerate(lines):
        values = leaves(line.left)
        if not isinstance(line.left, Operation) or line.left.symbol != symbol or len(values) != 2:
            continue
        if all(value.denominator == 1 and value >= 0 for value in values):
            yield index, int(values[0]), int(values[1])


def met_otherwise(problem: Problem) -> set[Fraction]:
    """Values that a right route may meet too, or that differ by a unit: no place for a fault."""
    reference = read_reference(problem)
    values = {value for value, _ in reference.wide} | reference.given | reference.operands
    scales = (100, 60, Fraction(1, 100), Fraction(1, 60))
    return values | {value * scale for value in values for scale in scales}
