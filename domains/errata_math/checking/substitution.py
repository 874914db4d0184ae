"""Replacing names in a tree. Not covered: capture of bound variables, which answers do not have."""

from __future__ import annotations

from collections.abc import Mapping

from errata_math.checking.tree import Node


def substituted(node: Node, values: Mapping[str, Node]) -> Node:
    """``node`` with every variable of ``values`` replaced; a bound variable of that name is not."""
    if node.op == "sym":
        return values.get(str(node.value), node)
    if not node.args:
        return node
    if node.op == "big" and node.args[0].op == "sym" and node.args[0].value in values:
        bound = str(node.args[0].value)
        values = {name: value for name, value in values.items() if name != bound}
    return Node(node.op, tuple(substituted(arg, values) for arg in node.args), node.value)
