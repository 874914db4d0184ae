"""Answers with structure: lists, tuples, sets, matrices, ratios, relations; and the order of trying.

``same_node`` strips names, aligns parameters and hands each kind to its comparison. Not covered:
reading (``answer``) and scalars (``quantity``).
"""

from __future__ import annotations

from collections.abc import Sequence

from errata_math.checking.form import form_of
from errata_math.checking.labels import argument_of, names_agree, same_name, split_label
from errata_math.checking.matrices import Grid, grid
from errata_math.checking.members import ordered, sequences, unordered
from errata_math.checking.options import CheckOptions
from errata_math.checking.quantity import same_quantity
from errata_math.checking.relations import same_relation
from errata_math.checking.renaming import expanded, with_same_parameter, without_dots
from errata_math.checking.setlike import as_sets
from errata_math.checking.substitution import substituted
from errata_math.checking.tree import INF, Node, has, signs, sym, symbols
from errata_math.checking.verdict import Comparison, right, undecided, wrong

EMPTY = Node("const", (), "empty")
_STRUCTURES = ("seq", "list", "set", "matrix", "rel", "text", "improper", "union", "builder")


def same_node(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    """The verdict on two parsed answers."""
    if has(gold, "dots") or has(other, "dots"):
        gold, other = without_dots(gold), without_dots(other)
    if options.ignore_letter_case:
        gold, other = _lowered(gold), _lowered(other)
    other = with_same_parameter(gold, other)
    if has(gold, "piecewise") or has(other, "piecewise"):
        return _piecewise(split_label(gold)[1], split_label(other)[1], options)
    result = _same(gold, other, options)
    if result.outcome == "wrong" and _dots(gold) != _dots(other):
        return undecided("dots", "what the dots stand for cannot be told")
    if options.strict_form and result.outcome == "right" and form_of(gold) != form_of(other):
        return wrong("form")
    return result


def _piecewise(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    """Values with conditions: equal case by case, in any order; otherwise not decided."""
    if gold.op == other.op == "piecewise" and len(gold.args) == len(other.args):
        left = list(other.args)
        for case in gold.args:
            match = next(
                (c for c in left if ordered(case.args, c.args, options, _same).outcome == "right"),
                None,
            )
            if match is None:
                break
            left.remove(match)
        if not left:
            return right("piecewise")
    return undecided("piecewise", "values with conditions that could not be matched")


def _dots(node: Node) -> frozenset[str]:
    return frozenset(name for name in symbols(node) if name.startswith("dots:"))


def _same(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    gold, other = (EMPTY if node == Node("set") else node for node in (gold, other))
    if gold == other and not has(gold, "div"):
        return right("structure")
    sets = as_sets(gold, other, options, _same)
    if sets is not None:
        return sets
    gold_label, gold_value = split_label(gold)
    other_label, other_value = split_label(other)
    if gold_label is not None and other_label is not None:
        return _both_named(
            (gold_label, gold_value, gold), (other_label, other_value, other), options
        )
    named = gold_label is not None or other_label is not None
    if named:
        gold_value, other_value = _bound_renamed(gold_label, gold_value, other_label, other_value)
    if "rel" in (gold_value.op, other_value.op):
        return _relations(gold, other) if named else _relations(gold_value, other_value)
    if named:
        return _same(gold_value, other_value, options)
    return _by_kind(gold_value, other_value, options)


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


def _by_kind(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    one, two = grid(gold), grid(other)
    if one is not None or two is not None:
        return _matrices(gold, one, other, two, options)
    if gold.op == "ratio" and other.op == "ratio":
        return _ratios(gold.args, other.args)
    collections = ("list", "set", "seq")
    if (
        gold.op in collections
        or other.op in collections
        or has(gold, "pm", "mp")
        or has(other, "pm", "mp")
    ):
        return _collections(gold, other, options)
    if _unsigned(gold).op == "based" or _unsigned(other).op == "based":
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
    if _is_named_set(gold) or _is_named_set(other):
        return right("set") if gold == other else wrong("kind")
    for one, two in ((gold, other), (other, gold)):
        if has(one, *_STRUCTURES) and not has(two, *_STRUCTURES):
            return wrong("kind")
    return same_quantity(gold, other, options)


def _is_named_set(node: Node) -> bool:
    return node.op == "const" and node.value not in ("pi", "e", "i", "inf")


def _unsigned(node: Node) -> Node:
    return node.args[0] if node.op == "neg" else node


def _based(gold: Node, other: Node) -> Comparison:
    """Numerals with a base: the same digits, and the same base unless the other has none."""
    one, two = _digits(gold), _digits(other)
    if one[0] != two[0] or one[0] == "":
        return wrong("base")
    return right("base") if one[1] == two[1] or not (one[1] and two[1]) else wrong("base")


def _digits(node: Node) -> tuple[str, str]:
    if node.op == "neg":
        digits, base = _digits(node.args[0])
        return f"-{digits}" if digits else "", base
    if node.op == "based":
        return signs(node)[0], signs(node)[1].strip("()")
    return (str(node.value), "") if node.op == "num" else ("", "")


def _ratios(one: Sequence[Node], two: Sequence[Node]) -> Comparison:
    if len(one) != len(two):
        return wrong("ratio")
    for a, b in zip(one[1:], two[1:], strict=True):
        result = same_quantity(Node("mul", (a, two[0])), Node("mul", (one[0], b)), CheckOptions())
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
        return ordered(cells, [cell for row in two for cell in row], options, _same)
    cells_of, node = (one, other) if one is not None else (two, gold)
    assert cells_of is not None
    if node.op in ("seq", "list") and (len(cells_of) == 1 or len(cells_of[0]) == 1):
        flat = [cell for row in cells_of for cell in row]
        return ordered(flat, node.args, options, _same)
    if len(cells_of) == len(cells_of[0]) == 1:
        return _same(cells_of[0][0], node, options)
    if has(node, "matrix"):
        return undecided("matrix", "a matrix expression that was not expanded")
    return wrong("matrix")


def _collections(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    """Lists, sets, tuples and ±, on either side."""
    if gold.op == other.op == "seq" and not has(gold, "pm") and not has(other, "pm"):
        return sequences(gold, other, options, _same)
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
    parts = (
        _grouped(node.args)
        if node.op == "list"
        else (list(node.args) if node.op == "set" else [node])
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
    return [Node("seq", tuple(values[k : k + width]), "()") for k in range(0, len(values), width)]


def _matched(
    gold: Node, one: list[Node], other: Node, two: list[Node], options: CheckOptions
) -> Comparison:
    if len(one) == len(two) == 1:
        if (one[0], two[0]) == (gold, other):
            return wrong("collection")
        return _same(one[0], two[0], options)
    for mine, theirs, whole in ((one, two, other), (two, one, gold)):
        if len(mine) == 1 and mine[0].op == "seq" and whole.op in ("list", "set"):
            return ordered(mine[0].args, theirs, options, _same)  # (1, 2) against 1, 2
    if len(one) != len(two):
        once = (list(dict.fromkeys(one)), list(dict.fromkeys(two)))  # an answer stated twice
        tuples = all(part.op == "seq" for part in (*one, *two))  # roots may be listed twice
        one, two = once if tuples and min(map(len, once)) > 1 else (one, two)
    if _named_apart(one) or _named_apart(two):
        return _by_name(one, two, options)
    given = options.list_order == "given" and "set" not in (gold.op, other.op)
    return (ordered if given else unordered)(one, two, options, _same)


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
            return ordered(
                [split_label(part)[1] for part in one],
                [labels[split_label(part)[0]] for part in one],
                options,
                _same,
            )
    return ordered(one, two, options, _same)


def _lowered(node: Node) -> Node:
    value = node.value.lower() if node.op == "sym" and isinstance(node.value, str) else node.value
    return Node(node.op, tuple(_lowered(arg) for arg in node.args), value)
