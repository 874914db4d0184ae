"""What may be doubted in a round: how surely the selector cut, and what was refused as a leak.

Not covered: what is undecided (``case_figures``, ``summary``), and duplicates among candidates.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from statistics import fmean

from errata.measure import Z95
from errata.records import Objection, Record, Selection

SURE = 0.95  # a candidate is sure of its side of the cut from this probability on


class Cut(Record):
    """How surely the selector's cut separates the ``kept`` candidates from those ``left_out``, over all
    that have a score with its standard error.

    ``at`` lies midway between the lowest score kept and the highest left out. ``kept_sure`` and
    ``left_out_sure`` are more than 1.96 standard errors of their own score away from it; the others
    might have fallen on the other side. None of this where types have cuts of their own.
    """

    at: float
    kept: int
    left_out: int
    kept_sure: int
    left_out_sure: int


class Sureness(Record):
    """How surely candidates lie on the right side of the cut, as the selector recorded it for each.

    Over the ``kept`` and the ``left_out`` ones that have a ``sureness``. ``kept_above`` and
    ``left_out_above`` are their mean probabilities, from 0 to 1, of belonging above the cut: where the
    two are the same, the cut is luck. ``kept_sure`` and ``left_out_sure`` are on their side of it with
    a probability of at least 0.95.
    """

    kept: int
    left_out: int
    kept_above: float
    left_out_above: float
    kept_sure: int
    left_out_sure: int


class Leak(Record):
    """Candidates that were refused as leaks: by which verifier, near which set and by which rule, as
    the evidence has them."""

    by: str
    set: str
    rule: str
    candidates: int


def cut(selections: Iterable[Selection]) -> Cut | None:
    """How sure the cut is; None where nothing was left out, nothing kept, nothing has a standard error,
    or some candidate that was left out has a better score than one that was kept."""
    scored = [
        (s.score, s.uncertainty, s.kept)
        for s in selections
        if s.score is not None
        and s.uncertainty is not None
        and math.isfinite(s.score)
        and math.isfinite(s.uncertainty)
    ]
    kept = [(score, error) for score, error, is_kept in scored if is_kept]
    left_out = [(score, error) for score, error, is_kept in scored if not is_kept]
    if not kept or not left_out:
        return None
    lowest, highest = min(kept)[0], max(left_out)[0]
    if highest > lowest:
        return None
    at = (lowest + highest) / 2
    return Cut(
        at=at,
        kept=len(kept),
        left_out=len(left_out),
        kept_sure=sum(score - Z95 * error > at for score, error in kept),
        left_out_sure=sum(score + Z95 * error < at for score, error in left_out),
    )


def sureness(selections: Iterable[Selection]) -> Sureness | None:
    """How sure the two sides of the cut are; None where one of them has no recorded sureness."""
    kept: list[float] = []
    left_out: list[float] = []
    for s in selections:
        if s.sureness is not None:
            (kept if s.kept else left_out).append(s.sureness)
    if not kept or not left_out:
        return None
    return Sureness(
        kept=len(kept),
        left_out=len(left_out),
        kept_above=round(fmean(kept), 6),
        left_out_above=round(1 - fmean(left_out), 6),
        kept_sure=sum(p >= SURE for p in kept),
        left_out_sure=sum(p >= SURE for p in left_out),
    )


def leaks(objections: Iterable[Objection]) -> tuple[Leak, ...]:
    """Candidates refused as leaks, the commonest kind first."""
    counts = Counter(
        (o.by, str(o.evidence.get("set") or ""), str(o.evidence.get("rule") or ""))
        for o in objections
        if o.reason == "leak" and o.candidate_id
    )
    return tuple(
        Leak(by=by, set=set_name, rule=rule, candidates=number)
        for (by, set_name, rule), number in sorted(
            counts.items(), key=lambda item: (-item[1], item[0])
        )
    )
