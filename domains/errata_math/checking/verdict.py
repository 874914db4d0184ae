"""What the checker says of one pair. Not covered here: how a verdict becomes an engine record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["right", "wrong", "undecided"]


@dataclass(frozen=True)
class Checked:
    """The verdict on one pair.

    ``outcome`` is *undecided* when the two sides could not be compared; ``reason`` then says why.
    ``extracted`` is the answer found in a response (the prediction itself for bare answers), None
    when nothing was found. ``explicit`` says whether the response states its answer in a recognised
    form; False when only the last number or formula was taken. ``rule`` is
    ``extraction/equivalence``, each the name of the rule that fired.
    """

    outcome: Outcome
    extracted: str | None
    explicit: bool
    rule: str
    reason: str = ""


@dataclass(frozen=True)
class Comparison:
    """The outcome of comparing two answers, before extraction is taken into account."""

    outcome: Outcome
    rule: str
    reason: str = ""


def right(rule: str) -> Comparison:
    """Equal, by ``rule``."""
    return Comparison("right", rule)


def wrong(rule: str) -> Comparison:
    """Different, by ``rule``."""
    return Comparison("wrong", rule)


def undecided(rule: str, reason: str) -> Comparison:
    """Not comparable by any rule tried; ``reason`` is shown to the user."""
    return Comparison("undecided", rule, reason)
