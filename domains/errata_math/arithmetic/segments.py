"""The expression that the words between two equality signs end or begin with.

Read backwards from a sign, units behind numbers are passed over until an operator or the first
operand ("so for 5 days he needs 3 pens * 4 =" ends with 3 * 4); read forwards likewise.
Not covered: what the expression means (``equations.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

from errata_math.arithmetic.expressions import Expression
from errata_math.arithmetic.grammar import parse_tokens
from errata_math.arithmetic.tokens import Token

Span = tuple[Expression, int, int]

MAX_UNIT_WORDS = 6
_ARTICLES = frozenset({"the", "these", "those", "her", "his", "its", "their"})
_BEFORE_RESULT = frozenset(
    {"a", "about", "an", "approximately", "around", "roughly", "only", "just", "the", "total"}
    | {"exactly", "rs", "usd", "dollars"}
)


def trailing(tokens: Sequence[Token], whole: bool = False) -> Span | None:
    """The expression a segment ends with, and its offsets; None when there is none.

    With ``whole`` (the middle of a chain) only words may come before the expression: "… = 3 apples and
    4 + 1 = …" is not a chain, and the second equation begins behind the words.
    """
    reader = _Backwards(tokens)
    while reader.index > 0 and reader.take():
        reader.index -= 1
    before = tokens[reader.index - 1] if reader.index > 0 else None
    if not reader.kept or (whole and before is not None and before.kind != "word"):
        return None
    kept = reader.kept[::-1]
    if reader.need and kept[0].kind == "operator":
        if before is not None or len(kept) < 2:
            return None  # the first operand is a word: "price - 5"
        if kept[0].text in "+*/" or kept[1].start > kept[0].end:
            if tokens[0].kind != "operator":
                return None
            kept = kept[1:]  # a list mark at the beginning of the line
    return _parsed(kept)


def leading(tokens: Sequence[Token]) -> Span | None:
    """The expression a segment begins with, and its offsets; None when there is none."""
    reader = _Forwards(tokens)
    while reader.index < len(tokens) and reader.take():
        reader.index += 1
    return _parsed(reader.kept[: reader.complete])


def _parsed(kept: Sequence[Token]) -> Span | None:
    if not kept:
        return None
    try:
        return parse_tokens(kept), kept[0].start, kept[-1].end
    except ValueError:
        return None


class _Backwards:
    """Takes tokens from the end; ``need`` tells that an operand has to come next."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.index = len(tokens)
        self.kept: list[Token] = []
        self.need = True
        self.words = self.brackets = 0

    def take(self) -> bool:
        """Takes or passes over the token before ``index``; False when the expression is over."""
        token = self.tokens[self.index - 1]
        if self.brackets:
            return self._inside(token)
        if token.kind == "word":
            return self._pass_over(token)
        if token.kind == "of":
            return self._of(token)
        fits = {
            "close": self.need,
            "percent": self.need,
            "number": self.need or self._glued(token),
            "name": self.need or self._glued(token),
            "operator": not self.need or self._sign(),
        }
        if not fits.get(token.kind, False):
            return False
        self.kept.append(token)
        self.brackets += token.kind == "close"
        if token.kind in ("number", "name"):
            self.need, self.words = False, 0
        elif token.kind == "operator":
            self.need, self.words = True, 0
        return True

    def _inside(self, token: Token) -> bool:
        if token.kind != "word":
            self.kept.append(token)
        self.brackets += {"close": 1, "open": -1}.get(token.kind, 0)
        self.need = False
        return True

    def _pass_over(self, token: Token) -> bool:
        """Words behind a number are its unit; before one they end the expression, but for "of the"."""
        self.words += 1
        of_the = (
            not self.need
            and self.index > 1
            and self.tokens[self.index - 2].kind == "of"
            and token.text.lower() in _ARTICLES
        )
        return self.words <= MAX_UNIT_WORDS and (self.need or of_the)

    def _of(self, token: Token) -> bool:
        if not self.need:
            if not _fraction_before(self.tokens, self.index - 1):
                return False
            self.kept.append(token)
            self.need = True
        return True

    def _glued(self, token: Token) -> bool:
        """ "3x" and "2(": an operand right before a name or a bracket."""
        after = self.kept[-1] if self.kept else None
        return after is not None and after.start == token.end and after.kind in ("name", "open")

    def _sign(self) -> bool:
        """Whether the last taken token is the sign of the number behind it ("3 + -5")."""
        kept = self.kept
        return len(kept) > 1 and kept[-1].text == "-" and kept[-1].end == kept[-2].start


class _Forwards:
    """Takes tokens from the beginning; ``complete`` of them make an expression."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.kept: list[Token] = []
        self.need = True
        self.depth = self.complete = 0
        while self.index < len(tokens) and tokens[self.index].text.lower() in _BEFORE_RESULT:
            self.index += 1

    def take(self) -> bool:
        """Takes or passes over the token at ``index``; False when the expression is over."""
        token = self.tokens[self.index]
        if token.kind == "word":
            return not self.need or self.depth > 0
        tight = self.index > 0 and self.tokens[self.index - 1].end == token.start
        fits = {
            "number": self.need,
            "name": self.need or tight,
            "open": self.need or tight,
            "close": not self.need and self.depth > 0,
            "percent": not self.need,
            "operator": not self.need or token.text == "-",
            "of": not self.need and _fraction_before(self.tokens, self.index),
        }
        if not fits.get(token.kind, False):
            return False
        self.kept.append(token)
        self.depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if token.kind in ("open", "operator", "of"):
            self.need = True
        elif token.kind in ("number", "name"):
            self.need = False
        if not self.need and not self.depth:
            self.complete = len(self.kept)
        return True


def _fraction_before(tokens: Sequence[Token], index: int) -> bool:
    """Whether "of" follows a percentage or a fraction, and so multiplies."""
    while (
        index > 0 and tokens[index - 1].kind == "word" and tokens[index - 1].text.lower() == "the"
    ):
        index -= 1
    if index == 0:
        return False
    last = tokens[index - 1]
    if last.kind in ("percent", "close"):
        return True
    divided = index > 1 and tokens[index - 2].text == "/"
    share = last.value is not None and 0 < last.value < 1
    return last.kind == "number" and (divided or share)
