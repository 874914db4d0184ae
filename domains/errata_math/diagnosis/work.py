"""What an attempt shows: its equations by step, its own results, its final answer.

Not covered: judging any of it (``slips.py``, ``detours.py``, ``endings.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from errata_math.arithmetic.equations import Equation, equations
from errata_math.arithmetic.expressions import leaves, names_in
from errata_math.arithmetic.holding import holds
from errata_math.arithmetic.quantities import quantities

_MARKED = re.compile(
    r"(?:####|\\boxed\s*\{|answer is:?|^A:)\s*([^\n}]{1,80})", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Claim:
    """An equation of an attempt at a step (from 1). ``value`` is what it claims to come to."""

    step: int
    equation: Equation
    value: Fraction
    uses: tuple[Fraction, ...]
    holds: bool | None


@dataclass(frozen=True)
class Work:
    """An attempt, read. ``final`` is its answer; ``final_step`` where that is stated first."""

    claims: tuple[Claim, ...]
    final: Fraction | None
    final_step: int | None
    mentioned: tuple[tuple[int, Fraction], ...]
    steps: int
    unknowns: tuple[tuple[int, Equation], ...] = ()


def read_work(steps: Sequence[str], final: str | None) -> Work:
    """Reads the steps of an attempt; ``final`` is the extracted answer, None to look for it."""
    claims: list[Claim] = []
    mentioned: list[tuple[int, Fraction]] = []
    unknowns: list[tuple[int, Equation]] = []
    for number, text in enumerate(steps, 1):
        mentioned += [(number, quantity.value) for quantity in quantities(text)]
        for equation in equations(text):
            value = equation.claimed
            if names_in(equation.left) or names_in(equation.right):
                unknowns.append((number, equation))
                continue
            if value is None:
                continue
            claims.append(Claim(number, equation, value, leaves(equation.left), holds(equation)))
    answer = number_in(final) if final is not None else stated_answer("\n".join(steps))
    stated = [number for number, value in mentioned if value == answer]
    return Work(
        tuple(claims),
        answer,
        stated[0] if stated else None,
        tuple(mentioned),
        len(steps),
        tuple(unknowns),
    )


def stated_answer(text: str) -> Fraction | None:
    """The number behind the last answer mark ("####", a box, "answer is"), or the last number."""
    marks = list(_MARKED.finditer(text))
    if marks:
        value = number_in(marks[-1].group(1))
        if value is not None:
            return value
    return number_in(text.strip().rsplit("\n", 1)[-1])


def number_in(text: str) -> Fraction | None:
    """The number a short text states: all of it read as an expression, else its last numeral."""
    found = [quantity for quantity in quantities(text) if not quantity.word]
    if not found:
        return None
    last = found[-1]
    negative = re.search(r"(?:^|[\s($£€=:])[-−]\s?[$£€]?\s?\Z", text[: last.start]) is not None
    return -last.value if negative else last.value
