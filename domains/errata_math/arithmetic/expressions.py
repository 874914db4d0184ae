"""Exact arithmetic expressions: trees of rational numbers, and what can be asked of them.

Not covered: reading them out of text (``grammar.py``, ``equations.py``), functions, roots, units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Symbol = Literal["+", "-", "*", "/", "^"]

MAX_EXPONENT = 64
MAX_BITS = 2048
_NO_NAMES: Mapping[str, Fraction] = {}


@dataclass(frozen=True)
class Number:
    """A literal as it was written; ``text`` keeps commas and decimal places."""

    value: Fraction
    text: str


@dataclass(frozen=True)
class Name:
    """An unknown or a named value."""

    name: str


@dataclass(frozen=True)
class Negative:
    """Minus ``inner``."""

    inner: Expression


@dataclass(frozen=True)
class Percent:
    """``inner`` hundredths."""

    inner: Expression


@dataclass(frozen=True)
class Operation:
    """``left symbol right``."""

    symbol: Symbol
    left: Expression
    right: Expression


Expression = Number | Name | Negative | Percent | Operation


def evaluate(expression: Expression, names: Mapping[str, Fraction] = _NO_NAMES) -> Fraction | None:
    """Exact value; None with an unknown name, a zero divisor, or a number over 2,048 bits."""
    match expression:
        case Number(value=value):
            return value
        case Name(name=name):
            return names.get(name)
        case Negative(inner=inner):
            value_ = evaluate(inner, names)
            return None if value_ is None else -value_
        case Percent(inner=inner):
            value_ = evaluate(inner, names)
            return None if value_ is None else value_ / 100
        case Operation(symbol=symbol, left=left, right=right):
            first, second = evaluate(left, names), evaluate(right, names)
            if first is None or second is None:
                return None
            return apply(symbol, first, second)


def apply(symbol: Symbol, first: Fraction, second: Fraction) -> Fraction | None:
    """One operation on two exact numbers; None where it has no bounded rational value."""
    if symbol == "+":
        result = first + second
    elif symbol == "-":
        result = first - second
    elif symbol == "*":
        result = first * second
    elif symbol == "/":
        if not second:
            return None
        result = first / second
    else:
        if second.denominator != 1 or abs(second) > MAX_EXPONENT or (not first and second < 0):
            return None
        if _bits(first) * abs(int(second)) > MAX_BITS:
            return None
        result = Fraction(first ** int(second))
    return result if _bits(result) <= MAX_BITS else None


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything inside it, outermost first, left before right."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Operation):
            stack += [node.right, node.left]
        elif isinstance(node, Negative | Percent):
            stack.append(node.inner)


def literals(expression: Expression) -> tuple[Number, ...]:
    """The number literals, left to right."""
    return tuple(node for node in walk(expression) if isinstance(node, Number))


def names_in(expression: Expression) -> frozenset[str]:
    """The names that occur."""
    return frozenset(node.name for node in walk(expression) if isinstance(node, Name))


def symbols(expression: Expression) -> frozenset[str]:
    """The operation symbols that occur. A fraction or percentage of literals counts too."""
    return frozenset(node.symbol for node in walk(expression) if isinstance(node, Operation))


def leaves(expression: Expression) -> tuple[Fraction, ...]:
    """Values of the smallest parts a reader would name as quantities, left to right.

    A percentage and a negative literal are one quantity each.
    """
    found: list[Fraction] = []
    stack = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Operation):
            stack += [node.right, node.left]
        else:
            value = evaluate(node)
            if value is not None:
                found.append(value)
    return tuple(found)


def kind_of(expression: Expression) -> str:
    """The operation in the words of the keyphrases: sum, difference, product, quotient, …"""
    found = symbols(expression)
    if not found:
        return "number"
    kinds = (
        ("sum", {"+"}),
        ("difference", {"+", "-"}),
        ("product", {"*"}),
        ("quotient", {"/"}),
        ("product", {"*", "/"}),
        ("power", {"^"}),
    )
    return next((name for name, allowed in kinds if found <= allowed), "mixed expression")
