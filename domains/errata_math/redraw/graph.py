"""The computation graph of an annotated reference: every number traced to where it comes from.

A number of the solution is a number of the question (or its hundredth, for percentages and cents), an
earlier result, or a constant. A value with two possible origins makes the problem ambiguous, and an
ambiguous problem is refused: a redraw is computed, never guessed.
Not covered: numbers spelt inside annotations, references without annotations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from errata_math.arithmetic.equations import ANNOTATION
from errata_math.arithmetic.expressions import Expression, evaluate
from errata_math.arithmetic.grammar import parse_expression
from errata_math.arithmetic.quantities import quantities
from errata_math.redraw.leaves import Leaf, NoVariant, read_leaves

NUMERAL = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)")
FINAL = re.compile(r"####\s*(-?[\d,.]+)\s*\Z")
_PLAIN = re.compile(r"[-+*/()\d.,\s$%]+")
_ALWAYS = frozenset({0, 1})
# constants that may stay when the problem speaks of what they belong to
_CONSTANTS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (value, re.compile(pattern, re.IGNORECASE))
    for value, pattern in (
        (100, r"%|percent|cent|meter|dollar|\$|penn"),
        (60, r"minute|hour|second"),
        (24, r"hour|\bday|daily"),
        (7, r"week|\bdays?\b|daily"),
        (12, r"dozen|month|year|annual|inch|feet|foot"),
        (52, r"week"),
        (365, r"year|annual"),
        (30, r"month"),
        (4, r"quarter|fourth|month"),
        (5, r"weekday|work ?week|fifth|nickel"),
        (10, r"tenth|dime|decade"),
        (25, r"quarter"),
        (3, r"third|triple|thrice|triplet|yard"),
        (2, r"half|halv|twice|double|couple|pair|both|twin|weekend|another|again"),
        (16, r"ounce|pound"),
        (1000, r"kilo|\bkm|\bkg|gram|liter|\bml"),
        (8, r"eighth"),
        (6, r"sixth"),
    )
)


@dataclass(frozen=True)
class Origin:
    """Where a number comes from: leaf or result ``index``, times ``scale``; ``constant`` stays."""

    kind: str  # "leaf", "result" or "constant"
    index: int = 0
    scale: Fraction = Fraction(1)


CONSTANT = Origin("constant")


@dataclass(frozen=True)
class Annotation:
    """One annotated equation: the text of its left side in pieces, and its exact result."""

    left: str
    right: str
    value: Fraction
    expression: Expression


@dataclass(frozen=True)
class Graph:
    """A problem that can be redrawn. ``origins`` traces values; ``free`` are the leaves to draw."""

    leaves: tuple[Leaf, ...]
    annotations: tuple[Annotation, ...]
    origins: Mapping[Fraction, Origin]
    free: tuple[int, ...]


@lru_cache(maxsize=512)
def read_graph(question: str, solution: str, answer: str) -> Graph | str:
    """The graph of an annotated problem, or the fixed reason why it has none."""
    try:
        return _read(question, solution, answer)
    except NoVariant as reason:
        return str(reason)


def _read(question: str, solution: str, answer: str) -> Graph:
    annotations = tuple(_annotation(match.group(1)) for match in ANNOTATION.finditer(solution))
    if not annotations:
        raise NoVariant("no-annotation")
    leaves = read_leaves(question)
    origins: dict[Fraction, Origin] = {}
    for index, leaf in enumerate(leaves):
        _add_leaf(origins, leaf, index, question)
    constants = _constants(question + " " + solution)
    if any(not leaf.fixed and leaf.value in constants - {100} for leaf in leaves):
        raise NoVariant("number-may-be-constant")  # 60 miles an hour, 60 minutes an hour
    used: set[Fraction] = set()
    for index, item in enumerate(annotations):
        for value in _values(item.left):
            _trace(value, origins, constants)
            used.add(value)
        _add_result(origins, item, index, annotations)
    _require_used(leaves, used)
    _trace_text(solution, origins, constants)
    final = FINAL.search(solution)
    stated = _number(final.group(1)) if final else None
    if stated is None or stated != _number(answer):
        raise NoVariant("no-answer-line")
    if origins.get(stated, CONSTANT).kind != "result":
        raise NoVariant("answer-not-a-result")
    free = tuple(index for index, leaf in enumerate(leaves) if not leaf.fixed)
    if not free:
        raise NoVariant("no-free-number")
    return Graph(leaves, annotations, origins, free)


def _annotation(inside: str) -> Annotation:
    left, equals, right = inside.partition("=")
    value = _number(right.strip().strip("$").rstrip("%"))
    if not equals or value is None or not _PLAIN.fullmatch(left):
        raise NoVariant("unreadable-annotation")
    try:
        expression = parse_expression(left)
    except ValueError as problem:
        raise NoVariant("unreadable-annotation") from problem
    if evaluate(expression) != value:
        raise NoVariant("equation-does-not-hold")
    return Annotation(left, right, value, expression)


def _number(text: str) -> Fraction | None:
    plain = text.strip().replace(",", "").rstrip(".")
    if re.fullmatch(r"-?(?:\d{1,20}(?:\.\d{1,12})?|\.\d{1,12})", plain):
        return Fraction(plain)
    return None


def _values(text: str) -> list[Fraction]:
    return [Fraction(match.group().replace(",", "")) for match in NUMERAL.finditer(text)]


def _constants(text: str) -> frozenset[Fraction]:
    found = {Fraction(value) for value in _ALWAYS}
    found |= {Fraction(value) for value, pattern in _CONSTANTS if pattern.search(text)}
    return frozenset(found)


def _add_leaf(origins: dict[Fraction, Origin], leaf: Leaf, index: int, question: str) -> None:
    if leaf.fixed:
        for value in _parts(leaf):
            _claim(origins, value, CONSTANT)
        return
    _claim(origins, leaf.value, Origin("leaf", index))
    if leaf.percent or re.match(r"[-\s]cents?\b", question[leaf.end :]):
        _claim(origins, leaf.value / 100, Origin("leaf", index, Fraction(1, 100)))


def _parts(leaf: Leaf) -> list[Fraction]:
    """A fixed fraction may be written as its value or by its two numbers."""
    parts = [leaf.value]
    if leaf.value.denominator != 1:
        parts += [Fraction(leaf.value.denominator), Fraction(leaf.value.numerator)]
        parts += [Fraction(int(digits)) for digits in re.findall(r"\d{1,9}", leaf.text)]
    if leaf.percent:
        parts.append(leaf.value / 100)
    return parts


def _claim(origins: dict[Fraction, Origin], value: Fraction, origin: Origin) -> None:
    known = origins.get(value)
    if known is not None and known != origin:
        raise NoVariant("ambiguous-quantity")
    origins[value] = origin


def _trace(
    value: Fraction, origins: dict[Fraction, Origin], constants: frozenset[Fraction]
) -> Origin:
    if value in origins:
        return origins[value]
    if value in constants:
        origins[value] = CONSTANT
        return CONSTANT
    raise NoVariant("operand-not-in-question")


def _add_result(
    origins: dict[Fraction, Origin], item: Annotation, index: int, all_: Sequence[Annotation]
) -> None:
    known = origins.get(item.value)
    if known is not None:
        same = known.kind == "result" and all_[known.index].left == item.left
        restated = _values(item.left) == [item.value]
        if not same and not restated:
            raise NoVariant("ambiguous-quantity")
        return
    origins[item.value] = Origin("result", index)


def _require_used(leaves: Sequence[Leaf], used: set[Fraction]) -> None:
    for leaf in leaves:
        if leaf.fixed:
            continue
        if leaf.value not in used and leaf.value / 100 not in used:
            raise NoVariant("number-not-used")


def _trace_text(
    solution: str, origins: dict[Fraction, Origin], constants: frozenset[Fraction]
) -> None:
    """Every number of the solution outside its annotations has to have an origin as well."""
    for item in quantities(ANNOTATION.sub("", solution)):
        if item.value in origins:
            continue
        if item.value in constants or (item.word and item.value.denominator != 1):
            origins[item.value] = CONSTANT
        elif "/" in item.text and all(
            Fraction(int(part)) in origins for part in re.findall(r"\d{1,9}", item.text)
        ):
            continue  # "48/2": its two numbers are traced one by one
        else:
            raise NoVariant("number-unexplained")
