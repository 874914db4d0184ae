"""Names that carry no meaning: function arguments, integer parameters, arbitrary constants; and
the dots of a sum or product. Not covered: deciding equality.
"""

from __future__ import annotations

from errata_math.checking.labels import split_label
from errata_math.checking.substitution import substituted
from errata_math.checking.tree import Node, num, sym, symbols, walk

_PARAMETERS = frozenset(["k", "n", "m", "l", "j"])


def with_same_parameter(one: Node, two: Node) -> Node:
    """``two`` with its integer parameter named as in ``one``: kπ and nπ say the same. Only where
    each side has exactly one name the other has not, and it multiplies π or is an arbitrary
    constant that differs by case."""
    first, second = _unlabelled(one), _unlabelled(two)
    mine, theirs = first - second, second - first
    if len(mine) != 1 or len(theirs) != 1:
        return two
    name, other = next(iter(mine)), next(iter(theirs))
    periodic = name in _PARAMETERS and other in _PARAMETERS and _has_pi(one) and _has_pi(two)
    constant = name.lower() == other.lower() == "c"
    return substituted(two, {other: sym(name)}) if periodic or constant else two


def _unlabelled(node: Node) -> frozenset[str]:
    """The free names of an answer, those in front of an equals sign left out."""
    if node.op in ("list", "set", "seq"):
        return frozenset[str]().union(*(_unlabelled(arg) for arg in node.args))
    return symbols(split_label(node)[1])


def _has_pi(node: Node) -> bool:
    return any(part.op == "const" and part.value == "pi" for part in walk(node)) or any(
        part.op == "deg" for part in walk(node)
    )


def without_dots(node: Node) -> Node:
    """``node`` with each sum or product that has dots replaced by a name made of its first and last
    terms, so that a_0 + … + a_k and a_k + … + a_0 are the same."""
    args = tuple(without_dots(arg) for arg in node.args)
    if node.op in ("add", "mul") and any(arg.op == "dots" for arg in args):
        rest = [arg for arg in args if arg.op != "dots"]
        ends = sorted({repr(rest[0]), repr(rest[-1])}) if rest else []
        return sym("dots:" + node.op + ":" + "|".join(ends))
    return Node(node.op, args, node.value)


def expanded(node: Node, *, together: bool) -> list[Node]:
    """``node`` with each ± resolved, as many variants as there are sign choices; ``together`` lets
    all signs of the expression change at once (∓ opposite to ±). At most 64 variants."""
    count = sum(1 for part in walk(node) if part.op in ("pm", "mp"))
    if count == 0:
        return [node]
    if together:
        choices = [[True] * count, [False] * count]
    else:
        count = min(count, 6)
        choices = [[bool(bits >> k & 1) for k in range(count)] for bits in range(1 << count)]
    return [_signed(node, list(choice)) for choice in choices]


def _signed(node: Node, choice: list[bool]) -> Node:
    args = tuple(_signed(arg, choice) for arg in node.args)
    if node.op not in ("pm", "mp"):
        return Node(node.op, args, node.value)
    plus = choice.pop(0) if choice else True
    if node.op == "mp":
        plus = not plus
    left, right_side = args
    signed = right_side if plus else Node("neg", (right_side,))
    return signed if left == num(0) else Node("add", (left, signed))
