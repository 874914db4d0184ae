"""Whether two scalar expressions have the same value: the ladder from exact to numeric.

Exact rationals first, then polynomial identity testing modulo a prime, then evaluation to two
precisions (a difference that shrinks with the precision is zero, one that stays is not; the second
precision grows with the sizes in the expressions). Sums, integrals and limits that none of these
settle go to SymPy in a worker. Not covered: units, percent and decimals (``quantity``).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from errata_math.checking import exact, modular, numeric
from errata_math.checking.tree import INF, Node, Rational, has, sym, symbols, walk
from errata_math.checking.verdict import Comparison, right, undecided, wrong

FIRST_DIGITS = 40
MAX_DIGITS = 2_500
MAX_WORK = 300_000  # nodes times digits: what one evaluation may cost
_TRIES = 14
_NEEDED = 3
_INTEGER_FUNCTIONS = frozenset({"binom", "floor", "ceil", "gcd", "lcm"})


def same_value(one: Node, two: Node) -> Comparison:
    """The verdict on two scalar expressions, by value."""
    settled = _rational(one, two)
    if settled is not None:
        return settled
    if one == two:
        return right("structure")
    if has(one, "call") or has(two, "call"):
        one, two = opaque_calls(one, two)
    names = sorted(symbols(one) | symbols(two))
    settled = _polynomial(one, two, names)
    if settled is not None:
        return settled
    settled = _at_points(one, two, names) if names else _constants(one, two)
    if settled.outcome == "wrong" and (_bare_log(one) or _bare_log(two)):
        again = same_value(_common_logs(one), _common_logs(two))
        if again.outcome == "right":
            return right("log-base-10")
    if settled.outcome == "undecided" and (_for_sympy(one) or _for_sympy(two)):
        from errata_math.checking.symbolic import same_by_sympy  # rare: keeps the import light

        return same_by_sympy(one, two)
    return settled


def _rational(one: Node, two: Node) -> Comparison | None:
    values: list[Rational | None] = []
    bad = 0
    for node in (one, two):
        try:
            values.append(exact.rational(node))
        except exact.Undefined:
            bad += 1
            values.append(None)
        except exact.NotRational:
            values.append(None)
    if bad:
        if one == two:
            return right("structure")
        return (
            undecided("undefined", "neither side has a value") if bad == 2 else wrong("undefined")
        )
    first, second = values
    if first is None or second is None:
        return None
    return right("rational") if first == second else wrong("rational")


def _for_sympy(node: Node) -> bool:
    """Whether an integral, a limit or an infinite (or long) sum is left to SymPy."""
    return any(
        part.op == "big"
        and (part.value in ("int", "lim") or INF in part.args or not symbols(part.args[2]))
        for part in walk(node)
    )


def _bare_log(node: Node) -> bool:
    return any(n.op == "fn" and n.value == "log" and len(n.args) == 1 for n in walk(node))


def _common_logs(node: Node) -> Node:
    """``log`` without a base read to the base 10."""
    args = tuple(_common_logs(arg) for arg in node.args)
    if node.op == "fn" and node.value == "log" and len(args) == 1:
        return Node("fn", args, "lg")
    return Node(node.op, args, node.value)


def opaque_calls(one: Node, two: Node) -> tuple[Node, Node]:
    """Calls of unknown functions as names: the same name for equal arguments."""
    known: list[tuple[Node, Node]] = []

    def name_of(node: Node) -> Node:
        for call, name in known:
            if (
                call.value == node.value
                and len(call.args) == len(node.args)
                and all(
                    same_value(a, b).outcome == "right"
                    for a, b in zip(call.args, node.args, strict=True)
                )
            ):
                return name
        known.append((node, sym(f"{node.value}({len(known)})")))
        return known[-1][1]

    def replaced(node: Node) -> Node:
        args = tuple(replaced(arg) for arg in node.args)
        node = Node(node.op, args, node.value)
        return name_of(node) if node.op == "call" else node

    return replaced(one), replaced(two)


_RNG_SEED = 20_011


def _polynomial(one: Node, two: Node, names: list[str]) -> Comparison | None:
    rng = random.Random(_RNG_SEED)
    agreed = 0
    for _ in range(6):
        point = {name: rng.randrange(1, modular.PRIME) for name in (*names, "pi", "e")}
        point["i"] = modular.ROOT_OF_MINUS_ONE
        try:
            if modular.at_point(one, point) != modular.at_point(two, point):
                return wrong("polynomial")
        except modular.Pole:
            continue
        except modular.NotPolynomial:
            return None
        agreed += 1
        if agreed == 2:
            return right("polynomial")
    return None


def _constants(one: Node, two: Node) -> Comparison:
    for real in (True, False):
        if real and (_imaginary(one) or _imaginary(two)):
            continue
        try:
            equal = equal_at(one, two, {}, real=real)
        except numeric.NotReal:
            continue
        except numeric.TooLarge:
            return _beyond(one, two, {})
        except numeric.NoValue as problem:
            return undecided("numeric", f"no value: {problem}")
        if equal is None:
            return undecided("numeric", "the precision did not suffice")
        return right("numeric") if equal else wrong("numeric")
    return undecided("numeric", "no real or complex value")


def _beyond(one: Node, two: Node, point: Mapping[str, int | Fraction]) -> Comparison:
    """One side is too large to evaluate: no ordinary number equals it."""
    large = []
    for node in (one, two):
        try:
            numeric.evaluate(node, numeric.Precise(FIRST_DIGITS, real=False), point)
        except numeric.TooLarge:
            large.append(node)
        except numeric.NoValue:
            return undecided("size", "too large to evaluate")
    if len(large) == 1:
        return wrong("size")
    return undecided("size", "both sides are too large to evaluate")


def _imaginary(node: Node) -> bool:
    return any(n.op == "const" and n.value == "i" for n in walk(node))


def equal_at(
    one: Node, two: Node, point: Mapping[str, int | Fraction], *, real: bool
) -> bool | None:
    """Whether both have the same value at ``point``; None when the precision does not suffice.
    Raises numeric.NoValue where either has none."""
    if _clearly_different(one, two, point, real=real):
        return False
    first = _difference(one, two, point, FIRST_DIGITS, real=real)
    if first.relative > 1e-3:
        return False
    size = sum(1 for node in (one, two) for _ in walk(node))
    affordable = max(90, MAX_WORK // size)
    digits = min(MAX_DIGITS, affordable, 90 + int(0.32 * (height(one, point) + height(two, point))))
    second = _difference(one, two, point, digits, real=real)
    return _vanishes(first, second, digits)


def _vanishes(first: _Difference, second: _Difference, digits: int) -> bool | None:
    """Whether a difference seen at two precisions is zero: True when it shrank with the precision,
    False when it stayed, None when neither is clear."""
    gained = digits - FIRST_DIGITS - 12
    noise = second.scale_log10 is not None and second.log10 < second.scale_log10 - (digits - 30)
    shrank = bool(first.size) and second.log10 < first.log10 - gained
    if second.size == 0 or shrank or noise:
        return True
    stayed = bool(first.size) and abs(second.log10 - first.log10) < 2
    return False if stayed or second.log10 > -(digits - 40) else None


class _Difference:
    """|one - two| at one precision: its size, its logarithm and that of the larger value."""

    def __init__(self, one: Any, two: Any, context: Any) -> None:
        self.size = abs(one - two)
        scale = max(abs(one), abs(two))
        self.relative = float(self.size / scale) if scale else 0.0
        self.log10 = float(context.log10(self.size)) if self.size else -float("inf")
        self.scale_log10 = float(context.log10(scale)) if scale else None


def _difference(
    one: Node, two: Node, point: Mapping[str, int | Fraction], digits: int, *, real: bool
) -> _Difference:
    backend = numeric.Precise(digits, real=real)
    first = numeric.evaluate(one, backend, point)
    second = numeric.evaluate(two, backend, point)
    return _Difference(first, second, backend.context)


def _clearly_different(
    one: Node, two: Node, point: Mapping[str, int | Fraction], *, real: bool
) -> bool:
    backend = numeric.Backend(real=real)
    try:
        first = numeric.evaluate(one, backend, point)
        second = numeric.evaluate(two, backend, point)
        gap, scale = abs(first - second), max(abs(first), abs(second))
    except (numeric.NoValue, OverflowError, ZeroDivisionError):
        return False
    return bool(1e-290 < scale < 1e290 and gap > 1e-6 * scale)


def height(node: Node, point: Mapping[str, int | Fraction]) -> int:
    """How many bits the numbers of an expression hold, exponents evaluated: the finer they are, the
    closer two different values can lie."""
    total = 0
    for part in walk(node):
        if part.op == "num":
            assert isinstance(part.value, int | Fraction)
            total += exact.bits(part.value)
        elif part.op in ("pow", "fact"):
            try:
                total += exact.bits(exact.rational(part.args[-1]))
            except exact.NotRational:
                total += 8
    return total + 8 * len(point)


def _points(names: list[str], *, integers: bool) -> Iterator[dict[str, int | Fraction]]:
    rng = random.Random(_RNG_SEED)
    for attempt in range(_TRIES):
        point: dict[str, int | Fraction] = {}
        for name in names:
            if integers:
                point[name] = rng.randrange(2 + attempt // 4, 14 + 3 * attempt)
            else:
                value = Fraction(rng.randrange(30, 300), 101)
                if attempt % 5 == 3:  # inside the unit interval, for arcsin and relatives
                    value = value / 4
                elif attempt % 5 == 2:  # far out, for roots of differences
                    value = value * 12
                if attempt >= _TRIES - 4 and (attempt % 2 or rng.random() < 0.5):
                    value = -value
                point[name] = value
        yield point


def _needs_integers(node: Node) -> bool:
    for part in walk(node):
        if part.op in ("fact", "mod", "big") and symbols(part):
            return True
        if part.op == "fn" and part.value in _INTEGER_FUNCTIONS and symbols(part):
            return True
        if part.op == "pow" and symbols(part.args[1]):
            base = part.args[0]
            if base.op == "neg" or (base.op == "num" and _negative(base)):
                return True
    return False


def _negative(node: Node) -> bool:
    return isinstance(node.value, int | Fraction) and node.value < 0


def _at_points(one: Node, two: Node, names: list[str]) -> Comparison:
    integers = _needs_integers(one) or _needs_integers(two)
    real = not (_imaginary(one) or _imaginary(two))
    agreed, reason = 0, "no point where both sides have a value"
    for attempt, point in enumerate(_points(names, integers=integers)):
        if agreed >= _NEEDED and attempt < _TRIES - 4:
            continue  # enough in the positive domain; the last points try the negative one
        try:
            equal = equal_at(one, two, point, real=real)
        except numeric.TooLarge:
            beyond = _beyond(one, two, point)
            if beyond.outcome == "wrong":
                return beyond
            reason = beyond.reason
            continue
        except numeric.NoValue as problem:
            reason = f"no value: {problem}"
            continue
        if equal is None:
            return undecided("points", "the precision did not suffice")
        if not equal:
            return wrong("points")
        agreed += 1
    if agreed >= _NEEDED:
        return right("points")
    return undecided("points", reason)
