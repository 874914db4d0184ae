"""The parsed form of an answer: one immutable node type, compared and hashed by value.

``op`` is one of the names below; ``value`` holds the leaf's content or an operator's parameter.

Leaves: ``num`` (int or Fraction), ``dec`` (Decimal: a decimal as written), ``sym`` (name),
``const`` (pi, e, i, inf, empty, reals, integers, …), ``text`` (words), ``based`` (digits, base),
``dots``.
Operators: ``add mul div neg pow root pm mp fact call fn deg pct unit mixed mod big``; ``fn`` has the
function's name as value, ``call`` the name of an unknown function, ``big`` is sum, prod, int or lim
with arguments (variable, lower, upper, body).
Structures: ``seq`` (value: its two brackets), ``list``, ``set``, ``union inter minus``, ``rel``
(value: the relation signs), ``ratio``, ``matrix`` of ``row``, ``builder``, ``in``, ``or``, ``and``.

Not covered: evaluation, and anything SymPy (see ``symbolic``).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

Rational = int | Fraction


class Decimal(NamedTuple):
    """A decimal as written: its exact value, digits after the point and significant digits."""

    value: Fraction
    places: int
    digits: int


class Node(NamedTuple):
    """One node; see the module for the operators."""

    op: str
    args: tuple[Node, ...] = ()
    value: int | Fraction | str | Decimal | tuple[str, ...] | None = None


def num(value: Rational) -> Node:
    """An exact number."""
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    return Node("num", (), value)


def sym(name: str) -> Node:
    """A variable."""
    return Node("sym", (), name)


PI = Node("const", (), "pi")
E = Node("const", (), "e")
I = Node("const", (), "i")  # noqa: E741  # the imaginary unit's name in mathematics
INF = Node("const", (), "inf")


def signs(node: Node) -> tuple[str, ...]:
    """The relation signs of a ``rel``, the separators of a ``list``; empty for other nodes."""
    value = node.value
    if isinstance(value, tuple) and not isinstance(value, Decimal):
        return value
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree, the root first."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(top.args)


def symbols(node: Node) -> frozenset[str]:
    """The names of the free variables (bound variables of sums included; they do no harm)."""
    return frozenset(str(n.value) for n in walk(node) if n.op == "sym")


def depth(node: Node) -> int:
    """How many levels the tree has; a loop, so that no tree is too deep to be measured."""
    level, deepest = [node], 0
    while level:
        deepest += 1
        level = [arg for part in level for arg in part.args]
    return deepest


def has(node: Node, *ops: str) -> bool:
    """Whether any node of the tree has one of these operators."""
    return any(n.op in ops for n in walk(node))
