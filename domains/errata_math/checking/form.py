"""The form of an answer, for questions where the form is asked: lowest terms, factored, expanded,
simplest radical, mixed number, decimal. Not covered: forms that only the question can tell apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from errata_math.checking.labels import split_label
from errata_math.checking.quantity import quantity
from errata_math.checking.tree import Node, has, symbols, walk

_COLLECTIONS = frozenset({"list", "set", "seq", "matrix", "row", "union", "inter", "rel"})
_WRAPPED = frozenset({"unit", "deg", "pct", "neg"})


def form_of(node: Node) -> tuple[str, ...]:
    """The form of an answer as sorted words, one set for each of its members."""
    return tuple(sorted(_forms(split_label(node)[1])))


def _forms(node: Node) -> Iterator[str]:
    if node.op in _COLLECTIONS:
        for arg in node.args:
            yield from _forms(split_label(arg)[1])
        return
    core = quantity(node).core
    while core.op in _WRAPPED:
        core = core.args[0]
    yield _number_form(core) or _expression_form(core)


def _number_form(node: Node) -> str | None:
    """The form of a plain number, None for anything that still has to be worked out."""
    if node.op in ("num", "dec", "mixed", "based"):
        return {"num": "integer", "dec": "decimal"}.get(node.op, node.op)
    if node.op == "div" and all(_is_integer(arg) for arg in node.args):
        top, bottom = (_magnitude(arg) for arg in node.args)
        lowest = bottom > 1 and math.gcd(top, bottom) == 1
        return "fraction in lowest terms" if lowest else "fraction not in lowest terms"
    return None


def _is_integer(node: Node) -> bool:
    node = node.args[0] if node.op == "neg" else node
    return node.op == "num" and isinstance(node.value, int)


def _magnitude(node: Node) -> int:
    value = node.args[0].value if node.op == "neg" else node.value
    assert isinstance(value, int)
    return abs(value)


def _expression_form(node: Node) -> str:
    words = []
    if not symbols(node):
        words.append("simplest radical" if _is_simplest(node) else "not simplest")
    elif _is_product_of_sums(node):
        words.append("factored")
    elif any(_is_product_of_sums(part) for part in walk(node)):
        words.append("partly factored")
    else:
        words.append("expanded")
    return " ".join(words)


def _is_product_of_sums(node: Node) -> bool:
    if node.op == "pow":
        return node.args[0].op == "add" and node.args[1].op == "num"
    sums = [arg for arg in node.args if arg.op == "add" or _is_product_of_sums(arg)]
    return node.op == "mul" and bool(sums)


def _is_simplest(node: Node) -> bool:
    """No square factor under a root, no root in a denominator, no calculation left."""
    for part in walk(node):
        if part.op == "root" and not _is_reduced(part):
            return False
        if part.op == "div" and has(part.args[1], "root"):
            return False
        if part.op in ("add", "mul") and all(_is_integer(arg) for arg in part.args):
            return False
    return True


def _is_reduced(root: Node) -> bool:
    inside, degree = root.args[0].value, root.args[1].value
    if root.args[0].op != "num" or not isinstance(inside, int) or not isinstance(degree, int):
        return root.args[0].op != "div"
    return all(inside % factor**degree for factor in range(2, min(1000, abs(inside)) + 1))
