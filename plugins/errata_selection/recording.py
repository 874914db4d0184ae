"""Worths and a cut as records. Not covered: who is above the cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from errata.records import Candidate, Selection
from errata_selection.comparing import Worth, sureness


def recorded(
    candidates: Sequence[Candidate],
    worths: Mapping[str, Worth],
    kept: frozenset[str],
    why: Callable[[Candidate, Worth], str],
    unscored: str = "not scored",
) -> list[Selection]:
    """One selection per candidate, in order; ranks go to the kept ones first, by score, ties by id.

    ``why`` words what a score is; candidates without a worth come last, with ``unscored``.
    """
    order = sorted(worths, key=lambda name: (name not in kept, -worths[name].score, name))
    missing = sorted({candidate.id for candidate in candidates} - set(order))
    ranks = {name: rank for rank, name in enumerate([*order, *missing], start=1)}
    sure = sureness(worths, kept)
    found = []
    for candidate in candidates:
        name = candidate.id
        each = worths.get(name)
        found.append(
            Selection(
                candidate_id=name,
                rank=ranks[name],
                kept=name in kept,
                score=each.score if each else None,
                uncertainty=each.error if each else None,
                why=why(candidate, each) if each else unscored,
                sureness=sure.get(name),
            )
        )
    return found
