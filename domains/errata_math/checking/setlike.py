"""Answers that are sets of reals in any notation: when to read them so, and what to do with sets
whose ends are symbolic. Not covered: the sets themselves (``realsets``).
"""

from __future__ import annotations

from errata_math.checking.labels import is_label
from errata_math.checking.members import Same, ordered, sequences, unordered
from errata_math.checking.options import CheckOptions
from errata_math.checking.realsets import NotASet, real_set, same_set
from errata_math.checking.relations import same_relation
from errata_math.checking.sampling import holds_exactly_on
from errata_math.checking.tree import INF, Node, has, signs, symbols
from errata_math.checking.verdict import Comparison, undecided, wrong
from errata_math.checking.vocabulary import listed

_SETLIKE = frozenset({"union", "inter", "minus", "builder"})
_VALUES = frozenset(listed("num dec mul div neg pow root fact fn deg pct unit mixed mod sym pm mp"))
_ORDERS = frozenset({"<", ">", "<=", ">=", "!=", "∈"})


def as_sets(gold: Node, other: Node, options: CheckOptions, same: Same) -> Comparison | None:
    """As sets of reals, when either is written as one that is not also a tuple or a plain set."""
    if not (_is_real_set(gold) or _is_real_set(other)):
        return None
    if _is_value(gold) or _is_value(other):
        return wrong("set-against-value")
    gold, other = _intervals_listed(gold, other), _intervals_listed(other, gold)
    names = [_member_name(gold), _member_name(other)]
    try:
        one, two = real_set(gold), real_set(other)
    except NotASet:
        sampled = _by_sampling(gold, other)
        return sampled or _pieces_by_kind(gold, other, options, same)
    if names[0] and names[1] and names[0].lower() != names[1].lower():
        return wrong("names")
    return same_set(one, two, options)


def _is_value(node: Node) -> bool:
    """Whether the node is a number or an expression; a sum may also be a set less another."""
    if node.op == "const":
        return node.value in ("pi", "e", "i")
    return node.op in _VALUES or (node.op == "add" and not has(node, "seq", "set", *_SETLIKE))


def _intervals_listed(node: Node, beside: Node) -> Node:
    """Intervals with commas between them, beside a union: a union too."""
    listed_intervals = node.op == "list" and all(arg.op == "seq" for arg in node.args)
    return Node("union", node.args) if listed_intervals and beside.op == "union" else node


def _by_sampling(gold: Node, other: Node) -> Comparison | None:
    """A set against an inequality that is not solved: whether it holds at the set's ends, between
    and around them, and nowhere else. None when this is not the case at hand."""
    for known, condition in ((gold, other), (other, gold)):
        names = symbols(condition)
        if condition.op != "rel" or len(names) != 1 or "∈" in signs(condition):
            continue
        try:
            pieces = real_set(known)
        except NotASet:
            continue
        return holds_exactly_on(pieces, condition, next(iter(names)))
    return None


def _is_real_set(node: Node) -> bool:
    if node.op in _SETLIKE or node == Node("const", (), "reals"):
        return True
    if node.op == "rel":
        return any(sign in _ORDERS for sign in signs(node))
    if node.op == "list":
        return any(_is_real_set(arg) for arg in node.args)
    return (
        node.op == "seq"
        and len(node.args) == 2
        and (
            str(node.value) in ("[)", "(]")
            or any(a in (INF, Node("neg", (INF,))) for a in node.args)
        )
    )


def _member_name(node: Node) -> str:
    if node.op == "rel" and node.value == ("∈",) and node.args[0].op == "sym":
        return str(node.args[0].value)
    return ""


def _pieces_by_kind(gold: Node, other: Node, options: CheckOptions, same: Same) -> Comparison:
    """Sets with symbolic ends: membership and braces removed, then piece by piece."""
    one, two = _set_body(gold), _set_body(other)
    if one.op == two.op and one.op in _PIECEWISE:
        return _PIECEWISE[one.op](one, two, options, same)
    if (one, two) != (gold, other):
        return same(one, two, options)
    if {one.op, two.op} == {"seq", "rel"}:
        return _chain_as_interval(one, two, options, same)
    if _is_plain(one) or _is_plain(two) or "matrix" in (one.op, two.op):
        return wrong("set-against-list")
    return undecided("real-set", "a set that could not be read")


def _is_plain(node: Node) -> bool:
    """A list or tuple of values, an equation, or words: no set of reals."""
    if node.op in ("list", "set", "seq"):
        return all(_is_value(arg) or _is_plain(arg) for arg in node.args)
    return node.op == "text" or signs(node) == ("=",)


def _any_order(one: Node, two: Node, options: CheckOptions, same: Same) -> Comparison:
    return unordered(one.args, two.args, options, same)


def _in_order(one: Node, two: Node, options: CheckOptions, same: Same) -> Comparison:
    return ordered(one.args, two.args, options, same)


def _chains(one: Node, two: Node, _options: CheckOptions, _same: Same) -> Comparison:
    return same_relation(one, two)


_PIECEWISE = {
    "union": _any_order, "inter": _any_order, "list": _any_order, "minus": _in_order,
    "seq": sequences, "rel": _chains,
}  # fmt: skip


def _set_body(node: Node) -> Node:
    if node.op == "rel" and node.value == ("∈",) and is_label(node.args[0]):
        return node.args[1]
    if node.op == "builder" and len(node.args) == 2 and node.args[1].op == "rel":
        return node.args[1]
    return node


def _chain_as_interval(one: Node, two: Node, options: CheckOptions, same: Same) -> Comparison:
    """a < x <= b with symbolic ends, against (a, b]."""
    chain, interval = (one, two) if one.op == "rel" else (two, one)
    order = signs(chain)
    if len(order) == 2 and all(s in ("<", "<=") for s in order):
        brackets = ("[" if order[0] == "<=" else "(") + ("]" if order[1] == "<=" else ")")
        ends = Node("seq", (chain.args[0], chain.args[2]), brackets)
        return sequences(ends, interval, options, same)
    if order == ("=",):
        return wrong("set-against-equation")
    return undecided("real-set", "an inequality that could not be solved")
