r"""Text to tokens: LaTeX, plain ASCII mathematics and Unicode alike, in one linear pass.

A token is (kind, value, blank): kinds are ``n`` number, ``l`` letter, ``w`` word, ``f`` function,
``c`` constant, ``o`` operator, ``m`` macro with arguments, ``b`` big operator, ``t`` text,
``e`` environment start, ``x`` environment end; ``blank`` says whether white space precedes it.
Length and depth are capped, so that the parser's work is bounded. Not covered: grammar.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from errata_math.checking.units import is_unit_word
from errata_math.checking.vocabulary import (
    ALIASES,
    BLACKBOARD,
    COMMANDS,
    FUNCTIONS,
    GREEK_WORDS,
    TEXTS,
    WORDS,
    WRAPPERS,
)

MAX_CHARS = 120_000
MAX_TOKENS = 20_000

_GAP = r"(?:\{,\}|,?\\!\s?|,\\[,;: ]\s?|,?\\,|\\ |, ?\\!\s?)"
_TOKEN = re.compile(
    rf"""(?P<blank>(?:\s|~|\\[,;:!>\ ]|\\q?quad(?![A-Za-z])|\$|&(?:nbsp;))+)
    |(?P<joined>\d{{1,3}}(?:{_GAP}\d{{3}})+(?!\d))(?P<jfrac>\.\d+)?
    |(?P<grouped>[1-9]\d{{0,2}}(?:(?:,\d{{3}})+|(?:\ \d{{3}})+)(?![\d/]))(?P<gfrac>\.\d+)?
    |(?P<num>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+(?![\d.A-Za-z]))?)
    |\\(?P<cmd>[A-Za-z]+|.)
    |(?P<word>[A-Za-z]+)
    |(?P<op>\*\*|<=|=<|>=|!=|==|<>|->|=>|\.\.\.+|[-+*/^_=<>(){{}}\[\]|,;:!%'&.?"@#`])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_OP_ALIASES = {"**": "^", "=<": "<=", "==": "=", "<>": "!=", "->": "→", "=>": "→"}
_DIGITS = re.compile(r"[^\d]")
_ARGUMENT = re.compile(r"\s*\{([^{}]*)\}")
_ENVIRONMENT = re.compile(r"\s*\{\s*([A-Za-z]+)\*?\s*\}(?:\s*\{[lcr|\s@{}]*\}|\[[^\]]*\])?")
_TEXT_NESTED = re.compile(r"\s*\{((?:[^{}]|\{[^{}]*\})*)\}")


class Token(NamedTuple):
    """One token; see the module."""

    kind: str
    value: str
    blank: bool


class NotMathematics(ValueError):  # a finding about the input, not a failure
    """The text holds something no answer holds, or is longer than any answer."""


def tokenize(text: str, *, group: bool = True) -> list[Token]:
    """The tokens of ``text``. ``group`` reads 1,234 outside brackets as one number.

    Raises NotMathematics when the text is too long or holds a character that is not notation.
    """
    if len(text) > MAX_CHARS:
        raise NotMathematics(f"longer than {MAX_CHARS} characters")
    out: list[Token] = []
    depth, blank, at, end = 0, False, 0, len(text)
    while at < end:
        found = _TOKEN.match(text, at)
        assert found is not None  # the last alternative matches any character
        kind = found.lastgroup
        at = found.end()
        if kind == "blank":
            blank = True
            continue
        before = len(out)
        if kind == "cmd":
            at, step = _command(found["cmd"], text, at, blank, out)
            depth += step
        elif kind == "op":
            op = found["op"]
            depth += (op in "([") - (op in ")]") if len(op) == 1 else 0
            out.append(Token("o", _OP_ALIASES.get(op, "…" if op.startswith("...") else op), blank))
        elif kind == "word":
            _word(found["word"], blank, out, text[at : at + 1])
        elif kind == "other":
            out.append(Token("w", found["other"], blank))
        else:
            at = _numeral(found, blank, out, group=group and not depth)
        blank = blank and len(out) == before
        if len(out) > MAX_TOKENS:
            raise NotMathematics(f"more than {MAX_TOKENS} tokens")
    return out


def _numeral(found: re.Match[str], blank: bool, out: list[Token], *, group: bool) -> int:
    """Append a number's token; where the text goes on. Without ``group`` a number ends before its
    first comma or blank."""
    whole = found["grouped"]
    if whole is not None:
        if not group or (" " in whole and out and out[-1].kind == "n"):
            short = re.match(r"\d+", whole)
            assert short is not None
            out.append(Token("n", short.group(), blank))
            return found.start() + short.end()
        out.append(Token("n", _DIGITS.sub("", whole) + (found["gfrac"] or ""), blank))
    elif found["joined"] is not None:
        out.append(Token("n", _DIGITS.sub("", found["joined"]) + (found["jfrac"] or ""), blank))
    else:
        out.append(Token("n", found["num"], blank))
    return found.end()


def _word(word: str, blank: bool, out: list[Token], following: str = "") -> None:
    if len(word) == 1:
        out.append(Token("l", word, blank))
    elif word == "min" and out and out[-1].kind == "n":
        out.append(Token("w", word, blank))  # minutes
    elif word in WORDS:
        out.append(Token(*WORDS[word], blank))
    elif word in FUNCTIONS or word in ALIASES:
        out.append(Token("f", ALIASES.get(word, word), blank))
    elif word in GREEK_WORDS:
        out.append(Token("l", word, blank))
    else:
        _split(word, blank, out, following)


_PREFIX = re.compile(r"(arcsin|arccos|arctan|sqrt|sin|cos|tan|cot|sec|csc|log|ln)([a-z])\Z")


def _split(word: str, blank: bool, out: list[Token], following: str) -> None:
    """A run of letters that is no known word: ``sinx`` is a function and a letter, ``2xy`` and
    ``xy^2`` are products."""
    behind_number = bool(out) and out[-1].kind == "n" and not blank
    product = len(word) <= 3 and (behind_number or following in ("^", "_"))
    if product and not is_unit_word(word) and word not in ("th", "st", "nd", "rd"):
        out.extend(Token("l", letter, blank and not k) for k, letter in enumerate(word))
        return
    glued = re.fullmatch(r"(or|and)([A-Za-z])", word)
    if glued is not None and out and out[-1].kind != "l":  # "1orx": a blank is missing
        out.extend((Token("o", glued[1], True), Token("l", glued[2], True)))
        return
    found = _PREFIX.match(word)
    if found is not None:
        out.append(Token("f", found[1], blank))
        out.append(Token("l", found[2], False))
    else:
        out.append(Token("w", word, blank))


def _command(name: str, text: str, at: int, blank: bool, out: list[Token]) -> tuple[int, int]:
    """Append the token of ``\\name``; the new position, and the change of bracket depth."""
    if name in TEXTS:
        return _text(name, text, at, blank, out), 0
    if name in ("begin", "end"):
        found = _ENVIRONMENT.match(text, at)
        if found is None:
            raise NotMathematics(f"\\{name} without an environment")
        out.append(Token("e" if name == "begin" else "x", found[1], blank))
        return found.end(), 1 if name == "begin" else -1
    if name == "mathbb":
        found = _BLACKBOARD.match(text, at)
        if found is not None and found[1] in BLACKBOARD:
            out.append(Token("c", BLACKBOARD[found[1]], blank))
            at = found.end()
    elif name not in WRAPPERS:
        token = COMMANDS.get(name, ("l", "\\" + name) if name.isalpha() else None)
        if token is not None:
            out.append(Token(*token, blank))
            return at, _STEPS.get(token[1], 0) if token[0] == "o" else 0
    return at, 0


_BLACKBOARD = re.compile(r"\s*\{?\s*([A-Z])\s*\}?")
_STEPS = {"\\{": 1, "\\}": -1}


def _text(name: str, text: str, at: int, blank: bool, out: list[Token]) -> int:
    """Append what ``\\text{…}`` and its relatives hold: letters stay mathematics, words are text."""
    found = _TEXT_NESTED.match(text, at)
    if found is None:
        return at
    inside = found[1].strip()
    bare = inside.strip(" .,;()")
    unit = bool(out) and out[-1].kind == "n" and is_unit_word(bare)
    if (bare in WORDS or bare in FUNCTIONS or bare in ALIASES) and not unit:
        if inside.strip() != bare and bare in ("and", "or"):
            out.append(Token("o", ",", blank))
        _word(bare, True, out)
    elif name in ("mathrm", "operatorname") and re.fullmatch(r"[A-Za-z]", inside):
        out.append(Token("l", inside, blank))
    elif (joined := re.fullmatch(r"(.+?)[\s,]+(and|or)", inside)) is not None:
        out.append(Token("t", joined[1], blank))
        out.append(Token("o", joined[2], True))
    elif re.search(r"[A-Za-z]", inside) and not re.search(r"[$\\=<>+*/^]", inside):
        out.append(Token("t", inside, blank))
    elif inside:
        out.extend(
            Token(t.kind, t.value, t.blank or index == 0)
            for index, t in enumerate(tokenize(inside.replace("$", " ")))
        )
    else:
        return found.end()
    return found.end()
