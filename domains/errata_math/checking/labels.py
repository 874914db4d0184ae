"""Names in front of answers: ``x = 5``, ``f(x) = 2x``, ``(p, q) = (3, 2)``, ``AB : CD = 2 : 3``.

Says which left sides are only names, so that the right side alone is the answer, and when two names
agree. Not covered: equations proper (``relations``).
"""

from __future__ import annotations

from errata_math.checking.tree import Node, signs, symbols


def is_label(node: Node) -> bool:
    """Whether the left side of an equation is a name: a variable, a function applied to names, a
    segment, an area, a tuple of names, a ratio of such."""
    op = node.op
    if op == "const":
        return node.value in ("i", "e")
    if op == "mul":
        return all(_is_capital(arg) for arg in node.args) or _is_application(node)
    if op == "fn":
        angle = node.value in _OF_ANGLES and _is_angle(node.args[0])
        return angle or (node.value in _NAMED_BY and is_label(node.args[0]))
    if op in ("ratio", "seq", "list", "div", "row"):
        return bool(node.args) and all(_is_name(arg) for arg in node.args)
    if op == "rel":
        return all(is_label(arg) for arg in node.args)
    return op in ("sym", "text", "call")


_OF_ANGLES = frozenset({"sin", "cos", "tan", "cot"})


def _is_angle(node: Node) -> bool:
    """A capital letter, a Greek one, or three capitals: the angle of a figure."""
    if node.op == "sym":
        return str(node.value)[:1].isupper() or len(str(node.value).split("_")[0]) > 1
    return node.op == "mul" and all(_is_capital(arg) for arg in node.args)


_NAMED_BY = frozenset({"abs", "det", "min", "max", "gamma"})


def _is_name(node: Node) -> bool:
    if node.op == "sym":
        return True
    return node.op in ("call", "mul", "seq", "fn") and is_label(node)


def _is_capital(node: Node) -> bool:
    return node.op == "sym" and str(node.value)[:1].isupper()


def _is_application(node: Node) -> bool:
    """``P(x)`` or ``T(10)``, which the grammar reads as a product of two."""
    if len(node.args) != 2:
        return False
    name, argument = node.args
    if name.op == "pow" and name.args[1] == Node("neg", (Node("num", (), 1),)):
        name = name.args[0]  # the inverse function
    if name.op != "sym" or len(str(name.value).split("_", maxsplit=1)[0]) != 1:
        return False
    return argument.op in ("sym", "num", "seq", "rel", "inter", "union")


def split_label(node: Node) -> tuple[Node | None, Node]:
    """The label and the value of ``label = value``; (None, node) when there is none. Of a chain
    a = b = c the last member, of an approximation the exact member before it."""
    if node.op != "rel":
        return None, node
    order, parts = list(signs(node)), list(node.args)
    while len(parts) > 2 and order[-1] == "≈":
        parts.pop()
        order.pop()
    if len(parts) == 2 and order[-1] == "≈" and not is_label(parts[0]):
        return None, parts[0]
    whole = Node("rel", tuple(parts), tuple(order))
    if not _EQUALS.issuperset(order) or (
        "→" in order and not all(is_label(part) for part in parts[:-1])
    ):
        return None, node
    return _named(whole, parts, order)


_EQUALS = frozenset({"=", "≈", "≡", "→"})


def _named(whole: Node, parts: list[Node], order: list[str]) -> tuple[Node | None, Node]:
    label = next((part for part in parts[:-1] if is_label(part)), None)
    if label is not None and (len(parts) > 2 or label is parts[0]):
        return label, parts[-1]
    calculation = not any(symbols(part) for part in parts)  # 35 + 70 = 105
    if calculation or (len(parts) > 2 and "≈" not in order):
        return parts[0], parts[-1]
    return None, whole


def names_agree(one: Node, two: Node) -> bool:
    """Whether two labels may stand before the same answer: the same name, y for f(x), a name with
    and without its index, functions of differently named arguments."""
    if one == two or "fn" in (one.op, two.op):
        return one == two
    first, second = _base(one), _base(two)
    if first is None or second is None:
        return True
    if first.lower() == second.lower():
        return True
    return (one.op == "call" or two.op == "call") and (
        one.op == two.op or first in ("y", "z") or second in ("y", "z")
    )


def same_name(one: Node, two: Node) -> bool:
    """Whether two labels are the same single name or function."""
    first, second = _base(one), _base(two)
    return first is not None and second is not None and first.lower() == second.lower()


def _base(node: Node) -> str | None:
    if node.op == "sym":
        return str(node.value).split("_")[0].rstrip("'")
    if node.op == "call":
        return str(node.value).split("_")[0].rstrip("'")
    if node.op == "mul" and _is_application(node):
        return _base(node.args[0])
    return None


def argument_of(label: Node | None) -> str | None:
    """The name of the argument in a label f(x), to be renamed freely."""
    if label is None:
        return None
    args = label.args if label.op == "call" else label.args[1:] if _is_app(label) else ()
    if len(args) == 1 and args[0].op == "sym":
        return str(args[0].value)
    return None


def _is_app(node: Node) -> bool:
    return node.op == "mul" and _is_application(node)
