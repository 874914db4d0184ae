r"""Brackets, bars, sets, matrices and big operators. Not covered: what they mean (``compare``)."""

from __future__ import annotations

from errata_math.checking.atoms import argument, items
from errata_math.checking.parser import (
    JUXTAPOSED,
    SEPARATORS,
    ParseError,
    Stream,
    parse_expression,
)
from errata_math.checking.tokens import Token
from errata_math.checking.tree import Node

_MATRICES = frozenset(
    {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"}
)
MAX_DETERMINANT = 4
_SYSTEMS = frozenset({"cases", "aligned", "align", "gathered", "split", "dcases", "rcases"})


def bracketed(stream: Stream, token: Token) -> Node:
    """What an opening bracket or bar begins."""
    op = token.value
    if op in ("(", "[", "]"):
        return _sequence(stream, op)
    if op in ("{", "\\{"):
        return _braces(stream, op)
    if op in ("|", "‖"):
        stream.bars += 1
        inner = parse_expression(stream)
        stream.expect(op)
        stream.bars -= 1
        return Node("fn", (inner,), "abs")
    if op in ("⌊", "⌈"):
        rounded = items(stream, "⌋", "⌉")
        if len(rounded) != 1:
            raise ParseError("a floor of a list")
        return Node("fn", tuple(rounded), "floor" if op == "⌊" else "ceil")
    if op == "…":
        return Node("dots")
    if op == "\\\\" and stream.peek() is not None:  # a doubled backslash before a command
        return parse_expression(stream, JUXTAPOSED)
    raise ParseError(f"cannot start with {op!r}")


def _sequence(stream: Stream, opening: str) -> Node:
    closers = ("[", "]", ")") if opening == "]" else (")", "]")
    at, before = stream.at, stream.turned
    stream.turned = int(opening == "]")
    try:
        inner = items(stream, *closers)
    except ParseError:
        if opening != "[":
            raise
        stream.at, stream.bars, stream.turned = at, 0, 1
        inner = items(stream, "[")
    finally:
        stream.turned = before
    closing = stream.tokens[stream.at - 1].value
    if len(inner) == 1 and opening == "(" and closing == ")":
        return inner[0]
    if len(inner) == 1 and inner[0].op in ("matrix", "seq"):
        return inner[0] if inner[0].op == "matrix" else Node("seq", tuple(inner), opening + closing)
    if opening == "]" or closing == "[":
        turned = {"]": "(", "[": ")"}
        opening = "(" if opening == "]" else opening
        closing = turned.get(closing, closing) if closing == "[" else closing
    return Node("seq", tuple(inner), opening + closing)


def _braces(stream: Stream, opening: str) -> Node:
    closing = "}" if opening == "{" else "\\}"
    bars, stream.bars = stream.bars, 1
    out: list[Node] = []
    try:
        while not stream.accept(closing, "}", "\\}"):
            if stream.op() in SEPARATORS:
                stream.take()
                continue
            if stream.peek() is None:
                raise ParseError("a brace that is never closed")
            if out and stream.op() in ("|", ":"):
                stream.take()
                stream.bars = 0
                conditions = items(stream, closing, "}", "\\}")
                return Node("builder", (out[0], *conditions))
            out.append(_member(stream))
    finally:
        stream.bars = bars
    if opening == "{" and len(out) == 1:
        return out[0]
    return Node("set", tuple(out))


def _member(stream: Stream) -> Node:
    """One member of a set; a colon ends it, being the builder's bar."""
    if not _has_builder_colon(stream):
        return parse_expression(stream)
    left = parse_expression(stream, 25)
    if stream.accept("∈"):
        return Node("rel", (left, parse_expression(stream, 25)), ("∈",))
    return left


def _has_builder_colon(stream: Stream) -> bool:
    depth = 0
    for token in stream.tokens[stream.at : stream.at + 8]:
        if token.kind != "o":
            continue
        if token.value == ":" and depth == 0:
            return True
        depth += (token.value in ("(", "[")) - (token.value in (")", "]"))
        if token.value in ("}", "\\}", ","):
            return False
    return False


def environment(stream: Stream, token: Token) -> Node:
    """A matrix, or the equations of a system as a list."""
    rows: list[Node] = []
    row: list[Node] = []
    bars, stream.bars = stream.bars, 0
    while True:
        following = stream.peek()
        if following is None:
            raise ParseError("an environment that is never closed")
        if following.kind == "x":
            stream.take()
            break
        if stream.accept("&"):
            continue
        if stream.accept("\\\\"):
            rows.append(Node("row", tuple(row)))
            row = []
            continue
        if stream.op() in SEPARATORS:
            stream.take()
            continue
        row.append(parse_expression(stream))
    stream.bars = bars
    if row:
        rows.append(Node("row", tuple(row)))
    rows = [r for r in rows if r.args]
    if token.value in _SYSTEMS and any(len(r.args) > 1 for r in rows):
        return Node("piecewise", tuple(rows))
    if token.value in _SYSTEMS:
        return Node("list", tuple(cell for r in rows for cell in r.args), ("and",))
    if token.value not in _MATRICES:
        raise ParseError(f"the environment {token.value}")
    if len({len(r.args) for r in rows}) > 1 or not rows:
        raise ParseError("a matrix with rows of different length")
    matrix = Node("matrix", tuple(rows))
    return determinant(matrix) if token.value == "vmatrix" else matrix


def determinant(matrix: Node) -> Node:
    """The determinant of a small square matrix, written out."""
    rows = [row.args for row in matrix.args]
    if any(len(row) != len(rows) for row in rows) or len(rows) > MAX_DETERMINANT:
        raise ParseError("a determinant of this size")
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for column, cell in enumerate(rows[0]):
        minor = [Node("row", row[:column] + row[column + 1 :]) for row in rows[1:]]
        term = Node("mul", (cell, determinant(Node("matrix", tuple(minor)))))
        terms.append(Node("neg", (term,)) if column % 2 else term)
    return Node("add", tuple(terms))


def big_operator(stream: Stream, token: Token) -> Node:
    r"""``\sum_{k=1}^{n} body`` and relatives: arguments variable, lower, upper, body."""
    lower = upper = Node("num", (), 0)
    while stream.op() in ("_", "^"):
        if stream.take().value == "_":
            lower = argument(stream)
        else:
            upper = argument(stream)
    body = parse_expression(stream, 30 if token.value != "int" else 29)
    variable = Node("text", (), "")
    if lower.op == "rel" and len(lower.args) == 2 and lower.value in (("=",), ("→",)):
        variable, lower = lower.args
    if token.value == "int":
        body, variable = _differential(body)
    if variable.op != "sym" and variable != Node("const", (), "i"):
        raise ParseError(f"a {token.value} without a variable")
    return Node("big", (variable, lower, upper, body), token.value)


def _differential(body: Node) -> tuple[Node, Node]:
    """The integrand and the variable of ``f dx``: the trailing factors d and x."""
    factors = list(body.args) if body.op == "mul" else [body]
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor.args if factor.op == "mul" else [factor])
    if len(flat) >= 2 and flat[-2] == Node("sym", (), "d") and flat[-1].op == "sym":
        rest = flat[:-2]
        integrand = (
            Node("mul", tuple(rest)) if len(rest) > 1 else (rest[0] if rest else Node("num", (), 1))
        )
        return integrand, flat[-1]
    raise ParseError("an integral without a differential")
