"""A recursive-descent parser from tokens to expression trees.

    sum     := product (("+" | "-") product)*
    product := factor (("*" | "/" | "of" | nothing before a bracket or a name) factor)*
    factor  := "-" factor | "+" factor | power
    power   := atom "%"* ("^" factor)?
    atom    := number | name | "(" sum ")"

Words between tokens (units) have to be removed before; see ``equations.py``.
Not covered: functions, absolute values, factorials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from errata_math.arithmetic.expressions import (
    Expression,
    Name,
    Negative,
    Number,
    Operation,
    Percent,
    Symbol,
)
from errata_math.arithmetic.tokens import Token, fold, tokenize

MAX_DEPTH = 40
MAX_TOKENS = 120

_SUM: dict[str, Symbol] = {"+": "+", "-": "-"}
_PRODUCT: dict[str, Symbol] = {"*": "*", "/": "/"}


class _Unreadable(ValueError):
    """Internal: the tokens are no expression."""


def parse_expression(text: str) -> Expression:
    """The expression that ``text`` is, all of it.

    Raises ValueError when the text is not one arithmetic expression or exceeds the limits
    (120 tokens, 40 levels of nesting).
    """
    return parse_tokens(tokenize(fold(text)))


def parse_tokens(tokens: Sequence[Token]) -> Expression:
    """The expression made of all of ``tokens``. Raises ValueError as ``parse_expression``."""
    if len(tokens) > MAX_TOKENS:
        raise _Unreadable(f"expression of {len(tokens)} tokens; at most {MAX_TOKENS} are read")
    state = _Parser(tokens)
    expression = state.sum()
    if state.position != len(tokens):
        raise _Unreadable(f"expected the end, found {tokens[state.position].text!r}")
    return expression


@dataclass
class _Parser:
    tokens: Sequence[Token]
    position: int = 0
    depth: int = field(default=0)

    def peek(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def sum(self) -> Expression:
        left = self.product()
        while (token := self.peek()) and token.kind == "operator" and token.text in _SUM:
            self.position += 1
            left = Operation(_SUM[token.text], left, self.product())
        return left

    def product(self) -> Expression:
        left = self.factor()
        while token := self.peek():
            if token.kind == "operator" and token.text in _PRODUCT:
                self.position += 1
                left = Operation(_PRODUCT[token.text], left, self.factor())
            elif token.kind == "of":
                self.position += 1
                left = Operation("*", left, self.factor())
            elif token.kind in ("open", "name"):
                left = Operation("*", left, self.factor())
            else:
                break
        return left

    def factor(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Unreadable(f"nested deeper than {MAX_DEPTH} levels")
        token = self.peek()
        if token and token.kind == "operator" and token.text in _SUM:
            self.position += 1
            inner = self.factor()
            result: Expression = Negative(inner) if token.text == "-" else inner
        else:
            result = self.power()
        self.depth -= 1
        return result

    def power(self) -> Expression:
        base = self.atom()
        while (token := self.peek()) and token.kind == "percent":
            self.position += 1
            base = Percent(base)
        if token and token.kind == "operator" and token.text == "^":
            self.position += 1
            return Operation("^", base, self.factor())
        return base

    def atom(self) -> Expression:
        token = self.peek()
        if token is None:
            raise _Unreadable("expected a number, found the end")
        self.position += 1
        if token.kind == "number":
            return Number(token.value if token.value is not None else Fraction(0), token.text)
        if token.kind == "name":
            return Name(token.text)
        if token.kind == "open":
            inner = self.sum()
            closing = self.peek()
            if closing is None or closing.kind != "close":
                raise _Unreadable("expected a closing bracket")
            self.position += 1
            return inner
        raise _Unreadable(f"expected a number, found {token.text!r}")
