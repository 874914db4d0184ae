r"""Reading a bare answer: the text around the mathematics, and lists at the top.

Strips boxes, dollar signs, emphasis and end punctuation, repairs doubled backslashes, decides
whether the answer is words, and parses the rest wholly or not at all. Not covered: comparing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from errata_math.checking.boxes import brace_partners
from errata_math.checking.characters import to_latex
from errata_math.checking.parser import (
    COMMENTS,
    SEPARATORS,
    ParseError,
    Stream,
    parse_expression,
    skip_comment,
)
from errata_math.checking.tokens import NotMathematics, Token, tokenize
from errata_math.checking.tree import Node, depth, has
from errata_math.checking.units import SCALES
from errata_math.checking.vocabulary import COMMANDS, TEXTS, WRAPPERS, listed

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(?=\{)")
_DOUBLED = re.compile(r"\\\\([A-Za-z]{2,})")
_KNOWN = frozenset(COMMANDS) | TEXTS | WRAPPERS
_BRACED_ARRAY = re.compile(r"\\left\s*\\\{\s*\\begin\{array\}(?:\{[^{}]*\})?")
_RATE = re.compile(
    r"(?<=[\d}])\s*(km|cm|mm|m|ft|mi)\s*/\s*(seconds?|sec|s|hours?|hr|h|min)\b(?!\s*[\^*])"
)
_RANGE = re.compile(r"(?<=\d)\s+to\s+(?=\d)")
_EMPHASIS = re.compile(r"\A(\*{1,2}|_{2}|`)(.+?)\1\Z", re.DOTALL)
_WRAP = re.compile(
    r"\\(?:text|textbf|textrm|textit|mbox|mathrm|mathbf|textnormal|rm)\s*\{([^{}]*)\}"
)
_NOISE = re.compile(r"\\(?:left|right|displaystyle|quad|qquad|[,;:! ])(?![A-Za-z])|[\s$~]+")
_CURRENCY = re.compile(
    r"\\\$|(?<![\w}])\$(?=\s*[\d.])|(?<=[\d.])\$|[€£¥₹]|\\(?:euro|pounds|textdollar)\b|\bUSD\b"
)
_TIMES = re.compile(r"(\d)\s*[xX]\s*(10\s*\^|10\s*\*\*)|(?<=\d)\s+x\s+(?=\d)")
# "17 (rounded)": words in brackets at the end
_ASIDE = re.compile(
    r"(?<=[\w}])\s+\((?=[^()]*[A-Za-z]{4})[A-Za-z ,.'-]+\)\s*\Z|(?<=\d)\s+\([A-Za-z][A-Za-z. ]+\)"
)
_APPROX = re.compile(r"\A(?:\\approx|\\sim|~)\s*(?=[-\d.\\])")
_WORD = re.compile(r"[A-Za-z]+|[\u00c0-\uffff]+|\d+|[<>=+*/^|!]|\\(?:le|ge|ne)q?")
WORDY = 5  # so many words make a sentence, whatever formulas stand among them
MAX_TREE_DEPTH = 150
MAX_REMEMBERED = 1_000  # characters; longer texts would make the memory of answers large
_ENDS = " \t\n.,;:"


@dataclass(frozen=True)
class Answer:
    """One answer as read. ``node`` is None when it is words or could not be parsed; ``words`` are
    its words in lower case; ``prose`` says that it is words; ``compact`` is the text without
    looks, for comparison as text."""

    raw: str
    compact: str
    node: Node | None = None
    words: tuple[str, ...] = ()
    prose: bool = False
    problem: str = ""
    alternatives: tuple[Node, ...] = field(default=())


def read(text: str) -> Answer:
    """The answer that ``text`` is; short ones are remembered, so a gold is parsed once. Never
    raises."""
    return _remembered(text) if len(text) <= MAX_REMEMBERED else _read(text)


@lru_cache(maxsize=4096)
def _remembered(text: str) -> Answer:
    return _read(text)


def _read(text: str) -> Answer:
    cleaned = clean(text)
    compact = _NOISE.sub("", _WRAP.sub(r"\1", cleaned)).replace("dfrac", "frac").replace(
        "tfrac", "frac")  # fmt: skip
    words = tuple(
        word.lower() if len(word) > 1 else word for word in _WORD.findall(_plain_words(cleaned))
    )
    try:
        tokens = tokenize(cleaned)
    except NotMathematics as problem:
        return Answer(text, compact, None, words, False, str(problem))
    if _is_prose(tokens):
        return Answer(text, compact, _prose_value(tokens, words), words, True)
    try:
        node = parse_answer(tokens)
    except (ParseError, RecursionError) as problem:
        reason = "nested too deeply" if isinstance(problem, RecursionError) else str(problem)
        wordy = _is_wordy(tokens)
        return Answer(text, compact, None, words, wordy, reason)
    if has(node, "text") and sum(len(word) > 1 for word in words) >= WORDY:
        return Answer(text, compact, None, words, True)  # a sentence that happens to parse
    return Answer(text, compact, node, words, False, "", _alternatives(cleaned, tokens))


def clean(text: str) -> str:
    """``text`` without boxes, dollars, emphasis and closing punctuation, in plain characters."""
    text = to_latex(text.strip())
    if "\\" in text:
        if "\\\\" in text and not re.search(r"(?<!\\)\\begin", text):
            text = _DOUBLED.sub(lambda m: m[0][1:] if m[1] in _KNOWN else m[0], text)
        text = _BRACED_ARRAY.sub(r"\\begin{cases}", text) if "array" in text else text
        text = _unboxed(text)
    text = _CURRENCY.sub(" ", _APPROX.sub("", text.lstrip("= ")))
    text = _TIMES.sub(r"\1\\times \2", text)
    text = _RATE.sub(r"\\text{ \1 per \2}", _RANGE.sub(":", _ASIDE.sub("", text)))
    for _ in range(3):
        stripped = text.strip(_ENDS + "$" if text.count("$") != 1 else _ENDS)
        if re.match(r"[\s$]*\.\d", text) and stripped[:1].isdigit():
            stripped = "." + stripped  # .5 keeps its point
        if stripped.endswith("\\") and not stripped.endswith("\\\\"):
            stripped = stripped[:-1]
        if len(stripped) > 2 and stripped[0] == stripped[-1] and stripped[0] in "'\"":
            stripped = stripped[1:-1]
        found = _EMPHASIS.match(stripped)
        stripped = found[2] if found is not None else stripped
        if stripped == text:
            break
        text = stripped
    return text


def _unboxed(text: str) -> str:
    """The text with each box replaced by its content."""
    if "boxed" not in text and "fbox" not in text and "framebox" not in text:
        return text
    partners = brace_partners(text)
    spans: list[tuple[int, int]] = []
    for found in _BOX.finditer(text):
        close = partners.get(found.end())
        if close is not None:
            spans += [(found.start(), found.end() + 1), (close, close + 1)]
    out: list[str] = []
    at = 0
    for start, end in sorted(spans):
        out.append(text[at:start])
        at = end
    return "".join(out) + text[at:]


def _plain_words(text: str) -> str:
    return re.sub(r"\\(?!(?:le|ge|ne)q?\b)[A-Za-z]+", " ", _WRAP.sub(r" \1 ", text))


def _is_prose(tokens: list[Token]) -> bool:
    """Whether the answer is words alone: at least one, and no number, operator or relation."""
    words = 0
    for token in tokens:
        if token.kind in ("t", "w") and token.value[:1].isalpha():
            if token.kind == "w" and len(token.value) <= 2 and len(tokens) == 1:
                return token.value.lower() == "no"
            words += 1
        elif token.kind in ("l",) or token.value in (
            ",",
            "-",
            "and",
            "or",
            "'",
            "(",
            ")",
            "&",
            ";",
        ):
            continue
        elif token.kind == "w" and not token.value.isascii():
            words += 1
        else:
            return False
    return words > 0


def _is_wordy(tokens: list[Token]) -> bool:
    """Whether an answer that could not be parsed is words rather than broken notation."""
    words = sum(
        len(t.value.split()) for t in tokens
        if (t.kind in ("t", "w") and len(t.value) > 2) or t.value in ('"', "@", "#")
    )  # fmt: skip
    return words >= 1


_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        listed(
            "zero one two three four five six seven eight nine ten eleven twelve "
            "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
        )
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        listed("twenty thirty forty fifty sixty seventy eighty ninety"), start=2
    )
}
_NOTHING, _ANYTHING = Node("const", (), "empty"), Node("const", (), "reals")
_PHRASES = {
    **dict.fromkeys(("no solution", "no solutions", "empty set", "the empty set", "none",
                     "no real solution", "no real solutions", "there are no solutions"), _NOTHING),
    **dict.fromkeys(("all real numbers", "all reals", "real numbers", "any real number",
                     "all real values", "the real numbers", "all real numbers x"), _ANYTHING),
    **dict.fromkeys(("does not exist", "dne", "undefined", "not defined"),
                    Node("text", (), "undefined")),
}  # fmt: skip


def number_named(words: tuple[str, ...]) -> int | None:
    """The number that the first one or two words name (up to 99), with at most one noun behind."""
    if not words or len(words) > 3:
        return None
    if len(words) == 2 and words[1] in SCALES and words[0] in _NUMBER_WORDS:
        return _NUMBER_WORDS[words[0]] * SCALES[words[1]]
    if words[0] in _TENS:
        units = _NUMBER_WORDS.get(words[1], 0) if len(words) > 1 else 0
        return _TENS[words[0]] + (units if 0 < units < 10 else 0)
    return _NUMBER_WORDS.get(words[0]) if len(words) <= 2 else None


_INFINITE = {"infinitely", "infinite", "infinity"}


def _prose_value(tokens: list[Token], words: tuple[str, ...]) -> Node | None:
    """The number that words name: five, infinitely many."""
    if words and words[0] in _INFINITE:
        return Node("const", (), "inf")
    phrase = " ".join(words)
    if phrase in _PHRASES:
        return _PHRASES[phrase]
    named = number_named(words)
    if named is not None:
        return Node("num", (), named)
    letters = [token for token in tokens if token.kind in ("t", "w", "l")]
    if len(letters) == 1 and len(letters[0].value) == 1:
        return Node("sym", (), letters[0].value)
    return None


def parse_answer(tokens: list[Token]) -> Node:
    """The tree of a whole answer; a bare list at the top becomes ``list`` with its separators.

    Raises ParseError when anything is left over."""
    stream = Stream(tokens)
    found: list[Node] = []
    separators: list[str] = []
    while stream.peek() is not None:
        token = stream.peek()
        assert token is not None
        if token.kind == "o" and token.value in SEPARATORS | {"\\\\", "&"}:
            separators.append(token.value)
            stream.take()
        elif token.kind in ("t", "w") and token.value.lower().strip(" .,") in COMMENTS and found:
            skip_comment(stream)
        elif token.value in ("}", "\\}") and found:  # one closing brace too many
            stream.take()
        elif token.kind == "o" and token.value == "|" and found:
            raise ParseError("a bar that closes nothing")
        else:
            before = stream.at
            found.append(parse_expression(stream))
            if stream.at == before:
                raise ParseError(f"cannot read {token.value!r}")
            following = stream.peek()
            if following is not None and not _may_follow(following):
                raise ParseError(f"cannot continue at {following.value!r}")
    if not found:
        raise ParseError("nothing to read")
    answers = [node for node in found if not _is_domain(node)]
    found = answers or found
    if max(map(depth, found)) > MAX_TREE_DEPTH:
        raise ParseError(f"a tree of more than {MAX_TREE_DEPTH} levels")
    if len(found) == 1:
        return found[0]
    return Node("list", tuple(found), tuple(dict.fromkeys(separators)))


def _is_domain(node: Node) -> bool:
    """``n ∈ Z`` beside an answer: says what n is, and is no answer itself."""
    if node.op != "rel" or node.value != ("∈",) or node.args[1].op != "const":
        return False
    return node.args[0].op in ("sym", "mul")


def _may_follow(token: Token) -> bool:
    return token.kind in ("t", "w") or (
        token.kind == "o" and token.value in SEPARATORS | {"\\\\", "&", "}", "\\}"}
    )


# 2,74 and 0,125 alone or with a unit; 1,000 is a thousand.
_COMMA_DECIMAL = re.compile(r"(\s*[-+]?(?:0|[1-9]\d*)),(\d{1,2}|\d{4,}|(?<=\b0,)\d{3})(?![\d,])")


def _alternatives(text: str, tokens: list[Token]) -> tuple[Node, ...]:
    """Other readings: 1,234,567 as a list, 2,74 as a decimal."""
    readings: list[Node] = []
    if re.search(r"\d,\d{3}(?!\d)", text):
        readings.append(_try(text, unlike=tokens))
    if re.search(r"\d,\d", text):
        pointed = _COMMA_DECIMAL.sub(r"\1.\2", text, count=1)
        if pointed != text and _COMMA_DECIMAL.match(text):
            readings.append(Node("comma", (_try(pointed, unlike=tokens),)))
    return tuple(
        r for r in readings if r.op != "bad" and (r.op != "comma" or r.args[0].op != "bad")
    )


def _try(text: str, unlike: list[Token]) -> Node:
    """Another reading of ``text``, ``bad`` when it is none or no other."""
    try:
        tokens = tokenize(text, group=False)
        return Node("bad") if tokens == unlike else parse_answer(tokens)
    except (NotMathematics, ParseError, RecursionError):
        return Node("bad")
