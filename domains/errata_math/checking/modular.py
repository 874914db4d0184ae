"""Polynomial identity testing: rational expressions evaluated at random points modulo a prime.

Two rational expressions with rational coefficients that agree at a few random points modulo a
61-bit prime are identical but for a chance below degree/2**61 (Schwartz 1980, Zippel 1979); if they
disagree at one, they differ. π and e are transcendental and taken as variables. No power is ever
expanded, so (x+1)^20000 costs microseconds. Not covered: roots, functions, symbolic exponents.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from errata_math.checking import exact
from errata_math.checking.tree import Decimal, Node

# The largest prime below 2**61 that is 1 modulo 4, so that -1 has a square root: i is exact too.
PRIME = (1 << 61) - 31
ROOT_OF_MINUS_ONE = pow(7, (PRIME - 1) // 4, PRIME)


class NotPolynomial(ArithmeticError):  # a finding about the expression
    """The expression is no rational function of its variables."""


class Pole(NotPolynomial):
    """A denominator vanishes at this point; another point may do."""


def at_point(node: Node, point: Mapping[str, int]) -> int:
    """The value of ``node`` modulo PRIME, with names (and pi, e) at ``point``."""
    op = node.op
    if op == "num":
        assert isinstance(node.value, int | Fraction)
        return _number(node.value)
    if op in {"sym", "const"}:
        value = point.get(str(node.value))
        if value is None:
            raise NotPolynomial(str(node.value))
        return value
    if op in ("add", "mixed"):
        return sum(at_point(arg, point) for arg in node.args) % PRIME
    if op == "mul":
        total = 1
        for arg in node.args:
            total = total * at_point(arg, point) % PRIME
        return total
    return _others(node, point)


def _others(node: Node, point: Mapping[str, int]) -> int:
    op = node.op
    if op == "neg":
        return -at_point(node.args[0], point) % PRIME
    if op in ("div", "ratio") and len(node.args) == 2:
        return at_point(node.args[0], point) * _inverse(at_point(node.args[1], point)) % PRIME
    if op == "pow":
        return _power(node, point)
    if op == "dec":
        assert isinstance(node.value, Decimal)
        return _number(node.value.value)
    if op == "pct":
        return at_point(node.args[0], point) * _inverse(100) % PRIME
    if op in ("unit", "deg"):
        return at_point(node.args[0], point)
    raise NotPolynomial(op)


def _power(node: Node, point: Mapping[str, int]) -> int:
    try:
        exponent = exact.rational(node.args[1])
    except exact.NotRational:
        raise NotPolynomial("an exponent that is no number") from None
    if not isinstance(exponent, int):
        raise NotPolynomial("a fractional exponent")
    base = at_point(node.args[0], point)
    if exponent <= 0 and base == 0:
        raise Pole("zero to a power that is not positive")
    if exponent < 0:
        return pow(_inverse(base), -exponent, PRIME)
    return pow(base, exponent, PRIME)


def _inverse(value: int) -> int:
    if value % PRIME == 0:
        raise Pole("a pole")
    return pow(value, PRIME - 2, PRIME)


def _number(value: int | Fraction) -> int:
    if isinstance(value, int):
        return value % PRIME
    return value.numerator * _inverse(value.denominator % PRIME) % PRIME
