"""Exact evaluation to a rational number, with every size predicted before it is built.

Powers, factorials and binomials whose result would pass MAX_BITS are refused, not tried. Not
covered: irrational values (``numeric``) and variables (``modular``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from errata_math.checking.tree import Decimal, Node, Rational, signs

MAX_BITS = 200_000
MAX_FACTORIAL = 15_000
MAX_TERMS = 3_000


class NotRational(ArithmeticError):  # a finding about the expression
    """The expression is no rational number this module can build."""


class Undefined(NotRational):
    """The expression has no value: a division by zero and the like."""


class TooLarge(NotRational):
    """The value is rational but larger than MAX_BITS."""


def rational(node: Node) -> Rational:
    """The exact value of ``node``; raises NotRational when it has none that can be built."""
    rule = _RULES.get(node.op)
    if rule is None:
        raise NotRational(node.op)
    return rule(node)


def bits(value: Rational) -> int:
    """The size of an exact number, in bits."""
    if isinstance(value, int):
        return value.bit_length()
    return value.numerator.bit_length() + value.denominator.bit_length()


def _checked(value: Rational) -> Rational:
    if bits(value) > MAX_BITS * 4:
        raise TooLarge("a result of too many bits")
    return value


def _num(node: Node) -> Rational:
    assert isinstance(node.value, int | Fraction)
    return node.value


def _dec(node: Node) -> Rational:
    assert isinstance(node.value, Decimal)
    return node.value.value


def _add(node: Node) -> Rational:
    total: Rational = 0
    for arg in node.args:
        total += rational(arg)
    return _checked(total)


def _mul(node: Node) -> Rational:
    total: Rational = 1
    for arg in node.args:
        total *= rational(arg)
        _checked(total)
    return total


def _div(node: Node) -> Rational:
    return quotient(rational(node.args[0]), rational(node.args[1]))


def quotient(top: Rational, bottom: Rational) -> Rational:
    """``top / bottom``; raises Undefined for a zero divisor."""
    if bottom == 0:
        raise Undefined("division by zero")
    value = Fraction(top, bottom)
    return value.numerator if value.denominator == 1 else value


def _pow(node: Node) -> Rational:
    return power(rational(node.args[0]), rational(node.args[1]))


def power(base: Rational, exponent: Rational) -> Rational:
    """``base ** exponent`` when that is rational and small enough."""
    if isinstance(exponent, Fraction):
        if exponent.denominator != 1:
            return _fractional(base, exponent)
        exponent = exponent.numerator
    if base in (0, 1, -1):
        if base == 0 and exponent <= 0:
            raise Undefined("zero to a power that is not positive")
        return base if base != -1 or exponent % 2 else 1
    if exponent.bit_length() > 40 or abs(exponent) * max(bits(base) - 1, 1) > MAX_BITS:
        raise TooLarge("a power of too many bits")
    value = Fraction(base) ** exponent
    return value.numerator if value.denominator == 1 else value


def _fractional(base: Rational, exponent: Fraction) -> Rational:
    degree = exponent.denominator
    if degree > 64 or (base < 0 and degree % 2 == 0):
        raise NotRational("an irrational or complex root")
    return power(nth_root(base, degree), exponent.numerator)


def nth_root(value: Rational, degree: int) -> Rational:
    """The exact real root; raises NotRational when it is irrational."""
    if bits(value) > 20_000:
        raise NotRational("a root of a long number")
    exact = Fraction(value)
    top = _integer_root(abs(exact.numerator), degree)
    root = Fraction(top, _integer_root(exact.denominator, degree))
    return -root if value < 0 else root


def _integer_root(value: int, degree: int) -> int:
    if degree == 2:
        root = math.isqrt(value)
    else:
        root = 1 << -(-value.bit_length() // degree) if value else 0
        while value:
            better = ((degree - 1) * root + value // root ** (degree - 1)) // degree
            if better >= root:
                break
            root = better
    if root**degree != value:
        raise NotRational("an irrational root")
    return root


def _root(node: Node) -> Rational:
    degree = rational(node.args[1])
    if not isinstance(degree, int) or not 2 <= degree <= 64:
        raise NotRational("an unusual root")
    value = rational(node.args[0])
    if value < 0 and degree % 2 == 0:
        raise NotRational("a complex root")
    return nth_root(value, degree)


def _fact(node: Node) -> Rational:
    value = rational(node.args[0])
    if not isinstance(value, int) or value < 0:
        raise NotRational("a factorial of no natural number")
    if value > MAX_FACTORIAL:
        raise TooLarge("a factorial of too many bits")
    return math.factorial(value)


def _binom(node: Node) -> Rational:
    n, k = rational(node.args[0]), rational(node.args[1])
    if not isinstance(n, int) or not isinstance(k, int) or n < 0:
        raise NotRational("a binomial of no natural numbers")
    if k < 0 or k > n:
        return 0
    k = min(k, n - k)
    if k * max(n.bit_length(), 1) > MAX_BITS // 4:
        raise TooLarge("a binomial of too many bits")
    return math.comb(n, k)


def _mod(node: Node) -> Rational:
    modulus = rational(node.args[1])
    if not isinstance(modulus, int) or modulus == 0:
        raise Undefined("a modulus that is no positive integer")
    return residue(node.args[0], abs(modulus))


def residue(node: Node, modulus: int) -> int:
    """``node`` modulo ``modulus`` without building it; raises NotRational where that needs
    division."""
    if node.op == "pow":
        exponent = rational(node.args[1])
        if isinstance(exponent, int) and exponent >= 0:
            return pow(residue(node.args[0], modulus), exponent, modulus)
    if node.op in ("add", "mul"):
        total = 0 if node.op == "add" else 1
        for arg in node.args:
            part = residue(arg, modulus)
            total = (total + part if node.op == "add" else total * part) % modulus
        return total
    if node.op == "neg":
        return -residue(node.args[0], modulus) % modulus
    value = rational(node)
    if not isinstance(value, int):
        raise NotRational("a residue of a fraction")
    return value % modulus


def _fn(node: Node) -> Rational:
    rule = _FUNCTIONS.get(str(node.value))
    if rule is None:
        raise NotRational(str(node.value))
    return rule(node)


def _one(fn: Callable[[Rational], Rational]) -> Callable[[Node], Rational]:
    def apply(node: Node) -> Rational:
        if len(node.args) != 1:
            raise NotRational("a function of several arguments")
        return fn(rational(node.args[0]))

    return apply


def _integers(fn: Callable[..., int]) -> Callable[[Node], Rational]:
    def apply(node: Node) -> Rational:
        values = [rational(arg) for arg in node.args]
        return fn(*(v for v in values if isinstance(v, int)))

    return apply


def _unit(node: Node) -> Rational:
    return rational(node.args[0])


def _mixed(node: Node) -> Rational:
    return rational(node.args[0]) + rational(node.args[1])


def _neg(node: Node) -> Rational:
    return -rational(node.args[0])


def _based(node: Node) -> Rational:
    digits, base = signs(node)
    if not base.isdigit() or not 2 <= int(base[:3]) <= 36 or len(digits) > 1000:
        raise NotRational("an unusual base")
    try:
        return int(digits, int(base))
    except ValueError:
        raise Undefined(f"a digit that base {base} has not") from None


def _pct(node: Node) -> Rational:
    return quotient(rational(node.args[0]), 100)


def _ratio(node: Node) -> Rational:
    if len(node.args) != 2:
        raise NotRational("a ratio of three")
    return _div(node)


def _big(node: Node) -> Rational:
    """A finite sum or product of few terms."""
    from errata_math.checking.substitution import substituted  # used here only

    variable, lower, upper, body = node.args
    if node.value not in ("sum", "prod"):
        raise NotRational(str(node.value))
    low, high = rational(lower), rational(upper)
    if not isinstance(low, int) or not isinstance(high, int):
        raise NotRational("bounds that are no integers")
    if high - low > MAX_TERMS:
        raise TooLarge("a sum of too many terms")
    total: Rational = 0 if node.value == "sum" else 1
    for index in range(low, high + 1):
        term = rational(substituted(body, {str(variable.value): Node("num", (), index)}))
        total = _checked(total + term if node.value == "sum" else total * term)
    return total


_FUNCTIONS: dict[str, Callable[[Node], Rational]] = {
    "binom": _binom,
    "abs": _one(abs),
    "floor": _one(math.floor),
    "ceil": _one(math.ceil),
    "sgn": _one(lambda v: (v > 0) - (v < 0)),
    "gcd": _integers(math.gcd),
    "lcm": _integers(math.lcm),
    "min": lambda node: min(rational(arg) for arg in node.args),
    "max": lambda node: max(rational(arg) for arg in node.args),
}
_RULES: dict[str, Callable[[Node], Rational]] = {
    "num": _num, "dec": _dec, "add": _add, "mul": _mul, "div": _div, "neg": _neg, "pow": _pow,
    "root": _root, "fact": _fact, "mod": _mod, "fn": _fn, "unit": _unit, "mixed": _mixed,
    "deg": _unit, "pct": _pct, "ratio": _ratio, "big": _big,
    "based": _based,
}  # fmt: skip
