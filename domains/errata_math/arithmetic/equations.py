"""Equations in solution text: GSM8K annotations and free text.

A chain ``a = b = c`` gives an equation for each neighbouring pair. Units and other words between a
number and the next sign are passed over ("4 people * 3 pens per person = 12 pens"); a left side that
begins inside prose starts at its first number ("so for 5 days he needs 3 * 4 = 12" is 3 * 4 = 12).

Not covered: equations spelt in words, column sums, inequalities.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from errata_math.arithmetic.expressions import (
    Expression,
    Number,
    Operation,
    Percent,
    evaluate,
    names_in,
    symbols,
    walk,
)
from errata_math.arithmetic.segments import Span, leading, trailing
from errata_math.arithmetic.tokens import MAX_TEXT, Token, fold, tokenize

ANNOTATION = re.compile(r"<<([^<>\n]{0,300})>>")
_RESULT_IN_PERCENT = re.compile(r"\s?[\d.,]{1,20}\s?%")


@dataclass(frozen=True)
class Equation:
    """``left = right`` as the text claims. ``start`` orders equations within their text."""

    left: Expression
    right: Expression
    text: str
    annotated: bool = False
    approximate: bool = False
    start: int = 0

    @property
    def expected(self) -> Fraction | None:
        """What the left side computes to; None when it has no value."""
        return evaluate(self.left)

    @property
    def claimed(self) -> Fraction | None:
        """What the right side says; None when it has no value."""
        return evaluate(self.right)


def equations(text: str) -> list[Equation]:
    """All equations of a text with at least one operation, in the order of their equality signs.

    A text equation whose result is the annotation right behind it is given once, as the annotation.
    """
    text = text[:MAX_TEXT]
    plain: list[str] = []
    marks: list[tuple[int, str]] = []
    length = last = 0
    for match in ANNOTATION.finditer(text):
        piece = text[last : match.start()]
        plain.append(piece)
        length += len(piece)
        marks.append((length, match.group(1)))
        last = match.end()
    plain.append(text[last:])
    found: list[Equation] = []
    done = 0
    joined = "".join(plain)
    for offset, written in marks:
        line = joined.rfind("\n", 0, offset) + 1
        begin = max(done, line)
        if begin > done:
            found += _read(joined[done:begin], done)
        before = joined[begin:offset]
        found += _read_before_annotation(before, begin)
        percent = _RESULT_IN_PERCENT.match(joined, offset) and "%" not in written
        found += _read(f"{written}%" if percent else written, offset, annotated=True)
        done = offset
    found += _read(_after_annotation(joined, done) if marks else joined, done)
    return found


def _read_before_annotation(before: str, begin: int) -> list[Equation]:
    """Equations between two annotations, less the one that the annotation repeats."""
    tail = before.rstrip(" $£€")
    if tail.endswith("="):
        before = tail[:-1]
    if begin:
        before = _after_annotation(before, 0)
    return _read(before, begin)


def _after_annotation(text: str, start: int) -> str:
    """The rest of a text, less the result that an annotation just gave ("<<2*3=6>>6 pens …")."""
    return re.sub(r"\A\s*[$£€]?-?[\d,.]*\d%?", "", text[start:], count=1)


def _read(text: str, offset: int, annotated: bool = False) -> list[Equation]:
    found: list[Equation] = []
    run: list[Token] = []
    folded = fold(text)
    label, pending = "", None
    for token in [*tokenize(folded), Token("break", "", len(folded), len(folded))]:
        if token.kind != "break":
            run.append(token)
            continue
        if any(part.kind == "equals" for part in run):
            segments, signs = _split(run)
            found += _chain(segments, signs, folded, offset, annotated)
            name, value = _label(segments[0]), leading(segments[1])
            if name and name == label and pending and value:
                found += _continued(pending, value, folded, offset + signs[0].start)
            last = leading(segments[-1])
            label, pending = (name, last) if name and last else (label, pending)
        run = []
    return found


def _label(tokens: Sequence[Token]) -> str:
    """What stands left of "=" when it is words alone ("total cost = …"); empty otherwise."""
    if not tokens or any(token.kind not in ("word", "of", "name") for token in tokens):
        return ""
    return " ".join(token.text.lower() for token in tokens)


def _continued(before: Span, after: Span, text: str, start: int) -> list[Equation]:
    """ "cost = 50 - 15; cost = 35" claims that 50 - 15 is 35."""
    if not symbols(before[0]) or names_in(before[0]) or names_in(after[0]):
        return []
    words = f"{text[before[1] : before[2]].strip()} = {text[after[1] : after[2]].strip()}"
    return [Equation(before[0], after[0], words, start=start)]


def _split(run: Sequence[Token]) -> tuple[list[list[Token]], list[Token]]:
    segments: list[list[Token]] = [[]]
    signs: list[Token] = []
    for token in run:
        if token.kind == "equals":
            signs.append(token)
            segments.append([])
        else:
            segments[-1].append(token)
    return segments, signs


def _chain(
    segments: Sequence[Sequence[Token]],
    signs: Sequence[Token],
    text: str,
    offset: int,
    annotated: bool,
) -> list[Equation]:
    found: list[Equation] = []
    for index, sign in enumerate(signs):
        left = trailing(segments[index], whole=index > 0)
        right = leading(segments[index + 1])
        if left is None or right is None:
            continue
        if not annotated and _bare_fraction(left[0]) and evaluate(left[0]) != evaluate(right[0]):
            continue  # "1/4 = 15" says what a quarter is worth
        if not symbols(left[0]) and not (names_in(left[0]) or names_in(right[0])):
            continue
        found.append(
            Equation(
                left[0],
                right[0],
                text[left[1] : right[2]].strip(),
                annotated,
                sign.text == "≈",
                offset + sign.start,
            )
        )
    return found


def _bare_fraction(expression: Expression) -> bool:
    if not isinstance(expression, Operation) or expression.symbol != "/":
        return False
    value = evaluate(expression)
    literal = isinstance(expression.left, Number) and isinstance(expression.right, Number)
    return literal and value is not None and abs(value) < 1 and value.denominator < 100


def is_percent(expression: Expression) -> bool:
    """Whether a percent sign occurs in it."""
    return any(isinstance(node, Percent) for node in walk(expression))


def decimal_places(expression: Expression) -> int:
    """Places behind the point of a plain result; 0 for anything else."""
    node = expression.inner if isinstance(expression, Percent) else expression
    if isinstance(node, Number) and "." in node.text:
        return len(node.text) - node.text.index(".") - 1
    return 0
