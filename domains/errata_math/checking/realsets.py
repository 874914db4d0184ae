r"""Sets of real numbers: intervals, unions, inequalities, set-builders, removed points.

Every notation becomes a list of pieces with exact end points; two lists are put in canonical order
by value and their end points compared by ``quantity``. Linear inequalities are solved, absolute
values split; anything else is None and left to ``relations``. Not covered: sets of tuples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from errata_math.checking import numeric
from errata_math.checking.labels import is_label
from errata_math.checking.options import CheckOptions
from errata_math.checking.quantity import quantity, same_quantity
from errata_math.checking.substitution import substituted
from errata_math.checking.tree import INF, Node, num, signs, symbols
from errata_math.checking.verdict import Comparison, right, undecided, wrong

_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!=", "=": "=", "≈": "≈"}
NEG_INF = Node("neg", (INF,))
MAX_PIECES = 200


class NotASet(ValueError):
    """The node denotes no set of real numbers this module reads."""


@dataclass(frozen=True)
class Piece:
    """An interval; a single point has equal closed ends. ``at`` and ``to`` are the ends' values."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool
    at: Any
    to: Any


def real_set(node: Node) -> list[Piece]:
    """The pieces of the set that ``node`` denotes, in canonical order; raises NotASet."""
    return _merged(_pieces(node))


def _pieces(node: Node) -> list[Piece]:
    rule = _RULES.get(node.op)
    if rule is None:
        raise NotASet(node.op)
    return rule(node)


def end_value(node: Node) -> Any:
    """The value of an end point to 40 digits; raises NotASet when it is no real constant."""
    if node == INF or node == Node("unit", (INF,)):
        return float("inf")
    if node.op == "neg" and node.args[0] == INF:
        return -float("inf")
    core = quantity(node).core
    if core == INF:
        return float("inf")
    try:
        return numeric.evaluate(core, numeric.Precise(40, real=True), {})
    except numeric.NoValue as problem:
        raise NotASet(str(problem)) from None


def _piece(low: Node, high: Node, low_closed: bool, high_closed: bool) -> list[Piece]:
    at, to = end_value(low), end_value(high)
    if at > to or (at == to and not (low_closed and high_closed)):
        return []
    return [Piece(low, high, low_closed, high_closed, at, to)]


def _interval(node: Node) -> list[Piece]:
    if len(node.args) != 2 or not isinstance(node.value, str):
        raise NotASet("a bracket that is no interval")
    found = _piece(node.args[0], node.args[1], node.value[0] == "[", node.value[1] == "]")
    if not found:
        raise NotASet("an interval with its ends exchanged")
    return found


def _points(node: Node) -> list[Piece]:
    return [piece for arg in node.args for piece in _point(arg)]


def _point(node: Node) -> list[Piece]:
    return _piece(node, node, True, True)


def _union(node: Node) -> list[Piece]:
    return [piece for arg in node.args for piece in _pieces(arg)]


def _intersection(node: Node) -> list[Piece]:
    found = _pieces(node.args[0])
    for arg in node.args[1:]:
        found = _common(found, _pieces(arg))
    return found


def _difference(node: Node) -> list[Piece]:
    return _common(_pieces(node.args[0]), _complement(_merged(_pieces(node.args[1]))))


def _subtraction(node: Node) -> list[Piece]:
    """``A - B`` between sets, which the grammar reads as a sum."""
    if len(node.args) != 2 or node.args[1].op != "neg":
        raise NotASet("a sum")
    removed = _pieces(node.args[1].args[0])
    return _common(_pieces(node.args[0]), _complement(_merged(removed)))


def _common(one: list[Piece], two: list[Piece]) -> list[Piece]:
    if len(one) * len(two) > MAX_PIECES**2:
        raise NotASet("too many pieces")
    out: list[Piece] = []
    for a in one:
        for b in two:
            low = max((a, b), key=lambda p: (p.at, not p.low_closed))
            high = min((a, b), key=lambda p: (p.to, p.high_closed))
            both_low = a.low_closed and b.low_closed if a.at == b.at else low.low_closed
            both_high = a.high_closed and b.high_closed if a.to == b.to else high.high_closed
            if low.at < high.to or (low.at == high.to and both_low and both_high):
                out.append(Piece(low.low, high.high, both_low, both_high, low.at, high.to))
    return out


def _complement(pieces: list[Piece]) -> list[Piece]:
    out: list[Piece] = []
    low, closed, at = NEG_INF, False, -float("inf")
    for piece in pieces:
        if at < piece.at or (at == piece.at and closed and not piece.low_closed):
            out.append(Piece(low, piece.low, closed, not piece.low_closed, at, piece.at))
        low, closed, at = piece.high, not piece.high_closed, piece.to
    if at < float("inf"):
        out.append(Piece(low, INF, closed, False, at, float("inf")))
    return out


def _merged(pieces: list[Piece]) -> list[Piece]:
    """The pieces sorted, overlapping and touching ones joined."""
    out: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (p.at, not p.low_closed)):
        if out and (
            piece.at < out[-1].to
            or (piece.at == out[-1].to and (piece.low_closed or out[-1].high_closed))
        ):
            last = out[-1]
            if piece.to > last.to or (piece.to == last.to and piece.high_closed):
                out[-1] = replace(last, high=piece.high, high_closed=piece.high_closed, to=piece.to)
        else:
            out.append(piece)
    return out


def _relation(node: Node) -> list[Piece]:
    found: list[Piece] | None = None
    for left, sign, right_side in zip(node.args, signs(node), node.args[1:], strict=False):
        if sign == "∈":
            if not is_label(left):
                raise NotASet("membership of something that is no name")
            pieces = _pieces(right_side)
        elif sign in _FLIP:
            pieces = _solved(left, sign, right_side)
        else:
            raise NotASet(f"the relation {sign}")
        found = pieces if found is None else _common(found, pieces)
    return found or []


def _solved(left: Node, sign: str, right_side: Node) -> list[Piece]:
    """The solutions of one inequality that is linear in a single name, or in one's absolute
    value."""
    if _is_abs(left) and not symbols(right_side):
        return _absolute(left.args[0], sign, right_side)
    if _is_abs(right_side) and not symbols(left):
        return _absolute(right_side.args[0], _FLIP[sign], left)
    if _is_bound(right_side) and _is_unknown(left):
        return _ray(sign, right_side)
    if _is_bound(left) and _is_unknown(right_side):
        return _ray(_FLIP[sign], left)
    names = symbols(left) | symbols(right_side)
    if len(names) != 1:
        raise NotASet("not one unknown")
    gap = Node("add", (left, Node("neg", (right_side,))))
    name = next(iter(names))
    values = [substituted(gap, {name: num(k)}) for k in (0, 1, 2)]
    zero, one, two = (end_value(value) for value in values)
    slope = one - zero
    if abs(two - one - slope) > 1e-25 or abs(slope) < 1e-25:
        raise NotASet("not linear")
    root = Node("div", (Node("neg", (values[0],)),
                        Node("add", (values[1], Node("neg", (values[0],))))))  # fmt: skip
    return _ray(sign if slope > 0 else _FLIP[sign], root)


def _is_abs(node: Node) -> bool:
    return node.op == "fn" and node.value == "abs" and bool(symbols(node))


def _is_bound(node: Node) -> bool:
    return not symbols(node) and node.op not in ("text", "call")


def _is_unknown(node: Node) -> bool:
    return node.op in ("sym", "call") or (node.op == "mul" and is_label(node))


def _ray(sign: str, bound: Node) -> list[Piece]:
    closed = sign in ("<=", ">=", "=")
    if sign in ("=", "≈"):
        return _point(bound)
    if sign == "!=":
        return _complement(_point(bound))
    if sign[0] == "<":
        return _piece(NEG_INF, bound, False, closed)
    return _piece(bound, INF, closed, False)


def _absolute(inner: Node, sign: str, bound: Node) -> list[Piece]:
    minus = Node("neg", (bound,))
    if sign[0] == "<":
        return _common(_solved(inner, sign, bound), _solved(inner, _FLIP[sign], minus))
    if sign[0] == ">":
        return _solved(inner, sign, bound) + _solved(inner, _FLIP[sign], minus)
    raise NotASet("an equation in an absolute value")


def _list(node: Node) -> list[Piece]:
    """Several conditions: ``or`` and commas unite, ``and`` intersects."""
    conditions = [a for a in node.args if not (a.op == "rel" and a.value == ("∈",) and
                                               a.args[1].op == "const")]  # fmt: skip
    if any(arg.op == "seq" for arg in conditions):
        raise NotASet("a list of pairs")
    excluded = any(arg.op == "rel" and "!=" in signs(arg) for arg in conditions)
    if excluded and "or" not in signs(node):  # x > 0, x ≠ 1
        return _intersection(Node("inter", tuple(conditions)))
    if (
        isinstance(node.value, tuple)
        and "and" in node.value
        and "or" not in node.value
        and all(arg.op == "rel" for arg in conditions)
    ):
        return _intersection(Node("inter", tuple(conditions)))
    return _union(Node("union", tuple(conditions)))


def _builder(node: Node) -> list[Piece]:
    conditions = [a for a in node.args[1:] if not (a.op == "rel" and a.value == ("∈",))]
    member = node.args[0]
    if member.op == "rel" and member.value == ("∈",):
        member = member.args[0]
    if not conditions or not _is_unknown(member):
        raise NotASet("a set of something else")
    if len(conditions) > 1:
        return _union(Node("union", tuple(conditions)))
    return _pieces(conditions[0])


def _const(node: Node) -> list[Piece]:
    if node.value == "reals":
        return [Piece(NEG_INF, INF, False, False, -float("inf"), float("inf"))]
    if node.value == "empty":
        return []
    raise NotASet(str(node.value))


_RULES = {
    "seq": _interval, "set": _points, "union": _union, "inter": _intersection,
    "minus": _difference, "add": _subtraction, "rel": _relation, "list": _list,
    "builder": _builder, "const": _const,
}  # fmt: skip


def same_set(one: list[Piece], two: list[Piece], options: CheckOptions) -> Comparison:
    """The verdict on two canonical lists of pieces."""
    if len(one) != len(two):
        return wrong("real-set")
    unsure = ""
    for a, b in zip(one, two, strict=True):
        closed = (a.low_closed, a.high_closed) == (b.low_closed, b.high_closed)
        if not closed and not options.interval_as_tuple:
            return wrong("real-set")
        for x, y in ((a.low, b.low), (a.high, b.high)):
            result = _same_end(x, y, options)
            if result.outcome == "wrong":
                return wrong("real-set")
            unsure = unsure or result.reason
    return undecided("real-set", unsure) if unsure else right("real-set")


def _same_end(one: Node, two: Node, options: CheckOptions) -> Comparison:
    first, second = end_value(one), end_value(two)
    if abs(first) == float("inf") or abs(second) == float("inf"):
        return right("infinity") if first == second else wrong("infinity")
    return same_quantity(one, two, options)
