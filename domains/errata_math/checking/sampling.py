"""Whether an inequality that is not solved holds exactly on a given set: tried at the set's ends,
beside them, and at points between and around. Not covered: the set itself (``realsets``).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from errata_math.checking import numeric
from errata_math.checking.quantity import quantity
from errata_math.checking.realsets import Piece, end_value
from errata_math.checking.substitution import substituted
from errata_math.checking.tree import Node, signs
from errata_math.checking.verdict import Comparison, right, undecided, wrong


def holds_exactly_on(pieces: list[Piece], condition: Node, name: str) -> Comparison:
    """Whether an inequality in ``name`` holds on the pieces and nowhere else, tried at their ends,
    just beside them, and at points between and around."""
    ends = sorted({e for p in pieces for e in (p.at, p.to) if abs(e) != float("inf")})
    samples: list[Any] = [Fraction(k, 7) for k in range(-60, 61, 3)]
    for end in ends:
        exact_end = Fraction(str(end)) if not isinstance(end, float) else Fraction(end)
        samples += [exact_end + Fraction(k, 1000) for k in (-1, 1)]
    tried = 0
    for sample in samples:
        inside = any(_inside(piece, sample) for piece in pieces)
        holds = _holds(condition, {name: sample})
        if holds is None:
            if inside:
                return wrong("sampled")
            continue
        if holds != inside:
            return wrong("sampled")
        tried += 1
    at_ends = [_end_agrees(p, condition, name) for p in pieces]
    if not all(at_ends):
        return wrong("sampled")
    return right("sampled") if tried >= 20 else undecided("sampled", "few points have a value")


def _inside(piece: Piece, value: Fraction) -> bool:
    low, high = (float(piece.at), float(piece.to))
    return low < float(value) < high


def _holds(condition: Node, point: dict[str, Fraction]) -> bool | None:
    backend = numeric.Precise(30, real=True)
    try:
        values = [numeric.evaluate(part, backend, point) for part in condition.args]
    except numeric.NoValue:
        return None
    pairs = zip(values, signs(condition), values[1:], strict=False)
    return all(_compares(a, sign, b) for a, sign, b in pairs)


def _compares(one: Any, sign: str, two: Any) -> bool:
    if abs(one - two) < 1e-20 * max(1, abs(one)):
        return sign in ("<=", ">=", "=")
    return (
        bool(one < two) if sign[0] == "<" else bool(one > two) if sign[0] == ">" else sign == "!="
    )


def _end_agrees(piece: Piece, condition: Node, name: str) -> bool:
    """Whether the inequality, at each finite end, holds just when the end is closed."""
    for end, closed in ((piece.low, piece.low_closed), (piece.high, piece.high_closed)):
        if abs(end_value(end)) == float("inf"):
            continue
        core = quantity(end).core
        holds = _holds(Node("rel", tuple(substituted(p, {name: core}) for p in condition.args),
                            condition.value), {})  # fmt: skip
        if (holds or False) != closed:
            return False
    return True
