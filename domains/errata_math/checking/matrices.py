"""Matrices as grids of expressions, with the little arithmetic answers use. Not covered: inverses."""

from __future__ import annotations

from errata_math.checking.tree import Node, num

Grid = tuple[tuple[Node, ...], ...]
MAX_CELLS = 2_500
MAX_POWER = 8


def grid(node: Node) -> Grid | None:
    """The cells of a matrix expression, None when it is none (or too large to expand)."""
    if node.op == "matrix":
        return tuple(row.args for row in node.args)
    if node.op == "seq" and node.args and all(arg.op == "seq" for arg in node.args):
        rows = tuple(arg.args for arg in node.args)
        return rows if len({len(row) for row in rows}) == 1 and node.value == "[]" else None
    if node.op == "neg":
        inner = grid(node.args[0])
        return None if inner is None else _scaled(num(-1), inner)
    if node.op == "div":
        inner = grid(node.args[0])
        return None if inner is None else _scaled(Node("div", (num(1), node.args[1])), inner)
    if node.op in ("add", "mul", "pow"):
        return _combined(node)
    return None


def _combined(node: Node) -> Grid | None:
    parts = [grid(arg) for arg in node.args]
    if node.op == "pow":
        base, exponent = parts[0], node.args[1].value
        if base is None or not isinstance(exponent, int) or not 1 <= exponent <= MAX_POWER:
            return None
        total: Grid | None = base
        for _ in range(exponent - 1):
            total = _product(total, base) if total is not None else None
        return total
    found = [part for part in parts if part is not None]
    if not found:
        return None
    if node.op == "add":
        return _sum(found) if len(found) == len(parts) else None
    total = found[0]
    for part in found[1:]:
        total = _product(total, part) if total is not None else None
    scalars = [arg for arg, part in zip(node.args, parts, strict=True) if part is None]
    for scalar in scalars:
        total = _scaled(scalar, total) if total is not None else None
    return total


def _scaled(factor: Node, cells: Grid) -> Grid:
    return tuple(tuple(Node("mul", (factor, cell)) for cell in row) for row in cells)


def _sum(parts: list[Grid]) -> Grid | None:
    if len({(len(p), len(p[0])) for p in parts}) != 1:
        return None
    return tuple(
        tuple(Node("add", cells) for cells in zip(*rows, strict=True))
        for rows in zip(*parts, strict=True)
    )


def _product(one: Grid, two: Grid) -> Grid | None:
    if len(one[0]) != len(two) or len(one) * len(two) * len(two[0]) > MAX_CELLS:
        return None
    columns = list(zip(*two, strict=True))
    return tuple(
        tuple(
            Node("add", tuple(Node("mul", pair) for pair in zip(row, column, strict=True)))
            if len(row) > 1
            else Node("mul", (row[0], column[0]))
            for column in columns
        )
        for row in one
    )
