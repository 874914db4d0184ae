"""The selectors that look at nothing: all, and a random part. Controls for the others.

Not covered: anything about a candidate but its error type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from errata.parts import DevCases, Memo
from errata.records import Candidate, Selection
from errata_selection.cut import CutSettings, above


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
    """A random part is kept; the same seed and candidates give the same choice."""

    def __init__(self, cut: CutSettings, random: Callable[[str], Random]) -> None:
        self._cut = cut
        self._random = random

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order; ranks are drawn without regard to content."""
        del cases, memo
        drawn = sorted(candidate.id for candidate in candidates)
        self._random("random-selector").shuffle(drawn)
        ranks = {name: rank for rank, name in enumerate(drawn, start=1)}
        kept = above(drawn, candidates, self._cut)
        where = " by error type" if self._cut.per_type else ""
        return [
            Selection(
                candidate_id=candidate.id,
                rank=ranks[candidate.id],
                kept=candidate.id in kept,
                why=f"drawn {ranks[candidate.id]} of {len(candidates)};"
                f" the first {len(kept)}{where} are kept",
            )
            for candidate in candidates
        ]
