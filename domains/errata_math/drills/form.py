"""The written form of a drill, and what a kind of drill is.

A drill is a pure function of its kind, its parameters and its wording: drawing parameters is the only
step that uses randomness, so an answer can be worked out again from what a problem carries.

Not covered: the kinds themselves (``arithmetic``, ``measures``, ``stories``) and the endless stream of
problems (``stream``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

Parameters = Mapping[str, int | str]


@dataclass(frozen=True)
class Worked:
    """A drill in words: the question, the lines of its solution, the answer (a whole number)."""

    question: str
    lines: tuple[str, ...]
    answer: int

    @property
    def solution(self) -> str:
        """The lines, then GSM8K's last line ``#### answer``."""
        return "\n".join([*self.lines, f"#### {self.answer}"])


@dataclass(frozen=True)
class Kind:
    """A kind of drill.

    ``draw`` gives new parameters; ``work(parameters, wording)`` the drill in words, where ``wording``
    is any whole number and changes nothing but names and phrasing. ``traits`` are what makes two
    drills of the kind equally hard (carries, sizes, operations): a variant keeps them. ``unordered``
    names parameters whose order does not matter.
    """

    name: str
    draw: Callable[[Random], Parameters]
    work: Callable[[Parameters, int], Worked]
    traits: Callable[[Parameters], tuple[int | str, ...]]
    unordered: tuple[str, ...] = ()

    def key(self, parameters: Parameters) -> tuple[tuple[str, int | str], ...]:
        """The parameters in one canonical order: equal keys are the same drill."""
        plain = {name: parameters[name] for name in sorted(parameters)}
        swapped = sorted((plain[name] for name in self.unordered), key=int)
        plain.update(zip(self.unordered, swapped, strict=True))
        return tuple(plain.items())


def equation(left: str, value: int) -> str:
    """``48 - 29 = <<48-29=19>>19``: an expression, its annotation, and its value."""
    return f"{left} = <<{left.replace(' ', '')}={value}>>{value}"


def phrase(forms: tuple[str, ...], wording: int) -> str:
    """The wording's choice among ``forms``."""
    return forms[wording % len(forms)]


def number(parameters: Parameters, name: str) -> int:
    """A whole-number parameter.

    Raises ValueError when the parameter is absent or not a whole number.
    """
    value = parameters.get(name)
    if not isinstance(value, int):
        raise ValueError(
            f"drill parameter {name!r} must be a whole number, found {value!r} in {dict(parameters)}"
        )
    return value


def mostly(random: Random, usual: tuple[int, int], wide: tuple[int, int]) -> int:
    """A number of the ``usual`` range four times in five, of the ``wide`` one otherwise (both ends
    included): small numbers are the common case, large ones keep the space of drills big."""
    low, high = usual if random.random() < 0.8 else wide
    return random.randint(low, high)
