"""Names the slip in an equation whose left side does not compute to its right side.

A slip is named only when its result is exactly what the mistake would give (a carry dropped, a borrow
skipped, a partial product wrong); otherwise the operation alone is named.
Not covered: slips made of several mistakes.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from errata_math.arithmetic.equations import Equation, is_percent
from errata_math.arithmetic.expressions import (
    Expression,
    Operation,
    apply,
    evaluate,
    kind_of,
    leaves,
)
from errata_math.diagnosis.digits import (
    borrows,
    carries,
    common_scale,
    digits,
    place,
    single_digit_gap,
    smaller_from_larger,
    sum_without_carries,
)
from errata_math.diagnosis.findings import Finding
from errata_math.diagnosis.partials import RANKS, Part


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
        if ratio == Fraction(10**exponent):
            return exponent
        if ratio * 10**exponent == 1:
            return -exponent
    return 0


def _by_kind(left: Expression, kind: str, expected: Fraction, found: Fraction) -> Named | None:
    values = leaves(left)
    scale = common_scale([*values, expected, found])
    if scale is None:
        return _quotient(expected, found) if kind == "quotient" else None
    whole = [int(value * scale) for value in values]
    right, wrong = int(expected * scale), int(found * scale)
    if kind == "sum":
        return _sum(whole, right, wrong)
    if kind == "difference":
        return _difference(left, whole, right, wrong)
    plain = isinstance(left, Operation) and left.symbol == "*" and len(values) == 2
    if kind == "product" and plain and scale == 1:
        return _product(whole, right, wrong)
    return _quotient(expected, found) if kind == "quotient" else None


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
    if single_digit_gap(gap):
        return f"slip in a sum: {place(gap)} digit", "digit", place(gap)
    return None


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
    if single_digit_gap(gap):
        return f"slip in a difference: {place(gap)} digit", "digit", place(gap)
    return None


def _product(values: list[int], expected: int, found: int) -> Named | None:
    first, second = (abs(value) for value in values)
    if not first or not second:
        return None
    longer, shorter = first, second
    if min(_length(first), _length(second)) < 2:
        shorter, longer = max(first, second), min(first, second)  # one digit times many
        if _length(shorter) < 2:
            return _table(longer, shorter, abs(expected), abs(found))
    gap = abs(expected) - abs(found)
    used = [rank for rank, digit in enumerate(digits(shorter)) if digit]
    parts = {rank: longer * digits(shorter)[rank] * 10**rank for rank in used}
    for order, rank in enumerate(used):
        if gap == parts[rank]:
            name = "slip in a product: a partial product left out"
            return name, "partial product", _rank(order)
    for lower, upper in pairwise(used):
        if gap == parts[upper] - parts[upper] // 10 ** (upper - lower):
            return "slip in a product: a partial product not shifted", "partial product", ""
    zeros = len(str(gap)) - len(str(gap).rstrip("0"))
    fitting = [order for order, rank in enumerate(used) if rank <= zeros]
    if not fitting or abs(gap) >= max(parts.values()):
        return None
    rank_name = _rank(fitting[-1])
    return f"slip in a product: {rank_name} partial product", "partial product", rank_name


def _length(value: int) -> int:
    """Digits that matter: zeros at the end are shifts, not work."""
    return len(str(value).rstrip("0"))


def _table(first: int, second: int, expected: int, found: int) -> Named:
    if abs(expected - found) in (first, second):
        return "slip in a product: times table, one row off", "times table", ""
    return "slip in a product: times table", "times table", ""


def _rank(rank: int) -> str:
    return RANKS[min(rank, 3)]


def _quotient(expected: Fraction, found: Fraction) -> Named | None:
    if expected and found * expected == 1:
        return "quotient upside down", "operands", ""
    if expected.denominator != 1 and found == expected.numerator // expected.denominator:
        return "slip in a quotient: remainder dropped", "remainder", ""
    if found.denominator != 1 or expected.denominator != 1:
        return "slip in a quotient: decimals", "decimals", ""
    gap = int(abs(expected - found))
    if str(abs(int(expected))).replace("0", "") == str(abs(int(found))).replace("0", ""):
        return "slip in a quotient: a zero of the result", "zero", ""
    if gap == 1:
        return "slip in a quotient: one too many or too few", "units", "units"
    named = f"slip in a quotient: {place(gap)} digit", "digit", place(gap)
    return named if single_digit_gap(gap) else None
