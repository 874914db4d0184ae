"""Solution text to tokens: numbers, operators, brackets, equality signs, and the words between.

Linear in the length of the text. LaTeX is folded to plain signs first.

Not covered: number words ("three"), roots, functions, sums written in columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

TokenKind = Literal[
    "number", "name", "word", "of", "operator", "open", "close", "equals", "percent", "break"
]

MAX_TEXT = 20_000
MAX_DIGITS = 40


@dataclass(frozen=True)
class Token:
    """``start`` and ``end`` are offsets in the folded text (see ``fold``)."""

    kind: TokenKind
    text: str
    start: int
    end: int
    value: Fraction | None = None


_FOLDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"\\(?:text|mathrm|textbf|mathbf|operatorname)\s*\{([^{}]{0,200})\}", r" \1 "),
        (r"\\[dt]?frac\s*\{([^{}]{1,200})\}\s*\{([^{}]{1,200})\}", r"((\1)/(\2))"),
        (r"\\[dt]?frac\s*(\d)\s*(\d)", r"(\1/\2)"),
        (r"\\boxed\s*\{([^{}]{0,200})\}", r" \1 "),
        (r"\\(?:times|cdot|ast)(?![A-Za-z])", " * "),
        (r"\\div(?![A-Za-z])", " / "),
        (r"\\approx(?![A-Za-z])|≈|≃|≅", " ≈ "),
        (r"\\(?:left|right|displaystyle|quad|qquad)(?![A-Za-z])", " "),
        (r"\\[\[\]()]", " ; "),
        (r"\\%", "%"),
        (r"\\\$", " "),
        (r"\\\\", " ; "),
        (r"\\[,;:! ]", " "),
        (r"(?<=[\d)])\*\*(?=[\d(])", "^"),
        (r"//", "/"),
        (r"(?<=[\d)%]) ?[xX] ?(?=[\d($])", " * "),
        (r"\*\*", " "),
        (r"/ +(\d{1,9}/\d{1,9})(?![\d/])", r"/ (\1)"),
        (r"\bdivided by\b", " / "),
        (r"\bmultiplied by\b", " * "),
        (r"\b(?:is equal to|equals)\b", " = "),
        (r"\bpercent\b", "%"),
        (r"\([^()\d=]{0,100}\)", " "),
        (r"(?<=[A-Za-z])/(?=[A-Za-z])|(?<=\d)/(?=[A-Za-z]{2})", " per "),
        (r"(?<=\d)-(?=[A-Za-z]{2})", " "),
    )
)

_TOKEN = re.compile(
    r"(?P<clock>\d{1,2}:\d{2}(?!\d))"
    r"|(?P<mixed>\d+ +\d+/\d+(?![\d/.]))"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?![\d])(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w.])\.\d+)"
    r"|(?P<vulgar>[½¼¾⅓⅔])"
    r"|(?P<approximately>≈)"
    r"|(?P<relation>[<>!≤≥≠=]=+|=>|->|→|⇒|[<>≤≥≠])"
    r"|(?P<equals>=)"
    r"|(?P<operator>[-+*/^×÷·∗•−–—])"
    r"|(?P<open>[(\[])|(?P<close>[)\]])"
    r"|(?P<percent>%)"
    r"|(?P<word>[A-Za-zÀ-ÿ_][A-Za-zÀ-ÿ_0-9]*(?:['’-][A-Za-zÀ-ÿ_]+)*)"
    r"|(?P<skip>[\s$£€¢`\"“”'’\\{}°]+)"
    r"|(?P<break>.)",
    re.DOTALL,
)

_SIGNS = {"×": "*", "·": "*", "∗": "*", "•": "*", "÷": "/", "−": "-", "–": "-", "—": "-"}
_VULGAR = {
    "½": Fraction(1, 2),
    "¼": Fraction(1, 4),
    "¾": Fraction(3, 4),
    "⅓": Fraction(1, 3),
    "⅔": Fraction(2, 3),
}
_WORD_SIGNS = {"times": "*", "plus": "+", "minus": "-"}


def fold(text: str) -> str:
    """LaTeX and spelt operators as plain signs; at most 20,000 characters are read."""
    text = text[:MAX_TEXT]
    for pattern, put in _FOLDS:
        text = pattern.sub(put, text)
    return text


def tokenize(folded: str) -> list[Token]:
    """Tokens of a folded text. Currency signs and quotes vanish; a lone letter is a name.

    The letter x between two operands is a multiplication sign.
    """
    tokens: list[Token] = []
    for match in _TOKEN.finditer(folded):
        group = match.lastgroup or "break"
        if group == "skip":
            if "\n" in match.group():
                tokens.append(Token("break", "\n", match.start(), match.end()))
            continue
        tokens.append(_token(group, match))
    return _settle_letters(tokens)


_PLAIN_KINDS: dict[str, TokenKind] = {
    "approximately": "equals",
    "break": "break",
    "clock": "word",
    "close": "close",
    "equals": "equals",
    "mixed": "number",
    "number": "number",
    "open": "open",
    "operator": "operator",
    "percent": "percent",
    "relation": "break",
    "vulgar": "number",
}


def _token(group: str, match: re.Match[str]) -> Token:
    text, start, end = match.group(), match.start(), match.end()
    if group == "word":
        glued = start > 0 and match.string[start - 1].isdigit()
        kind, text = _word(text, glued)
        return Token(kind, text, start, end)
    kind = _PLAIN_KINDS[group]
    if kind == "number":
        value = number_value(text)
        return Token("word" if value is None else kind, text, start, end, value)
    return Token(kind, _SIGNS.get(text, text), start, end)


def _word(text: str, glued: bool) -> tuple[TokenKind, str]:
    """What a word is: "of", an operator in words, a name (one letter, or with underscores)."""
    lower = text.lower()
    if lower in _WORD_SIGNS:
        return "operator", _WORD_SIGNS[lower]
    if lower == "of":
        return "of", text
    letter = len(text) == 1 and (lower != "a" or glued)
    return ("name" if letter or "_" in text else "word"), text


def number_value(text: str) -> Fraction | None:
    """A plain, comma-grouped, mixed ("1 1/2") or single-character number; None beyond 40 digits."""
    if text in _VULGAR:
        return _VULGAR[text]
    if len(text) > MAX_DIGITS:
        return None
    if "/" in text:
        whole, _, part = text.partition(" ")
        top, _, bottom = part.strip().partition("/")
        return int(whole) + Fraction(int(top), int(bottom)) if int(bottom) else None
    return Fraction(text.replace(",", ""))


_OPERAND_ENDS = ("number", "close", "percent", "name")


def _settle_letters(tokens: list[Token]) -> list[Token]:
    """x as a sign between operands; other letters inside prose as words."""
    settled: list[Token] = []
    for index, token in enumerate(tokens):
        if token.kind != "name" or token.text not in ("x", "X"):
            settled.append(token)
            continue
        before = settled[-1] if settled else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        glued = before is not None and before.kind == "number" and before.end == token.start
        operand_after = after is not None and after.kind in ("number", "open", "name")
        operand_before = before is not None and before.kind in (*_OPERAND_ENDS, "word")
        tight = glued and after is not None and after.start != token.end
        if operand_before and operand_after and not tight:
            settled.append(Token("operator", "*", token.start, token.end))
        else:
            settled.append(token)
    return settled
