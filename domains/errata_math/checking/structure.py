"""Answers with structure: lists, tuples, sets, matrices, ratios, relations; and the order of trying.

``same_node`` strips names, aligns parameters and hands each kind to its comparison. Not covered:
reading (``answer``) and scalars (``quantity``).
"""

from __future__ import annotations

from collections.abc import Sequence

from errata_math.checking.labels import argument_of, is_label, names_agree, same_name, split_label
from errata_math.checking.matrices import Grid, grid
from errata_math.checking.options import CheckOptions
from errata_math.checking.quantity import same_quantity
from errata_math.checking.realsets import NotASet, real_set, same_set
from errata_math.checking.relations import same_relation
from errata_math.checking.renaming import expanded, with_same_parameter, without_dots
from errata_math.checking.substitution import substituted
from errata_math.checking.tree import INF, Node, has, sym, symbols
from errata_math.checking.verdict import Comparison, right, undecided, wrong

MAX_UNORDERED = 80
_SETLIKE = frozenset({"union", "inter", "minus", "builder"})
VALUES = frozenset("num dec mul div neg pow root fact fn deg pct unit mixed mod sym".split())
_STRUCTURES = ("seq", "list", "set", "matrix", "rel", "text", "improper", "union", "builder")
_ORDERS = frozenset({"<", ">", "<=", ">=", "!=", "∈"})


def same_node(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    """The verdict on two parsed answers."""
    if has(gold, "dots") or has(other, "dots"):
        gold, other = without_dots(gold), without_dots(other)
    if options.ignore_letter_case:
        gold, other = _lowered(gold), _lowered(other)
    other = with_same_parameter(gold, other)
    result = _same(gold, other, options)
    if result.outcome == "wrong" and _dots(gold) != _dots(other):
        return undecided("dots", "what the dots stand for cannot be told")
    return result


def _dots(node: Node) -> frozenset[str]:
    return frozenset(name for name in symbols(node) if name.startswith("dots:"))


def _same(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    if gold == other and not has(gold, "div"):
        return right("structure")
    as_sets = _as_sets(gold, other, options)
    if as_sets is not None:
        return as_sets
    gold_label, gold_value = split_label(gold)
    other_label, other_value = split_label(other)
    if gold_label is not None and other_label is not None:
        return _both_named((gold_label, gold_value, gold), (other_label, other_value, other), options)
    if gold_label is not None or other_label is not None:
        gold_value, other_value = _bound_renamed(gold_label, gold_value, other_label, other_value)
        if "rel" in (gold_value.op, other_value.op):
            return _relations(gold, other)
        return _same(gold_value, other_value, options)
    gold, other = gold_value, other_value
    if gold.op == "rel" or other.op == "rel":
        return _relations(gold, other)
    return _by_kind(gold, other, options)


def _relations(gold: Node, other: Node) -> Comparison:
    if gold.op == other.op == "rel":
        return same_relation(gold, other)
    return wrong("relation-against-value")


Named = tuple[Node, Node, Node]


def _both_named(gold: Named, other: Named, options: CheckOptions) -> Comparison:
    """``name = value`` on both sides: the values, when the names agree; else as equations."""
    if names_agree(gold[0], other[0]) or gold[0].op in ("text", "seq", "list"):
        one, two = _bound_renamed(gold[0], gold[1], other[0], other[1])
        result = _same(one, two, options)
        if result.outcome != "wrong" or same_name(gold[0], other[0]):
            return result
    if len(gold[2].args) == len(other[2].args) == 2 and symbols(gold[1]) | symbols(other[1]):
        return same_relation(gold[2], other[2])
    return wrong("names")


def _bound_renamed(
    gold_label: Node | None, gold: Node, other_label: Node | None, other: Node
) -> tuple[Node, Node]:
    """f(x) = x and f(z) = z: the argument's name is bound."""
    one, two = argument_of(gold_label), argument_of(other_label)
    if one is not None and two is not None and one != two and one not in symbols(other):
        return gold, substituted(other, {two: sym(one)})
    return gold, other


def _as_sets(gold: Node, other: Node, options: CheckOptions) -> Comparison | None:
    """As sets of reals, when either is written as one that is not also a tuple or a plain set."""
    if not (_is_real_set(gold) or _is_real_set(other)):
        return None
    if gold.op in VALUES or other.op in VALUES:
        return wrong("set-against-value")
    names = [_member_name(gold), _member_name(other)]
    try:
        one, two = real_set(gold), real_set(other)
    except NotASet:
        return _pieces_by_kind(gold, other, options)
    if names[0] and names[1] and names[0].lower() != names[1].lower():
        return wrong("names")
    return same_set(one, two, options)


def _is_real_set(node: Node) -> bool:
    if node.op in _SETLIKE or node == Node("const", (), "reals"):
        return True
    if node.op == "rel" and isinstance(node.value, tuple):
        return any(sign in _ORDERS for sign in node.value)
    if node.op == "list":
        return any(_is_real_set(arg) for arg in node.args)
    return node.op == "seq" and len(node.args) == 2 and (
        str(node.value) in ("[)", "(]") or any(a in (INF, Node("neg", (INF,))) for a in node.args)
    )


def _member_name(node: Node) -> str:
    if node.op == "rel" and node.value == ("∈",) and node.args[0].op == "sym":
        return str(node.args[0].value)
    return ""


def _pieces_by_kind(gold: Node, other: Node, options: CheckOptions) -> Comparison | None:
    """Sets with symbolic ends: membership and braces removed, then piece by piece."""
    one, two = _set_body(gold), _set_body(other)
    if one.op == two.op and one.op in ("union", "inter", "minus"):
        return _unordered(one.args, two.args, options) if one.op != "minus" else _ordered(
            one.args, two.args, options)  # fmt: skip
    if one.op == two.op == "seq":
        return _sequences(one, two, options)
    if one.op == two.op == "rel":
        return same_relation(one, two)
    if (one, two) != (gold, other):
        return _same(one, two, options)
    if "seq" in (one.op, two.op) and "rel" in (one.op, two.op):
        return _chain_as_interval(one, two, options)
    if one.op == two.op == "list":
        return _unordered(one.args, two.args, options)
    if {one.op, two.op} & {"num", "dec", "neg", "div", "matrix", "text"}:
        return wrong("set-against-value")
    return undecided("real-set", "a set that could not be read")


def _set_body(node: Node) -> Node:
    if node.op == "rel" and node.value == ("∈",) and is_label(node.args[0]):
        return node.args[1]
    if node.op == "builder" and len(node.args) == 2 and node.args[1].op == "rel":
        return node.args[1]
    return node


def _chain_as_interval(one: Node, two: Node, options: CheckOptions) -> Comparison:
    """a < x <= b with symbolic ends, against (a, b]."""
    chain, interval = (one, two) if one.op == "rel" else (two, one)
    signs = chain.value
    assert isinstance(signs, tuple)
    if len(signs) == 2 and all(s in ("<", "<=") for s in signs):
        brackets = ("[" if signs[0] == "<=" else "(") + ("]" if signs[1] == "<=" else ")")
        return _sequences(Node("seq", (chain.args[0], chain.args[2]), brackets), interval, options)
    return undecided("real-set", "an inequality that could not be solved")


def _by_kind(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    one, two = grid(gold), grid(other)
    if one is not None or two is not None:
        return _matrices(gold, one, other, two, options)
    if gold.op == "ratio" and other.op == "ratio":
        return _ratios(gold.args, other.args)
    collections = ("list", "set", "seq")
    if gold.op in collections or other.op in collections or has(gold, "pm", "mp") or has(
        other, "pm", "mp"
    ):
        return _collections(gold, other, options)
    if gold.op == "based" or other.op == "based":
        return _based(gold, other)
    if "text" in (gold.op, other.op):
        same = gold.op == other.op and str(gold.value).lower() == str(other.value).lower()
        return right("words") if same else wrong("words")
    return _scalars(gold, other, options)


def _scalars(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    for one, two in ((gold, other), (other, gold)):
        if one == INF or one == Node("neg", (INF,)):
            same = two == one or two == Node("unit", (one,))
            return right("infinity") if same else wrong("infinity")
    for one, two in ((gold, other), (other, gold)):
        if has(one, *_STRUCTURES) and not has(two, *_STRUCTURES):
            return wrong("kind")
    return same_quantity(gold, other, options)


def _based(gold: Node, other: Node) -> Comparison:
    """Numerals with a base: the same digits, and the same base unless the other has none."""
    one, two = _digits(gold), _digits(other)
    if one[0] != two[0] or one[0] == "":
        return wrong("base")
    return right("base") if one[1] == two[1] or not (one[1] and two[1]) else wrong("base")


def _digits(node: Node) -> tuple[str, str]:
    if node.op == "based" and isinstance(node.value, tuple):
        return node.value[0], node.value[1].strip("()")
    return (str(node.value), "") if node.op == "num" else ("", "")


def _ratios(one: Sequence[Node], two: Sequence[Node]) -> Comparison:
    if len(one) != len(two):
        return wrong("ratio")
    for a, b in zip(one[1:], two[1:], strict=True):
        result = same_quantity(
            Node("mul", (a, two[0])), Node("mul", (one[0], b)), CheckOptions()
        )
        if result.outcome != "right":
            return result if result.outcome == "undecided" else wrong("ratio")
    return right("ratio")


def _matrices(
    gold: Node, one: Grid | None, other: Node, two: Grid | None, options: CheckOptions
) -> Comparison:
    if one is not None and two is not None:
        if [len(row) for row in one] != [len(row) for row in two]:
            return wrong("matrix")
        cells = [cell for row in one for cell in row]
        return _ordered(cells, [cell for row in two for cell in row], options)
    cells_of, node = (one, other) if one is not None else (two, gold)
    assert cells_of is not None
    if node.op in ("seq", "list") and (len(cells_of) == 1 or len(cells_of[0]) == 1):
        flat = [cell for row in cells_of for cell in row]
        return _ordered(flat, node.args, options)
    if len(cells_of) == len(cells_of[0]) == 1:
        return _same(cells_of[0][0], node, options)
    if has(node, "matrix"):
        return undecided("matrix", "a matrix expression that was not expanded")
    return wrong("matrix")


def _collections(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    """Lists, sets, tuples and ±, on either side."""
    if gold.op == other.op == "seq" and not has(gold, "pm") and not has(other, "pm"):
        return _sequences(gold, other, options)
    unsure = None
    for together in (True, False):
        one, two = _members(gold, together), _members(other, together)
        result = _matched(gold, one, other, two, options)
        if result.outcome == "right":
            return result
        unsure = unsure or (result if result.outcome == "undecided" else None)
    return unsure or wrong("collection")


def _members(node: Node, together: bool) -> list[Node]:
    """The members of a list or set with ± resolved; a tuple or scalar is one member."""
    parts = _grouped(node.args) if node.op == "list" else (
        list(node.args) if node.op == "set" else [node]
    )
    out = [variant for part in parts for variant in expanded(part, together=together)]
    return list(dict.fromkeys(out)) if has(node, "pm", "mp") else out


def _grouped(parts: Sequence[Node]) -> list[Node]:
    """p=5, q=2, p=7, q=2 as the pairs (5, 2), (7, 2); other lists as they are."""
    labels = [split_label(part)[0] for part in parts]
    if len(parts) < 4 or any(label is None for label in labels):
        return list(parts)
    names = list(dict.fromkeys(labels))
    width = len(names)
    if width < 2 or len(parts) % width or labels != names * (len(parts) // width):
        return list(parts)
    values = [split_label(part)[1] for part in parts]
    return [
        Node("seq", tuple(values[k : k + width]), "()") for k in range(0, len(values), width)
    ]


def _matched(
    gold: Node, one: list[Node], other: Node, two: list[Node], options: CheckOptions
) -> Comparison:
    if len(one) == 1 and one[0].op == "seq" and len(two) > 1 and other.op in ("list", "set"):
        return _ordered(one[0].args, two, options)
    if len(two) == 1 and two[0].op == "seq" and len(one) > 1 and gold.op in ("list", "set"):
        return _ordered(one, two[0].args, options)
    if len(one) == len(two) == 1:
        if (one[0], two[0]) == (gold, other):
            return wrong("collection")
        return _same(one[0], two[0], options)
    if len(one) != len(two):
        once = (list(dict.fromkeys(one)), list(dict.fromkeys(two)))  # an answer stated twice
        one, two = once if min(map(len, once)) > 1 else (one, two)
    if len(one) != len(two):
        return wrong("count")
    if options.list_order == "given" and "set" not in (gold.op, other.op):
        return _ordered(one, two, options)
    if _named_apart(one) or _named_apart(two):
        return _by_name(one, two, options)
    return _unordered(one, two, options)


def _named_apart(parts: Sequence[Node]) -> bool:
    """Whether the members carry different single-letter names: x = 1, y = 2."""
    labels = [split_label(part)[0] for part in parts]
    if any(label is None or label.op not in ("sym",) for label in labels):
        return False
    bases = {str(label.value).split("_")[0] for label in labels if label is not None}
    return len(bases) == len(parts)


def _by_name(one: list[Node], two: list[Node], options: CheckOptions) -> Comparison:
    if _named_apart(one) and _named_apart(two):
        labels = {split_label(part)[0]: split_label(part)[1] for part in two}
        if all(split_label(part)[0] in labels for part in one):
            return _ordered(
                [split_label(part)[1] for part in one],
                [labels[split_label(part)[0]] for part in one],
                options,
            )
    return _ordered(one, two, options)


def _sequences(one: Node, two: Node, options: CheckOptions) -> Comparison:
    if len(one.args) != len(two.args):
        return wrong("count")
    if len(one.args) == 2 and one.value != two.value and not options.interval_as_tuple:
        return wrong("brackets")
    return _ordered(one.args, two.args, options)


def _ordered(one: Sequence[Node], two: Sequence[Node], options: CheckOptions) -> Comparison:
    if len(one) != len(two):
        return wrong("count")
    unsure = None
    for a, b in zip(one, two, strict=True):
        result = _same(a, b, options)
        if result.outcome == "wrong":
            return wrong(f"member:{result.rule}")
        unsure = unsure or (result if result.outcome == "undecided" else None)
    return unsure or right("members")


def _unordered(one: Sequence[Node], two: Sequence[Node], options: CheckOptions) -> Comparison:
    if len(one) != len(two):
        return wrong("count")
    left = list(two)
    unsure = None
    rest = []
    for a in one:  # identical members first: long lists stay linear
        if a in left[:MAX_UNORDERED]:
            left.remove(a)
        else:
            rest.append(a)
    if len(rest) > MAX_UNORDERED:
        return undecided("members", f"more than {MAX_UNORDERED} members to match")
    for a in rest:
        for index, b in enumerate(left):
            result = _same(a, b, options)
            if result.outcome == "right":
                del left[index]
                break
            unsure = unsure or (result if result.outcome == "undecided" else None)
        else:
            return unsure or wrong("members")
    return right("members")


def _lowered(node: Node) -> Node:
    value = node.value.lower() if node.op == "sym" and isinstance(node.value, str) else node.value
    return Node(node.op, tuple(_lowered(arg) for arg in node.args), value)



