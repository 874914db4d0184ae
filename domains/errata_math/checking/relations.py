"""Equations and inequalities that are not an answer with a name in front.

Two equations are the same when the differences of their sides are proportional, two inequalities
when the factor has the right sign; chains member by member, either way round. Not covered: solving.
"""

from __future__ import annotations

import random
from fractions import Fraction

from errata_math.checking import modular, numeric
from errata_math.checking.scalar import opaque_calls, same_value
from errata_math.checking.tree import Node, signs, symbols, walk
from errata_math.checking.verdict import Comparison, right, undecided, wrong

FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!=", "≈": "≈", "≡": "≡"}


def same_relation(one: Node, two: Node) -> Comparison:
    """The verdict on two relations."""
    mine, others = signs(one), signs(two)
    if len(mine) != len(others):
        return wrong("relation")
    turned = tuple(FLIP.get(sign, sign) for sign in reversed(others))
    unsure = ""
    for candidate, parts in ((others, two.args), (turned, tuple(reversed(two.args)))):
        if candidate != mine:
            continue
        results = [same_value(a, b) for a, b in zip(one.args, parts, strict=True)]
        if all(result.outcome == "right" for result in results):
            return right("relation")
        if not any(result.outcome == "wrong" for result in results):
            unsure = next(r.reason for r in results if r.outcome == "undecided")
    if len(mine) == 1 and mine[0] in FLIP:
        factor = proportion(*opaque_calls(_gap(one), _gap(two)))
        return _by_factor(factor, mine[0], others[0])
    return undecided("relation", unsure) if unsure else wrong("relation")


def _by_factor(factor: int | None, sign: str, other: str) -> Comparison:
    if factor is None:
        return undecided("proportion", "the sides could not be evaluated")
    if factor == 0:
        return wrong("proportion")
    expected = other if factor > 0 else FLIP.get(other, other)
    return right("proportion") if expected == sign else wrong("proportion")


def _gap(node: Node) -> Node:
    return Node("add", (node.args[0], Node("neg", (node.args[1],))))


def proportion(one: Node, two: Node) -> int | None:
    """The sign of the constant c with one = c * two; 0 when there is none, None when neither can
    be evaluated."""
    names = sorted(symbols(one) | symbols(two))
    if not names:
        return None
    by_prime = _modular(one, two, names)
    if by_prime is False:
        return 0
    factors = []
    rng = random.Random(9_973)
    real = not any(n == Node("const", (), "i") for part in (one, two) for n in walk(part))
    for _ in range(10):
        point: dict[str, int | Fraction] = {n: Fraction(rng.randrange(20, 400), 97) for n in names}
        try:
            backend = numeric.Precise(50, real=real)
            first = numeric.evaluate(one, backend, point)
            second = numeric.evaluate(two, backend, point)
        except numeric.NoValue:
            continue
        if abs(second) < 1e-30 or abs(first) < 1e-30:
            if abs(first) > 1e-20 or abs(second) > 1e-20:
                return 0
            continue
        factors.append(first / second)
        if abs(factors[-1] - factors[0]) > abs(factors[0]) * backend.number(Fraction(1, 10**30)):
            return 0
        if len(factors) == 3:
            return _sign(factors[0])
    return None


def _sign(value: object) -> int:
    try:
        return 1 if value > 0 else -1  # type: ignore[operator]  # mpf, or mpc which has no order
    except TypeError:
        return 1


def _modular(one: Node, two: Node, names: list[str]) -> bool | None:
    rng = random.Random(9_967)
    first: tuple[int, int] | None = None
    for _ in range(6):
        point = {name: rng.randrange(1, modular.PRIME) for name in (*names, "pi", "e")}
        point["i"] = modular.ROOT_OF_MINUS_ONE
        try:
            pair = (modular.at_point(one, point), modular.at_point(two, point))
        except modular.Pole:
            continue
        except modular.NotPolynomial:
            return None
        if first is None:
            first = pair
        elif (first[0] * pair[1] - first[1] * pair[0]) % modular.PRIME:
            return False
    return True
