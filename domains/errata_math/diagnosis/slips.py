"""Names the slip in an equation whose left side does not compute to its right side.

A slip is named only when its result is exactly what the mistake would give (a carry dropped, a borrow
skipped, a partial product wrong); otherwise the operation alone is named.
Not covered: slips made of several mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from errata_math.arithmetic.equations import Equation, is_percent
from errata_math.arithmetic.expressions import (
    Expression,
    Negative,
    Operation,
    Percent,
    apply,
    evaluate,
    kind_of,
    leaves,
)
from errata_math.diagnosis.findings import Finding
from errata_math.diagnosis.partials import RANKS, Part

PLACES = ("units", "tens", "hundreds", "thousands", "higher")


def slip(equation: Equation, step: int, part: Part | None = None) -> Finding:
    """What went wrong in an equation that does not hold; ``part`` of a longer calculation."""
    expected, found = equation.expected, equation.claimed
    kind = kind_of(equation.left)
    if kind == "number":
        kind = "restatement"
    role = position = ""
    phrase = f"slip in a {kind}"
    if expected is not None and found is not None:
        named = _general(equation, kind, expected, found) or _by_kind(
            equation.left, kind, expected, found
        )
        if part and not part.total:
            named = _in_part(part, named)
        if named:
            phrase, role, position = named
    return Finding(phrase, step, kind, role, position, expected, found, equation.text)


Named = tuple[str, str, str]


def _in_part(part: Part, named: Named | None) -> Named:
    """A slip in a part is named by the part, unless it is not one of reckoning."""
    if named and not named[0].startswith("slip in a"):
        return named
    name = f"partial {part.operation}"
    rank = _rank(part.rank)
    return f"slip in a {part.operation}: {rank} {name}", name, rank


def _general(equation: Equation, kind: str, expected: Fraction, found: Fraction) -> Named | None:
    if expected and found == -expected:
        return "sign of the result lost", "sign", ""
    if kind in ("mixed expression", "difference") and flat_value(equation.left) == found:
        return "order of operations ignored", "order", ""
    scale = power_of_ten(expected, found)
    if scale:
        if is_percent(equation.left) and scale == 2:
            return "percent not divided by 100", "percent", ""
        return f"slip in a {kind}: off by a power of ten", "power of ten", ""
    return _other_operation(equation.left, kind, found)


def _other_operation(left: Expression, kind: str, found: Fraction) -> Named | None:
    """ "12 * 3 = 15": the operation that was worked is not the one that is written."""
    values = leaves(left)
    if len(values) != 2 or found in values:
        return None
    for other, symbol in (
        ("sum", "+"),
        ("difference", "-"),
        ("product", "*"),
        ("quotient", "/"),
    ):
        result = apply(symbol, values[0], values[1])  # type: ignore[arg-type]  # literals above
        if other != kind and result == found:
            return f"{kind} worked as a {other}", "operation", ""
    return None


def flat_value(expression: Expression) -> Fraction | None:
    """The value when the signs are taken from left to right without precedence.

    None when that is no different question (one operation) or has no value.
    """
    parts: list[Fraction | str] = []

    def spread(node: Expression) -> bool:
        if isinstance(node, Operation):
            return spread(node.left) and _sign(node) and spread(node.right)
        value = evaluate(node)
        if value is None:
            return False
        parts.append(value)
        return True

    def _sign(node: Operation) -> bool:
        parts.append(node.symbol)
        return True

    if not spread(expression) or len(parts) < 5:
        return None
    result = parts[0]
    for sign, value in zip(parts[1::2], parts[2::2], strict=True):
        step = apply(sign, result, value)  # type: ignore[arg-type]  # signs and values alternate
        if step is None:
            return None
        result = step
    return result if isinstance(result, Fraction) else None


def power_of_ten(expected: Fraction, found: Fraction) -> int:
    """k when ``found`` is ``expected`` × 10^k, 1 ≤ |k| ≤ 6; otherwise 0."""
    if not expected or not found:
        return 0
    ratio = found / expected
    for exponent in range(1, 7):
        if ratio == 10**exponent:
            return exponent
        if ratio * 10**exponent == 1:
            return -exponent
    return 0


def _by_kind(
    left: Expression, kind: str, expected: Fraction, found: Fraction
) -> Named | None:
    values = leaves(left)
    scale = _common_scale([*values, expected, found])
    if scale is None:
        return _quotient(left, expected, found) if kind == "quotient" else None
    whole = [int(value * scale) for value in values]
    right, wrong = int(expected * scale), int(found * scale)
    if kind == "sum":
        return _sum(whole, right, wrong)
    if kind == "difference":
        return _difference(left, whole, right, wrong)
    if kind == "product" and len(values) == 2 and isinstance(left, Operation):
        if scale == 1 and left.symbol == "*":
            return _product(whole, right, wrong)
    if kind == "quotient":
        return _quotient(left, expected, found)
    return None


def _common_scale(values: Sequence[Fraction]) -> int | None:
    """The power of ten that makes all values integers, at most a million."""
    for exponent in range(7):
        if all((value * 10**exponent).denominator == 1 for value in values):
            return 10**exponent
    return None


def _digits(value: int) -> list[int]:
    return [int(digit) for digit in reversed(str(abs(value)))]


def _place(gap: int) -> str:
    """The place of the digit that a gap of d × 10^k sits in."""
    exponent = len(str(gap)) - 1
    return PLACES[min(exponent, 4)]


def _single_digit_gap(gap: int) -> bool:
    return len(str(gap).rstrip("0")) == 1


def carries(values: Sequence[int]) -> list[int]:
    """The carry into each place (10^k at index k; index 0 gets none) of a sum of whole numbers."""
    columns = [_digits(value) for value in values]
    result = [0]
    for place in range(max(len(column) for column in columns)):
        total = sum(column[place] for column in columns if place < len(column)) + result[-1]
        result.append(total // 10)
    return result


def sum_without_carries(values: Sequence[int]) -> int:
    """Every column's last digit, all carries forgotten; the leading column is written in full."""
    columns = [_digits(value) for value in values]
    width = max(len(column) for column in columns)
    total = 0
    for place in range(width):
        column = sum(part[place] for part in columns if place < len(part))
        total += (column if place == width - 1 else column % 10) * 10**place
    return total


def _sum(values: list[int], expected: int, found: int) -> Named | None:
    gap = abs(expected - found)
    if min(values) >= 0:
        lost = [count * 10**place for place, count in enumerate(carries(values)) if count]
        if found < expected and (gap in lost or found == sum_without_carries(values)):
            return "slip in a sum: a carry dropped", "carry", ""
        if found > expected and gap in {10**place for place in range(1, len(str(expected)))}:
            return "slip in a sum: a carry too many", "carry", ""
    if len(values) > 2 and gap in values and found < expected:
        return "slip in a sum: an addend left out", "addend", ""
    if _single_digit_gap(gap):
        return f"slip in a sum: {_place(gap)} digit", "digit", _place(gap)
    return None


def borrows(first: int, second: int) -> list[int]:
    """Places (powers of ten) from which first − second borrows; first ≥ second ≥ 0."""
    top, bottom = _digits(first), _digits(second)
    bottom += [0] * (len(top) - len(bottom))
    owed, places = 0, []
    for place, (upper, lower) in enumerate(zip(top, bottom, strict=False)):
        owed = int(upper - owed < lower)
        if owed:
            places.append(place + 1)
    return places


def smaller_from_larger(first: int, second: int) -> int:
    """Digit by digit the smaller from the larger: every borrow skipped."""
    top, bottom = _digits(first), _digits(second)
    bottom += [0] * (len(top) - len(bottom))
    top += [0] * (len(bottom) - len(top))
    return sum(
        abs(upper - lower) * 10**place
        for place, (upper, lower) in enumerate(zip(top, bottom, strict=True))
    )


def _difference(left: Expression, values: list[int], expected: int, found: int) -> Named | None:
    gap = abs(expected - found)
    if len(values) == 2 and isinstance(left, Operation) and min(values) >= 0:
        first, second = max(values), min(values)
        size, claim = abs(expected), abs(found)
        places = borrows(first, second)
        skipped = {10**place for place in places}
        if places and (claim == smaller_from_larger(first, second) or claim - size in skipped):
            return "slip in a difference: a borrow skipped", "borrow", ""
        if size - claim in {10**place for place in range(1, len(str(first)))}:
            return "slip in a difference: a borrow too many", "borrow", ""
    if _single_digit_gap(gap):
        return f"slip in a difference: {_place(gap)} digit", "digit", _place(gap)
    return None


def _product(values: list[int], expected: int, found: int) -> Named | None:
    first, second = (abs(value) for value in values)
    if not first or not second:
        return None
    longer, shorter = first, second
    if len(str(shorter).rstrip("0")) < 2 or len(str(longer).rstrip("0")) < 2:
        longer, shorter = max(first, second), min(first, second)
        if len(str(longer).rstrip("0")) < 2:
            return _table(longer, shorter, abs(expected), abs(found))
        longer, shorter = shorter, longer  # one digit times many: a partial product per digit
    gap = abs(expected) - abs(found)
    digits = _digits(shorter)
    parts = [longer * digit * 10**place for place, digit in enumerate(digits)]
    used = [place for place, digit in enumerate(digits) if digit]
    for rank, place in enumerate(used):
        if gap == parts[place]:
            return "slip in a product: a partial product left out", "partial product", _rank(rank)
    for lower, upper in pairwise(used):
        if gap == parts[upper] - parts[upper] // 10 ** (upper - lower):
            return "slip in a product: a partial product not shifted", "partial product", ""
    trailing = len(str(gap)) - len(str(gap).rstrip("0"))
    fitting = [rank for rank, place in enumerate(used) if place <= trailing]
    if not fitting or abs(gap) >= max(parts):
        return None
    rank = fitting[-1]
    return (
        f"slip in a product: {_rank(rank)} partial product",
        "partial product",
        _rank(rank),
    )


def _table(first: int, second: int, expected: int, found: int) -> Named:
    if abs(expected - found) in (first, second):
        return "slip in a product: times table, one row off", "times table", ""
    return "slip in a product: times table", "times table", ""


def _rank(rank: int) -> str:
    return RANKS[min(rank, 3)]


def _quotient(left: Expression, expected: Fraction, found: Fraction) -> Named | None:
    if expected and found * expected == 1:
        return "quotient upside down", "operands", ""
    if expected.denominator != 1 and found == expected.numerator // expected.denominator:
        return "slip in a quotient: remainder dropped", "remainder", ""
    if found.denominator != 1 or expected.denominator != 1:
        return "slip in a quotient: decimals", "decimals", ""
    if str(abs(int(expected))).replace("0", "") == str(abs(int(found))).replace("0", ""):
        return "slip in a quotient: a zero of the result", "zero", ""
    gap = int(abs(expected - found))
    if gap == 1:
        return "slip in a quotient: one too many or too few", "units", "units"
    if _single_digit_gap(gap):
        return f"slip in a quotient: {_place(gap)} digit", "digit", _place(gap)
    return None


def is_plain(expression: Expression) -> bool:
    """A number as written, maybe with a sign or in percent."""
    while isinstance(expression, Negative | Percent):
        expression = expression.inner
    return not isinstance(expression, Operation)
