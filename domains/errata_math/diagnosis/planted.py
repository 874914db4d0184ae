"""Planted faults: writes a faulty solution from an annotated reference, as a slipping solver would.

Each fault has one kind of mistake, and what follows is worked on consistently with the wrong number.
No label is written. A fault gives None where the reference offers no place for it, or where its result
would look like another mistake.
Not covered: faults of wording, several mistakes in one solution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from random import Random

from errata.records import Problem
from errata_math.arithmetic.expressions import Operation, apply, evaluate, kind_of, leaves
from errata_math.arithmetic.grammar import parse_expression
from errata_math.arithmetic.quantities import quantities
from errata_math.diagnosis.digits import borrows, carries
from errata_math.diagnosis.findings import shown
from errata_math.diagnosis.planting import (
    met_otherwise,
    pairs,
    read_lines,
    rendered,
    worked_on,
    written,
)


def _slipped(
    problem: Problem,
    symbol: str,
    wrong: Callable[[int, int, Random], Iterable[int]],
    random: Random,
    traced: bool = False,
) -> str | None:
    """A solution with one line that does not compute: its result is one of ``wrong(a, b)``."""
    lines = read_lines(problem, traced)
    if lines is None:
        return None
    places = list(pairs(lines, symbol))
    random.shuffle(places)
    for index, first, second in places:
        right = lines[index].value
        for value in wrong(first, second, random):
            if _looks_otherwise(first, second, right, Fraction(value)):
                continue
            text = written(lines, index, lines[index].left, Fraction(value))
            if text is not None:
                return text
    return None


def _looks_otherwise(first: int, second: int, right: Fraction, wrong: Fraction) -> bool:
    """Whether the wrong result is that of another operation, or a shifted point, or an operand."""
    one, two = Fraction(first), Fraction(second)
    others = {
        apply("+", one, two),
        apply("-", one, two),
        apply("*", one, two),
        apply("/", one, two),
    }
    shifted = {right * 10**power for power in range(-6, 7)} | {-right}
    return wrong in others or wrong in shifted or wrong in (one, two) or wrong <= 0


def carry_dropped(problem: Problem, random: Random) -> str | None:
    """A sum from which one carry is missing."""

    def wrong(first: int, second: int, _random: Random) -> Iterable[int]:
        for place, count in enumerate(carries([first, second])):
            if count and place:
                yield first + second - count * 10**place

    return _slipped(problem, "+", wrong, random)


def borrow_skipped(problem: Problem, random: Random) -> str | None:
    """A difference in which one borrow is not paid back."""

    def wrong(first: int, second: int, _random: Random) -> Iterable[int]:
        for place in borrows(first, second) if first > second else ():
            yield first - second + 10**place

    return _slipped(problem, "-", wrong, random)


def partial_product(problem: Problem, random: Random) -> str | None:
    """A product of two longer numbers whose second partial product is off."""

    def wrong(first: int, second: int, stream: Random) -> Iterable[int]:
        if min(first, second) < 11 or first % 10 == 0 or second % 10 == 0:
            return
        gaps = [10 * step for step in (1, 2, 3, 4, -1, -2, -3, -4)]
        stream.shuffle(gaps)
        for gap in gaps:
            if abs(gap) not in _row_gaps(first, second):
                yield first * second + gap

    return _slipped(problem, "*", wrong, random) or _second_part_off(problem, random)


def _second_part_off(problem: Problem, random: Random) -> str | None:
    """The same in a reference that works the product in two lines and adds them up."""
    lines = read_lines(problem) or []
    for index, first, second in pairs(lines, "*"):
        if not 0 < index < len(lines) - 1:
            continue
        parts = {lines[index - 1].value, lines[index].value}
        total = lines[index + 1].left
        if kind_of(lines[index - 1].left) != "product" or set(leaves(total)) != parts:
            continue
        right = lines[index].value
        gaps = [-2, -1, 1, 2]
        random.shuffle(gaps)
        for gap in gaps:
            if not _looks_otherwise(first, second, right, right + gap):
                return written(lines, index, lines[index].left, right + gap)
    return None


def _row_gaps(first: int, second: int) -> set[int]:
    rows = {first * int(digit) * 10**place for place, digit in enumerate(reversed(str(second)))}
    return rows | {row - row // 10 for row in rows}


def quotient_one_off(problem: Problem, random: Random) -> str | None:
    """An exact quotient that is one too large."""

    if problem.solution.count("<<") > 2:
        return None  # a quotient worked in parts has faults of its own

    def wrong(first: int, second: int, _random: Random) -> Iterable[int]:
        if second and first % second == 0 and first // second > 3:
            value = first // second + 1
            if str(value).replace("0", "") != str(value - 1).replace("0", ""):
                yield value

    return _slipped(problem, "/", wrong, random, traced=True)


def sign_lost(problem: Problem, random: Random) -> str | None:
    """A negative result written without its sign."""
    lines = read_lines(problem) or []
    places = [index for index, line in enumerate(lines) if line.value < 0]
    if not places:
        return None
    index = random.choice(places)
    return written(lines, index, lines[index].left, -lines[index].value)


def sum_for_product(problem: Problem, random: Random) -> str | None:
    """Added where the reference multiplies."""
    return _other_operation(problem, "*", "+", random)


def difference_for_sum(problem: Problem, random: Random) -> str | None:
    """Taken away where the reference adds."""
    return _other_operation(problem, "+", "-", random)


def product_for_quotient(problem: Problem, random: Random) -> str | None:
    """Multiplied where the reference divides."""
    return _other_operation(problem, "/", "*", random)


def _other_operation(problem: Problem, symbol: str, instead: str, random: Random) -> str | None:
    lines = read_lines(problem, traced=True)
    if lines is None:
        return None
    places = list(pairs(lines, symbol))
    random.shuffle(places)
    known = {line.value for line in lines} | {item.value for item in quantities(problem.question)}
    met = met_otherwise(problem)
    for index, first, second in places:
        node = lines[index].left
        if not isinstance(node, Operation) or min(first, second) < 2:
            continue
        if not {Fraction(first), Fraction(second)} <= known or first == second:
            continue
        if any(len(leaves(line.left)) > 2 for line in lines):
            continue  # a longer line may meet the wrong number by another grouping
        pair = (node.left, node.right) if first >= second else (node.right, node.left)
        left = parse_expression(f"{shown(evaluate(pair[0]))} {instead} {shown(evaluate(pair[1]))}")
        value = evaluate(left)
        if (
            value is None
            or value <= 0
            or value in known | met
            or 100 in (first, second, lines[index].value)
        ):
            continue
        text = written(lines, index, left, value)
        if text is not None and kind_of(left) != kind_of(node):
            return text
    return None


def stopped_early(problem: Problem, _random: Random) -> str | None:
    """The last step is missing."""
    lines = read_lines(problem)
    if lines is None or len(lines) < 2:
        return None
    last = len(lines) - 1
    return written(lines, last, lines[last].left, lines[last].value, stop=last)


def quantity_unused(problem: Problem, _random: Random) -> str | None:
    """The first step is passed over: the last one takes one of its numbers instead of its result, and
    the other is never used."""
    lines = read_lines(problem, traced=True)
    if lines is None or len(lines) != 2:
        return None
    first, second = lines
    values, operands = leaves(second.left), leaves(first.left)
    given = {item.value for item in quantities(problem.question)}
    if first.value not in values or (len(operands), len(values)) != (2, 2):
        return None
    taken = {max(operands), *values}
    alike = {value * factor for value in taken for factor in (1, 100, Fraction(1, 100))}
    if not set(operands) <= given or {*operands} & {*values} or min(operands) in alike:
        return None
    became = {first.value: max(operands)}
    worked = worked_on(second.left, became)
    if worked is None or worked <= 0 or worked.denominator != 1:
        return None
    if worked in given | met_otherwise(problem):
        return None
    left, result = rendered(second.left, became), shown(worked)
    return f"{left} = <<{left.replace(' ', '')}={result}>>{result}\n#### {result}"


def answer_miscopied(problem: Problem, random: Random) -> str | None:
    """Every step is right, and the answer line has another number."""
    lines = read_lines(problem)
    if lines is None or lines[-1].value.denominator != 1:
        return None
    last = lines[-1]
    text = written(lines, len(lines), last.left, last.value)
    if text is None:
        return None
    known = {item.value for item in quantities(problem.question)}
    known |= {line.value for line in lines} | {
        value for line in lines for value in leaves(line.left)
    }
    wrong = [last.value + gap for gap in (1, 2, 3, 11, 20) if last.value + gap not in known]
    if not wrong:
        return None
    return text.rpartition("#### ")[0] + f"#### {shown(random.choice(wrong))}"


FAULTS: dict[str, Callable[[Problem, Random], str | None]] = {
    "answer miscopied": answer_miscopied,
    "borrow skipped": borrow_skipped,
    "carry dropped": carry_dropped,
    "difference for sum": difference_for_sum,
    "partial product": partial_product,
    "product for quotient": product_for_quotient,
    "quantity unused": quantity_unused,
    "quotient one off": quotient_one_off,
    "sign lost": sign_lost,
    "stopped early": stopped_early,
    "sum for product": sum_for_product,
}
