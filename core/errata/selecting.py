"""What a selector is given and what it does; and what it remembers.

Not covered: the selectors themselves, which are plugins' parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from errata.records import Candidate, Problem, Selection
from errata.styles import StyleChoice


@dataclass(frozen=True)
class DevCases:
    """Held-out cases that selection is measured on: bad dev cases by error type, all of the bad
    ones, and good ones (problems that the target solves)."""

    bad: Mapping[str, Sequence[Problem]]
    all_bad: Sequence[Problem]
    good: Sequence[Problem]


class Memo(Protocol):
    """Durable results of expensive steps within a stage: an interrupted stage finds them again."""

    def get(self, key: str) -> JsonValue:
        """The value of ``key``, or None."""

    def put(self, key: str, value: JsonValue) -> None:
        """Remember ``value`` durably."""


class Selector(Protocol):
    """Decides which candidates the target is trained on: one selection per candidate."""

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate; raises ValueError when there is nothing to measure on."""


@runtime_checkable
class ChoosesStyles(Protocol):
    """A selector that decides in which style the target is taught each error type."""

    def style_choices(self) -> Sequence[StyleChoice]:
        """The decisions of the last ``select``, by error type; empty where there was no choice."""
        ...
