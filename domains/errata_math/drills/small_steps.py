"""Solutions of drills in small steps: every equation broken up until each is about one place or one
entry of the tables, as a learner would who carries and borrows on paper.

In GSM8K's annotated form, so that recomputation and diagnosis read them like any other solution. Not
covered: equations of more than two numbers, and results below zero but for the last line of a drill
that asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from errata.records import Problem
from errata_math.drills.form import Parameters, equation, number
from errata_math.drills.stream import drill_of

STEPS = "steps"
_LINE = re.compile(r"(\d+) ([-+*/]) (\d+) = <<[^<>]*>>(\d+)")
# Kinds that ask for one operation on their parameters: that one is worked, and not the usual lines,
# which have it in parts already.
_ASKED = {"sum": "+", "difference": "-", "product": "*", "quotient": "/"}


def styles(problem: Problem) -> dict[str, str]:
    """Other ways to work a drill, by name: ``steps`` where it differs from the usual solution.

    Raises ValueError when ``problem`` is no drill.
    """
    kind, parameters = drill_of(problem)
    worked = kind.work(parameters, 0)
    lines = list(_asked(kind.name, parameters)) or [
        small for line in worked.lines for small in _line(line)
    ]
    solution = "\n".join([*lines, f"#### {worked.answer}"])
    return {} if solution == worked.solution else {STEPS: solution}


def _asked(kind: str, parameters: Parameters) -> Iterator[str]:
    if kind in _ASKED:
        yield from work(number(parameters, "a"), _ASKED[kind], number(parameters, "b"))
    elif kind == "negative-result":
        a, b = number(parameters, "a"), number(parameters, "b")
        yield from work(b, "-", a)
        yield equation(f"{a} - {b}", a - b)


def _line(line: str) -> Iterator[str]:
    """A line of a usual solution in small steps; as it is where it is no plain equation."""
    found = _LINE.fullmatch(line)
    if found is None:
        yield line
    else:
        yield from work(int(found[1]), found[2], int(found[3]))


def work(x: int, operator: str, y: int) -> Iterator[str]:
    """The annotated equations of ``x operator y``, whole numbers from 0 on; a quotient has to come
    out."""
    rules = {"+": _sum, "-": _difference, "*": _product, "/": _quotient}
    yield from rules[operator](x, y)


def _places(value: int) -> list[int]:
    """``247`` as 200, 40, 7; zeros left out."""
    digits = str(value)
    found = [int(d) * 10 ** (len(digits) - place) for place, d in enumerate(digits, start=1)]
    return [part for part in found if part]


def _sum(x: int, y: int) -> Iterator[str]:
    """The second number place by place, its ones first up to the next ten."""
    for part in _places(y) or [0]:
        to_ten = -x % 10
        pieces = [to_ten, part - to_ten] if part < 10 and 0 < to_ten < part else [part]
        for piece in pieces:
            yield equation(f"{x} + {piece}", x + piece)
            x += piece


def _difference(x: int, y: int) -> Iterator[str]:
    """The second number place by place, its ones first down to the ten."""
    for part in _places(y) or [0]:
        pieces = [x % 10, part - x % 10] if part < 10 and 0 < x % 10 < part else [part]
        for piece in pieces:
            yield equation(f"{x} - {piece}", x - piece)
            x -= piece


def _product(x: int, y: int) -> Iterator[str]:
    """Place times place, then the parts together."""
    pairs = [(left, right) for left in _places(x) or [0] for right in _places(y) or [0]]
    for left, right in pairs:
        yield equation(f"{left} * {right}", left * right)
    total = pairs[0][0] * pairs[0][1]
    for left, right in pairs[1:]:
        yield from _sum(total, left * right)
        total += left * right


def _quotient(x: int, y: int) -> Iterator[str]:
    """The tens of the result, what is left, its ones, and both together."""
    result = x // y
    tens = result - result % 10
    if not tens or tens == result:
        yield equation(f"{x} / {y}", result)
        return
    yield from _product(tens, y)
    yield from _difference(x, tens * y)
    yield equation(f"{result % 10 * y} / {y}", result % 10)
    yield equation(f"{tens} + {result % 10}", result)
