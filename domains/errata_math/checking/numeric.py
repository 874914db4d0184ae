"""Numeric evaluation of a tree at a point, in floats or to any precision, with sizes kept in bounds.

The same walk serves both: a ``Backend`` supplies the elementary functions. Floats only ever show
that two values *differ*, and only when no cancellation blurred them; equality is for the
multiple-precision backend. Values beyond its range raise TooLarge. Not covered: deciding (``scalar``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from errata_math.checking import exact
from errata_math.checking.backends import (
    FLOAT_REAL,
    Backend,
    Imprecise,
    NotReal,
    NoValue,
    Precise,
    TooLarge,
)
from errata_math.checking.substitution import substituted
from errata_math.checking.tree import Decimal, Node

__all__ = ["Backend", "Imprecise", "NoValue", "NotReal", "Precise", "TooLarge", "evaluate"]
_MAX_SUM_TERMS = 2_000
_RECIPROCAL = {"sec": "cos", "csc": "sin", "cot": "tan", "sech": "cosh", "csch": "sinh",
               "coth": "tanh"}  # fmt: skip
_ARC_RECIPROCAL = {"arcsec": "arccos", "arccsc": "arcsin"}
_REAL_DOMAIN = {
    "ln": lambda v: v > 0, "sqrt": lambda v: v >= 0, "arcsin": lambda v: abs(v) <= 1,
    "arccos": lambda v: abs(v) <= 1, "arcosh": lambda v: v >= 1, "artanh": lambda v: abs(v) < 1,
}  # fmt: skip


def evaluate(node: Node, backend: Backend, point: Mapping[str, Fraction | int]) -> Any:
    """The value of ``node`` with its variables at ``point``. Raises NoValue and its subclasses."""
    rule = _RULES.get(node.op)
    if rule is None:
        raise NoValue(node.op)
    return rule(node, backend, point)


def _num(node: Node, backend: Backend, _: Mapping[str, Any]) -> Any:
    value = node.value
    if isinstance(value, Decimal):
        value = value.value
    assert isinstance(value, int | Fraction)
    return backend.number(value)


def _sym(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    value = point.get(str(node.value))
    if value is None:
        raise NoValue(f"the free name {node.value}")
    return backend.number(value)


def _const(node: Node, backend: Backend, _: Mapping[str, Any]) -> Any:
    if node.value == "pi":
        return backend.pi
    if node.value == "e":
        return backend.e
    if node.value == "i" and not backend.real:
        return 1j if not isinstance(backend, Precise) else backend.context.mpc(0, 1)
    raise NoValue(str(node.value))


def _add(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    return backend.add([evaluate(arg, backend, point) for arg in node.args])


def _mul(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    total = evaluate(node.args[0], backend, point)
    for arg in node.args[1:]:
        total = total * evaluate(arg, backend, point)
    return total


def _div(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    bottom = evaluate(node.args[1], backend, point)
    if backend.is_zero(bottom):
        raise NoValue("division by zero") if backend.exact else Imprecise("near zero")
    return evaluate(node.args[0], backend, point) / bottom


def _pow(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    base = evaluate(node.args[0], backend, point)
    exponent = _exponent(node.args[1], point)
    if exponent is None:
        if node.args[0] == Node("const", (), "e"):
            return backend.call("exp", evaluate(node.args[1], backend, point))
        if _is_complex(base) or base > 0:
            return backend.power(base, evaluate(node.args[1], backend, point))
        raise NotReal("a power of a base that is not positive")
    if isinstance(exponent, int):
        return _integer_power(base, exponent, backend)
    return _fractional_power(base, exponent, backend)


def _integer_power(base: Any, exponent: int, backend: Backend) -> Any:
    if exponent < 0 and backend.is_zero(base):
        raise NoValue("division by zero")
    if exponent.bit_length() > 400:
        raise TooLarge("an exponent of too many bits")
    return backend.power(base, exponent)


def _fractional_power(base: Any, exponent: Fraction, backend: Backend) -> Any:
    """A root: the real one of a negative base where the degree is odd."""
    if _is_complex(base) or base > 0:
        return backend.power(base, backend.number(exponent))
    if backend.is_zero(base) and exponent > 0:
        return backend.number(0)
    if exponent.denominator % 2:
        sign = -1 if exponent.numerator % 2 else 1
        return sign * backend.power(-base, backend.number(exponent))
    if backend.real:
        raise NotReal("an even root of a negative number")
    return backend.power(complex(base) if not backend.exact else base, backend.number(exponent))


def _exponent(node: Node, point: Mapping[str, Any]) -> int | Fraction | None:
    """The exact value of an exponent, None when it is not rational."""
    if node.op == "num":
        assert isinstance(node.value, int | Fraction)
        return node.value
    try:
        if point:
            node = substituted(node, {k: Node("num", (), v) for k, v in point.items()})
        return exact.rational(node)
    except exact.NotRational:
        return None


def _is_complex(value: Any) -> bool:
    return hasattr(value, "conjugate") and type(value).__name__ in ("complex", "mpc")


def _root(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    degree = _exponent(node.args[1], point)
    if degree is None or degree == 0:
        return _pow(Node("pow", (node.args[0], Node("div", (Node("num", (), 1), node.args[1])))),
                    backend, point)  # fmt: skip
    return _pow(Node("pow", (node.args[0], Node("num", (), Fraction(1) / degree))), backend, point)


def _neg(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    return -evaluate(node.args[0], backend, point)


def _fact(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    value = evaluate(node.args[0], backend, point)
    if _is_complex(value) or value < 0:
        raise NoValue("a factorial of a negative number")
    return backend.call("factorial", value)


def _same(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    return evaluate(node.args[0], backend, point)


def _pct(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    return evaluate(node.args[0], backend, point) / 100


def _rational(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    try:
        return backend.number(
            exact.rational(substituted(node, {k: Node("num", (), v) for k, v in point.items()}))
        )
    except exact.TooLarge:
        raise TooLarge(node.op) from None
    except exact.NotRational as problem:
        raise NoValue(str(problem)) from None


def _fn(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    name = str(node.value)
    if name in _SPECIAL:
        return _SPECIAL[name](node, backend, point)
    if name in ("log", "lg", "lb", "ln"):
        return _log(node, backend, point)
    if len(node.args) != 1:
        raise NoValue(f"{name} of several arguments")
    value = evaluate(node.args[0], backend, point)
    if name in _RECIPROCAL:
        bottom = backend.call(_RECIPROCAL[name], value)
        if backend.is_zero(bottom):
            raise NoValue("division by zero") if backend.exact else Imprecise(name)
        return 1 / bottom
    if name in _ARC_RECIPROCAL or name == "arccot":
        if backend.is_zero(value):
            raise NoValue("division by zero")
        return backend.call(_ARC_RECIPROCAL.get(name, "arctan"), 1 / value)
    return _elementary(name, value, backend)


def _elementary(name: str, value: Any, backend: Backend) -> Any:
    domain = _REAL_DOMAIN.get(name)
    if domain is not None and not _is_complex(value) and not domain(value):
        if backend.real or (backend.is_zero(value) and name == "ln"):
            raise NotReal(name)
        value = complex(value) if not backend.exact else value
    if name == "tan" and not _is_complex(value) and backend.is_zero(backend.call("cos", value)):
        raise NoValue("a tangent without a value") if backend.exact else Imprecise(name)
    if name not in FLOAT_REAL:
        raise NoValue(f"the function {name}")
    return backend.call(name, value)


def _log(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    value = _elementary("ln", evaluate(node.args[0], backend, point), backend)
    if node.value == "lg":
        return value / _elementary("ln", backend.number(10), backend)
    if len(node.args) == 2:
        base = _elementary("ln", evaluate(node.args[1], backend, point), backend)
        if backend.is_zero(base):
            raise NoValue("a logarithm to the base 1")
        return value / base
    return value


def _abs(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    return abs(evaluate(node.args[0], backend, point))


def _rounded(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    value = evaluate(node.args[0], backend, point)
    if not isinstance(backend, Precise) or _is_complex(value) or abs(value) > 1e15:
        raise Imprecise("rounding")
    nearest = backend.context.floor(value + backend.number(Fraction(1, 2)))
    if abs(value - nearest) < backend.number(Fraction(1, 10**20)):
        return _rational(node, backend, point)
    return getattr(backend.context, str(node.value))(value)


def _extreme(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    values = [evaluate(arg, backend, point) for arg in node.args]
    if any(_is_complex(value) for value in values):
        raise NoValue("the order of complex numbers")
    return min(values) if node.value == "min" else max(values)


def _binom(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    try:
        return _rational(node, backend, point)
    except TooLarge:
        n, k = (evaluate(arg, backend, point) for arg in node.args)
        top = backend.call("factorial", n)
        return top / backend.call("factorial", k) / backend.call("factorial", n - k)


def _big(node: Node, backend: Backend, point: Mapping[str, Any]) -> Any:
    variable, lower, upper, body = node.args
    if node.value not in ("sum", "prod"):
        raise NoValue(str(node.value))
    low, high = _exponent(lower, point), _exponent(upper, point)
    if not isinstance(low, int) or not isinstance(high, int):
        raise NoValue("bounds that are no integers")
    if node.value == "prod" and body == variable and low >= 1:  # high!/(low-1)!
        top = backend.call("factorial", backend.number(max(high, low - 1)))
        return top / backend.call("factorial", backend.number(low - 1))
    if high - low > _MAX_SUM_TERMS:
        raise NoValue("a sum of too many terms")
    name = str(variable.value)
    parts = [evaluate(body, backend, {**point, name: index}) for index in range(low, high + 1)]
    if node.value == "sum":
        return backend.add(parts) if parts else backend.number(0)
    total = backend.number(1)
    for part in parts:
        total = total * part
    return total


_SPECIAL: dict[str, Callable[[Node, Backend, Mapping[str, Any]], Any]] = {
    "abs": _abs, "floor": _rounded, "ceil": _rounded, "min": _extreme, "max": _extreme,
    "binom": _binom, "gcd": _rational, "lcm": _rational, "sgn": _rational,
}  # fmt: skip
_RULES: dict[str, Callable[[Node, Backend, Mapping[str, Any]], Any]] = {
    "num": _num, "dec": _num, "sym": _sym, "const": _const, "add": _add, "mul": _mul, "div": _div,
    "ratio": _div, "pow": _pow, "root": _root, "neg": _neg, "fact": _fact, "unit": _same,
    "deg": _same, "pct": _pct, "mixed": _add, "fn": _fn, "mod": _rational, "big": _big,
}  # fmt: skip
