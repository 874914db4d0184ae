"""Arithmetic for numeric evaluation: floats, and mpmath to any precision, sizes kept in bounds.

Not covered: the walk over a tree (``numeric``).
"""

from __future__ import annotations

import cmath
import math
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

# A value of more than 2**MAX_MAGNITUDE bits before the point is beyond every answer.
MAX_MAGNITUDE = 1_200


class NoValue(ArithmeticError):  # a finding about the expression
    """The expression has no value at this point, or none this module can compute."""


class TooLarge(NoValue):
    """The value is real but larger than can be represented."""


class Imprecise(NoValue):
    """Floats cannot be trusted here: terms cancelled or an argument was out of range."""


class NotReal(NoValue):
    """An even root or a logarithm of a negative number where a real value is wanted."""


class Backend:
    """Arithmetic in floats: fast, and honest about cancellation."""

    exact = False

    def __init__(self, *, real: bool) -> None:
        self.real = real
        self.pi: Any = math.pi
        self.e: Any = math.e

    def number(self, value: int | Fraction) -> Any:
        """An exact number in this arithmetic."""
        try:
            return float(value)
        except OverflowError:
            raise Imprecise("beyond floats") from None

    def add(self, parts: list[Any]) -> Any:
        """The sum; raises Imprecise when the terms cancel."""
        total = sum(parts)
        largest = max(abs(part) for part in parts)
        if abs(total) < 1e-4 * largest:
            raise Imprecise("terms cancel")
        return total

    def power(self, base: Any, exponent: Any) -> Any:
        """``base ** exponent`` of a base that is not negative, or complex."""
        try:
            return base**exponent
        except (OverflowError, ZeroDivisionError):
            raise Imprecise("beyond floats") from None

    def call(self, name: str, value: Any) -> Any:
        """An elementary function of one argument."""
        if isinstance(value, complex) or name not in FLOAT_REAL:
            if name not in FLOAT_COMPLEX:
                raise Imprecise(name)
            try:
                return FLOAT_COMPLEX[name](complex(value))
            except (ValueError, OverflowError, ZeroDivisionError):
                raise Imprecise(name) from None
        if abs(value) > 1e4 and name in ("sin", "cos", "tan"):
            raise Imprecise("a large argument")
        try:
            return FLOAT_REAL[name](value)
        except (ValueError, OverflowError, ZeroDivisionError):
            raise Imprecise(name) from None

    def is_zero(self, value: Any) -> bool:
        """Whether a divisor is zero, or too close to tell."""
        return bool(abs(value) < 1e-12)


class Precise(Backend):
    """Arithmetic to ``digits`` decimal digits."""

    exact = True

    def __init__(self, digits: int, *, real: bool) -> None:
        super().__init__(real=real)
        self.context = _context()
        self.context.dps = digits
        self.digits = digits
        self.pi = +self.context.pi
        self.e = +self.context.e

    def number(self, value: int | Fraction) -> Any:
        """As in Backend, correctly rounded."""
        if isinstance(value, int):
            return self.context.mpf(value)
        return self.context.mpf(value.numerator) / value.denominator

    def add(self, parts: list[Any]) -> Any:
        """The sum; cancellation is the caller's to notice, by a second precision."""
        return sum(parts[1:], parts[0])

    def power(self, base: Any, exponent: Any) -> Any:
        """As in Backend; raises TooLarge before the result is built."""
        size = self.context.mag(exponent) if exponent else 0
        reach = max(abs(self.context.mag(base)), 1) if base else 1
        if size + reach.bit_length() > MAX_MAGNITUDE:
            raise TooLarge("a power beyond range")
        return self.context.power(base, exponent)

    def call(self, name: str, value: Any) -> Any:
        """As in Backend; raises TooLarge before the result is built."""
        if value and self.context.mag(value) > MAX_MAGNITUDE:
            raise TooLarge("an argument beyond range")
        if name in ("gamma", "factorial") and self.context.mag(value) > 200:
            raise TooLarge("a factorial beyond range")
        try:
            return getattr(self.context, _MP_NAMES.get(name, name))(value)
        except (ValueError, ZeroDivisionError, OverflowError, AttributeError):
            raise NoValue(name) from None

    def is_zero(self, value: Any) -> bool:
        """Whether a value is zero to this precision."""
        return bool(abs(value) < self.context.mpf(10) ** (-self.digits + 12))


_local = threading.local()


def _context() -> Any:
    """This thread's own mpmath context: the global one is shared between threads."""
    found = getattr(_local, "context", None)
    if found is None:
        import mpmath  # type: ignore[import-untyped]  # no stubs exist; only the pairs that need it pay for the import

        found = _local.context = mpmath.MPContext()
    return found


FLOAT_REAL: dict[str, Callable[[float], float]] = {
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "exp": math.exp, "ln": math.log,
    "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan, "sinh": math.sinh,
    "cosh": math.cosh, "tanh": math.tanh, "arsinh": math.asinh, "arcosh": math.acosh,
    "artanh": math.atanh, "sqrt": math.sqrt, "factorial": lambda v: math.gamma(v + 1),
    "gamma": math.gamma,
}  # fmt: skip
FLOAT_COMPLEX: dict[str, Callable[[complex], complex]] = {
    "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan, "exp": cmath.exp, "ln": cmath.log,
    "sqrt": cmath.sqrt, "sinh": cmath.sinh, "cosh": cmath.cosh, "tanh": cmath.tanh,
}  # fmt: skip
_MP_NAMES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arsinh": "asinh", "arcosh": "acosh",
    "artanh": "atanh", "ln": "ln",
}  # fmt: skip
