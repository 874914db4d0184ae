"""Tokens to a tree: one precedence-climbing parser for LaTeX, ASCII and Unicode mathematics.

Recursive, but each nesting level costs few frames and depth is capped; redundant parentheses and
sign chains are collapsed first, so harmless deep input stays harmless. What cannot be read wholly
raises ParseError: nothing is ever salvaged from a half-read answer. Atoms are in ``atoms``; the
reading of words around an answer is in ``answer``.
"""

from __future__ import annotations

import re

from errata_math.checking.tokens import Token
from errata_math.checking.tree import Node, num
from errata_math.checking.units import LETTER_WORDS, SCALES, dimension, is_unit_word
from errata_math.checking.vocabulary import listed

MAX_DEPTH = 80
RELATIONS = frozenset({"=", "<", ">", "<=", ">=", "!=", "≈", "≡", "∈", "∉", "⊂", "→", "~"})
_BINARY = {
    **dict.fromkeys(RELATIONS, 10), "∪": 20, "∩": 20, "∖": 20, ":": 25, "mod": 28, "+": 30,
    "-": 30, "±": 30, "∓": 30, "*": 40, "/": 40, "choose": 42, "over": 5,
}  # fmt: skip
JUXTAPOSED = 40
UNARY = 38
POWER = 60
CLOSERS = frozenset({")", "]", "}", "\\}", "⌋", "⌉", "&", "\\\\"})
SEPARATORS = frozenset({",", ";", "and", "or"})
_STARTS = frozenset({"…", "(", "[", "{", "\\{", "⌊", "⌈"})
_SILENT = frozenset({".", "`", "?", "!"})
# Words after which a condition or a comment follows, up to the next separator.
COMMENTS = frozenset(
    listed(
        "for where when with such if is are as while since because whenever only in on at "
        "per of from respectively does that which by to"
    )
)


_VOWEL = re.compile("[aeiou]")


# Words after which everything is explanation.
_FINAL = frozenset({"is", "are", "since", "because", "that", "which", "as", "while", "does"})


class ParseError(ValueError):
    """The tokens are no answer this parser knows how to read; the message says where it stopped."""


class Stream:
    """A cursor over the tokens, with the parser's small state."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = collapse([t for t in tokens if t.value != "."])
        self.at = 0
        self.depth = 0
        self.turned = 0  # >0: inside ]…[, where an opening bracket closes
        self.inside = 0  # how many brackets are open
        self.bars = 0  # >0: inside |…| or a set-builder, where a bar closes

    def peek(self) -> Token | None:
        """The next token, or None at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def op(self) -> str:
        """The next token's value when it is an operator, else the empty string."""
        if self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == "o":
                return token.value
        return ""

    def take(self) -> Token:
        """The next token; raises ParseError at the end."""
        if self.at >= len(self.tokens):
            raise ParseError("ends in the middle of an expression")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *values: str) -> bool:
        """Take the next token when it is one of these operators."""
        if self.op() in values:
            self.at += 1
            return True
        return False

    def expect(self, *values: str) -> str:
        """Take the next token, which must be one of these operators."""
        found = self.op()
        if found not in values or not found:
            raise ParseError(f"expected {' or '.join(values)} at token {self.at + 1}")
        self.at += 1
        return found


def collapse(tokens: list[Token]) -> list[Token]:
    """The tokens without doubled parentheses ((…)): linear, so deep nesting is cheap."""
    if len(tokens) < 12:
        return tokens
    partner: dict[int, int] = {}
    open_at: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind == "o":
            if token.value in ("(", "{"):
                open_at.append(index)
            elif token.value in (")", "}") and open_at:
                partner[open_at.pop()] = index
    drop = {
        position
        for start, end in partner.items()
        if partner.get(start + 1) == end - 1 and tokens[start + 1].value == tokens[start].value
        for position in (start, end)
    }
    return [t for index, t in enumerate(tokens) if index not in drop] if drop else tokens


def parse_expression(stream: Stream, power: int = 0) -> Node:
    """One expression whose operators all bind more tightly than ``power``."""
    stream.depth += 1
    if stream.depth > MAX_DEPTH:
        raise ParseError(f"nested more than {MAX_DEPTH} levels deep")
    left = _prefix(stream)
    while True:
        token = stream.peek()
        if token is None:
            break
        if token.kind == "o":
            strength = _BINARY.get(token.value, 0)
            if strength:
                if strength <= power:
                    break
                left = _binary(stream, left, token.value, strength)
                continue
            if token.value == "…" and left.op not in ("add", "mul", "sym", "pow"):
                break
            if token.value == "[" and stream.turned:
                break
            if not (token.value in _STARTS or (token.value == "|" and not stream.bars)):
                break
        if power >= JUXTAPOSED + 1:
            break
        joined = _juxtaposed(stream, left, token, power)
        if joined is None:
            break
        left = joined
    stream.depth -= 1
    return left


def _prefix(stream: Stream) -> Node:
    """An operand, with any run of signs before it (a loop: a thousand signs are no deep nest)."""
    sign = 1
    while True:
        if stream.accept("-"):
            sign = -sign
        elif not stream.accept("+"):
            break
    if stream.op() in ("±", "∓"):
        kind = "pm" if stream.take().value == "±" else "mp"
        node = Node(kind, (num(0), parse_expression(stream, UNARY)))
    elif sign < 0:
        return Node("neg", (parse_expression(stream, UNARY),))
    else:
        node = parse_power(stream)
    return node if sign > 0 else Node("neg", (node,))


def _binary(stream: Stream, left: Node, op: str, strength: int) -> Node:
    stream.take()
    if op in RELATIONS:
        parts, signs = [left], []
        while True:
            signs.append(op)
            parts.append(parse_expression(stream, strength))
            op = stream.op()
            if op not in RELATIONS:
                return Node("rel", tuple(parts), tuple(signs))
            stream.take()
    right = parse_expression(stream, strength)
    if op in "+-":
        right = right if op == "+" else Node("neg", (right,))
        return Node("add", (*left.args, right) if left.op == "add" else (left, right))
    if op == "*":
        return Node("mul", (*left.args, right) if left.op == "mul" else (left, right))
    if op == ":":
        return Node("ratio", (*left.args, right) if left.op == "ratio" else (left, right))
    name = {"/": "div", "±": "pm", "∓": "mp", "∪": "union", "∩": "inter", "∖": "minus",
            "mod": "mod", "choose": "fn", "over": "div"}[op]  # fmt: skip
    return Node(name, (left, right), "binom" if op == "choose" else None)


def _juxtaposed(stream: Stream, left: Node, token: Token, power: int) -> Node | None:
    """``left`` extended by what stands right behind it without an operator; None when nothing
    that belongs to it does."""
    kind = token.kind
    if kind in ("t", "w"):
        return _trailing_words(stream, left, token)
    if kind == "x" or (power >= JUXTAPOSED and kind != "e"):
        return None
    before = stream.tokens[stream.at - 1].kind if stream.at else ""
    if kind == "n":
        return _after_number(stream, left, before)
    bare_integer = left.op == "num" and before == "n"
    right = parse_power(stream)
    if right.op == "call" and right.value == "pmod":
        return Node("unit", (left,), f"mod {right.args[0]!r}")
    if bare_integer and kind == "m":
        fraction = right.args[0] if right.op in ("pct", "deg") else right
        if _proper(fraction):
            mixed = Node("mixed", (left, fraction))
            return mixed if right is fraction else Node(right.op, (mixed,))
    return Node(
        "mul", (*left.args, right) if left.op == "mul" and left.value is None else (left, right)
    )


def _after_number(stream: Stream, left: Node, before: str) -> Node | None:
    """A numeral behind ``left``: the fraction of a mixed number, or a factor."""
    from errata_math.checking.atoms import postfix  # mutually recursive

    if left.op == "num" and before == "n":
        upper = stream.take()
        following = stream.tokens[stream.at + 1 : stream.at + 2]
        if stream.op() == "/" and following and following[0].kind == "n":
            stream.take()
            lower = stream.take()
            if not (upper.value.isdigit() and lower.value.isdigit()):
                raise ParseError("two numbers side by side")
            right = Node("div", (num(int(upper.value[:300])), num(int(lower.value[:300]))))
            kind = "mixed" if _proper(right) else "improper"
            return postfix(stream, Node(kind, (left, right)))
        raise ParseError("two numbers side by side")
    if left.op == "unit":
        return _compound(stream, left)
    return Node("mul", (left, parse_power(stream)))


def _compound(stream: Stream, left: Node) -> Node:
    """``5 feet 6 inches``: the sum, in the second unit."""
    second = _unit(stream, parse_power(stream))
    large, small = dimension(str(left.value)), dimension(str(second.value or ""))
    if second.op != "unit" or large is None or small is None or large[0] != small[0]:
        raise ParseError("two quantities side by side")
    scaled = Node("mul", (left.args[0], num(large[1] / small[1])))
    return Node("unit", (Node("add", (scaled, second.args[0])),), second.value)


def _proper(node: Node) -> bool:
    if node.op != "div" or node.args[0].op != "num" or node.args[1].op != "num":
        return False
    top, bottom = node.args[0].value, node.args[1].value
    return isinstance(top, int) and isinstance(bottom, int) and 0 <= top < bottom


def _trailing_words(stream: Stream, left: Node, token: Token) -> Node:
    """``left`` with the words behind it: a comment, an angle, a scale word, a product of letters,
    or a unit."""
    words = token.value.lower().split()
    first = words[0].strip(".,;:") if words else ""
    if first in COMMENTS and not is_unit_word(first):
        skip_comment(stream, to_end=first in _FINAL)
        return left
    if token.value in ("angle", "triangle"):
        return Node("mul", (left, parse_power(stream)))
    if first in SCALES:
        stream.take()
        return Node("mul", (left, num(SCALES[first])))
    if token.value in ("th", "st", "nd", "rd"):
        stream.take()
        return left
    return _letters(stream, left, token) or _unit(stream, left)


def _letters(stream: Stream, left: Node, token: Token) -> Node | None:
    """``2 xy``: the product with each letter, when the run of letters is no word or unit."""
    word = token.value
    wordlike = word in LETTER_WORDS or (len(word) == 3 and _VOWEL.search(word))
    if token.kind != "w" or len(word) > 3 or is_unit_word(word) or wordlike:
        return None
    stream.take()
    factors = tuple(Node("sym", (), letter) for letter in word)
    return Node("mul", (*left.args, *factors) if left.op == "mul" else (left, *factors))


def skip_comment(stream: Stream, *, to_end: bool = False) -> None:
    """Pass over words and conditions up to the next separator or closing bracket, or wholly."""
    if to_end and not stream.inside:
        stream.at = len(stream.tokens)
    depth = 0
    while (token := stream.peek()) is not None:
        if token.kind == "o":
            if depth == 0 and (token.value in SEPARATORS or token.value in CLOSERS):
                return
            depth += (token.value in _STARTS) - (token.value in CLOSERS)
        stream.take()


def _unit(stream: Stream, left: Node) -> Node:
    """``left`` with the unit or noun that follows it, exponents and ``/`` included."""
    words: list[str] = []
    while (token := stream.peek()) is not None:
        if token.kind in ("t", "w"):
            word = token.value
            if word.lower() in COMMENTS and not is_unit_word(word):
                skip_comment(stream)
                break
            words.append(word)
        elif token.kind == "l" and words and words[-1] in ("per", "/"):
            words.append(token.value)
        elif token.kind == "o" and token.value in ("/", "^") and words:
            following = stream.tokens[stream.at + 1 : stream.at + 4]
            if token.value == "/" and not (following and following[0].kind in ("t", "w", "l")):
                break
            if token.value == "^":
                stream.take()
                words.append("^" + _exponent(stream))
                continue
            words.append("/")
        else:
            break
        stream.take()
    if left.op in ("rel", "list"):
        return left
    return Node("unit", (left,), " ".join(words))


def _exponent(stream: Stream) -> str:
    braces = 0
    text = ""
    while (token := stream.peek()) is not None:
        if token.value == "{":
            braces += 1
        elif token.value == "}":
            braces -= 1
        else:
            text += token.value
        stream.take()
        if braces == 0:
            break
    return text


def parse_power(stream: Stream) -> Node:
    """An atom with its postfix signs and powers."""
    from errata_math.checking.atoms import atom, degrees, postfix  # mutually recursive

    base = postfix(stream, atom(stream))
    while stream.op() == "^":
        stream.take()
        mark = stream.peek()
        if mark is None or mark.value in CLOSERS:  # "90^": a degree sign lost
            return base
        if mark.value in ("°", "'") or _braced_sign(stream):
            while stream.accept("{", "}", "°", "'"):
                pass
            base = degrees(stream, base)
        else:
            base = _raise(stream, base)
        base = postfix(stream, base)
    return base


def _braced_sign(stream: Stream) -> bool:
    r"""Whether ``{\circ}`` comes next."""
    following = [token.value for token in stream.tokens[stream.at : stream.at + 3]]
    return following == ["{", "°", "}"]


def _raise(stream: Stream, base: Node) -> Node:
    if stream.op() == "-":
        stream.take()
        exponent = Node("neg", (parse_power(stream),))
    elif stream.op() == "+":
        stream.take()
        exponent = parse_power(stream)
    else:
        exponent = parse_expression(stream, POWER)
    if exponent.op == "deg" and exponent.args[0].op == "text":
        return Node("deg", (base,))
    if exponent.op == "text":
        word = str(exponent.value).strip()
        if word in ("th", "st", "nd", "rd"):
            return base
        if word in ("o", "circ"):
            return Node("deg", (base,))
    return Node("pow", (base, exponent))
