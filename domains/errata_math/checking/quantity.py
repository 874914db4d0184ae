"""Scalars with what surrounds them: units, percent, degrees, and decimals as displayed.

``same_quantity`` applies the conventions of ``CheckOptions`` and leaves the values themselves to
``scalar``. Not covered: lists, intervals and equations (``structure``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from errata_math.checking import exact, numeric
from errata_math.checking.options import CheckOptions
from errata_math.checking.scalar import same_value
from errata_math.checking.tree import Decimal, Node, has, num, symbols, walk
from errata_math.checking.units import DEGREE_WORDS, LETTER_UNITS, PERCENT_WORDS, dimension
from errata_math.checking.verdict import Comparison, right, undecided, wrong


@dataclass(frozen=True, slots=True)
class Quantity:
    """A scalar without its surroundings, and what they were."""

    core: Node
    percent: bool = False
    degrees: bool = False
    unit: str = ""


def quantity(node: Node) -> Quantity:
    """``node`` split into its value and the unit, percent or degree sign on the whole of it."""
    percent = degrees = False
    unit = ""
    negative = False
    while True:
        if node.op == "neg" and node.args[0].op in ("pct", "deg", "unit", "neg"):
            negative = not negative
        elif node.op == "pct":
            percent = True
        elif node.op == "deg":
            degrees = True
        elif node.op == "unit":
            words = str(node.value)
            if words.lower().strip(". ") in PERCENT_WORDS:
                percent = True
            elif words.lower().strip(". ").split(" ")[0] in DEGREE_WORDS:
                degrees = True
            else:
                unit = words
        else:
            break
        node = node.args[0]
    return Quantity(Node("neg", (node,)) if negative else node, percent, degrees, unit)


def same_quantity(gold: Node, other: Node, options: CheckOptions) -> Comparison:
    """The verdict on two scalars under the conventions of ``options``."""
    one, two = quantity(gold), quantity(other)
    one, two = _without_letter_unit(one, two), _without_letter_unit(two, one)
    if options.units == "strict" and (one.unit.lower() != two.unit.lower()):
        return wrong("units")
    factor = _conversion(one, two)
    if factor is None:
        return wrong("units")
    if one.degrees != two.degrees:
        return _angles(one, two, options)
    if factor != 1:
        scaled = Node("mul", (num(factor), one.core))
        return _values(scaled, two.core, options)
    if one.percent or two.percent:
        return _percents(one, two, options)
    return _values(one.core, two.core, options)


def _conversion(one: Quantity, two: Quantity) -> Fraction | None:
    """What turns the first's unit into the second's; None when they measure different things."""
    if not one.unit or not two.unit:
        return Fraction(1)
    if one.unit.startswith("mod ") and two.unit.startswith("mod "):
        return Fraction(1) if one.unit == two.unit else None
    first, second = dimension(one.unit), dimension(two.unit)
    if first is None or second is None:
        return Fraction(1)
    return first[1] / second[1] if first[0] == second[0] else None


def _without_letter_unit(one: Quantity, other: Quantity) -> Quantity:
    """``3s`` beside ``3``: a single letter that can only be a unit is dropped."""
    core = one.core
    if core.op != "mul" or core.args[-1].op != "sym" or symbols(other.core):
        return one
    letter = str(core.args[-1].value)
    rest = core.args[:-1]
    if letter not in LETTER_UNITS or any(symbols(part) for part in rest):
        return one
    value = rest[0] if len(rest) == 1 else Node("mul", rest)
    return Quantity(value, one.percent, one.degrees, letter)


def _angles(one: Quantity, two: Quantity, options: CheckOptions) -> Comparison:
    """Degrees on one side only: the sign is dropped, or radians are converted."""
    plain = _values(one.core, two.core, options)
    if plain.outcome == "right":
        return plain
    bare, turned = (one, two) if two.degrees else (two, one)
    if not any(n.op == "const" and n.value == "pi" for n in walk(bare.core)):
        return plain
    radians = Node("mul", (turned.core, Node("div", (Node("const", (), "pi"), num(180)))))
    result = _values(bare.core, radians, options)
    return right("degrees") if result.outcome == "right" else result


def _percents(one: Quantity, two: Quantity, options: CheckOptions) -> Comparison:
    same_scale = _values(one.core, two.core, options)
    if one.percent and two.percent:
        return same_scale
    if same_scale.outcome == "right" and options.percent in ("lenient", "scale"):
        return right("percent-scale")
    if options.percent in ("lenient", "value"):
        first = Node("div", (one.core, num(100))) if one.percent else one.core
        second = Node("div", (two.core, num(100))) if two.percent else two.core
        by_value = _values(first, second, options, shift=2)
        if by_value.outcome != "wrong":
            return right("percent-value") if by_value.outcome == "right" else by_value
    return wrong("percent") if same_scale.outcome == "right" else same_scale


def _values(one: Node, two: Node, options: CheckOptions, shift: int = 0) -> Comparison:
    """By value; a decimal may answer an exact value it correctly rounds. ``shift`` moves the
    decimal's places, for percent."""
    plain = same_value(one, two)
    if plain.outcome == "right" or options.decimals == "exact":
        return plain
    first, second = _displayed(one), _displayed(two)
    if (first is None) == (second is None):
        return plain
    decimal, exact_side = (first, two) if first is not None else (second, one)
    assert decimal is not None
    if symbols(exact_side) or has(exact_side, "dec") or _is_integer(exact_side):
        return plain
    if decimal.digits < options.decimal_digits:
        return plain
    return right("rounded") if _rounds_to(exact_side, decimal, shift) else plain


def _is_integer(node: Node) -> bool:
    try:
        return isinstance(exact.rational(node), int)
    except exact.NotRational:
        return False


def _displayed(node: Node) -> Decimal | None:
    """The decimal that ``node`` is, with its sign and any percent taken into account."""
    places = 0
    negative = False
    while node.op in ("neg", "div"):
        if node.op == "div":
            if node.args[1] != num(100):
                return None
            places += 2
        else:
            negative = not negative
        node = node.args[0]
    if node.op == "mul" and len(node.args) == 2 and node.args[1].op == "pow":
        base, exponent = node.args[1].args  # scientific notation
        power = _small_integer(exponent)
        if base != num(10) or power is None:
            return None
        places, node = places - power, node.args[0]
    if node.op != "dec" or not isinstance(node.value, Decimal):
        return None
    value = node.value.value * Fraction(10) ** -places
    return Decimal(-value if negative else value, node.value.places + places, node.value.digits)


def _small_integer(node: Node) -> int | None:
    try:
        value = exact.rational(node)
    except exact.NotRational:
        return None
    return value if isinstance(value, int) and abs(value) <= 400 else None


def _rounds_to(node: Node, decimal: Decimal, shift: int) -> bool:
    del shift  # the places already say where the last displayed digit stands
    backend = numeric.Precise(30, real=True)
    try:
        value = numeric.evaluate(node, backend, {})
    except numeric.NoValue:
        return False
    gap = abs(value - backend.number(decimal.value))
    half = backend.number(Fraction(1, 2) / Fraction(10) ** decimal.places)
    return bool(gap <= half * (1 + backend.number(Fraction(1, 10**9))))


__all__ = ["Quantity", "quantity", "same_quantity", "undecided"]
