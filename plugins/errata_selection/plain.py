"""The selectors that look at nothing: all, and a random fraction. Controls for the others.

Not covered: fractions per error type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from random import Random

from errata.parts import DevCases, Memo
from errata.records import Candidate, Selection


class KeepAll:
    """Every candidate is kept, ranked in the order given."""

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order; neither cases nor memo are used."""
        del cases, memo
        return [
            Selection(candidate_id=candidate.id, rank=rank, kept=True, why="all are kept")
            for rank, candidate in enumerate(candidates, start=1)
        ]


class KeepRandom:
    """A random fraction is kept; the same seed and candidates give the same choice."""

    def __init__(self, keep: float, random: Callable[[str], Random]) -> None:
        self._keep = keep
        self._random = random

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order; ranks are drawn without regard to content."""
        del cases, memo
        drawn = sorted(candidate.id for candidate in candidates)
        self._random("random-selector").shuffle(drawn)
        ranks = {name: rank for rank, name in enumerate(drawn, start=1)}
        number = ceil(self._keep * len(candidates))
        return [
            Selection(
                candidate_id=candidate.id,
                rank=ranks[candidate.id],
                kept=ranks[candidate.id] <= number,
                why=f"drawn {ranks[candidate.id]} of {len(candidates)}, the first {number} are kept",
            )
            for candidate in candidates
        ]
