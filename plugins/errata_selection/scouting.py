"""Scouts: a few candidates see many dev cases first, so that all see those that tell candidates apart.

Many dev cases tell nothing: no worked example mends them, or none breaks them. A case is worth what
candidates differ on it, as items of a test are chosen by how they discriminate (Lord 1980; for language
models: Polo et al., arXiv 2402.14992). Scores on chosen cases are larger or smaller than on cases as
they come; they are for comparing candidates, nothing else.

Not covered: cases that tell the same as another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from statistics import pvariance

from errata.records import Candidate, Problem
from errata_selection.plan import Cases, Plan

Values = Mapping[str, Mapping[str, float]]  # by candidate and case


def scouts(candidates: Sequence[Candidate], number: int, random: Random) -> list[Candidate]:
    """At most ``number`` candidates of each error type, drawn at random, in order."""
    types: dict[str, list[str]] = {}
    for candidate in candidates:
        types.setdefault(candidate.lineage.error_type or "", []).append(candidate.id)
    drawn = {
        name
        for kind in sorted(types)
        for name in random.sample(sorted(types[kind]), min(number, len(types[kind])))
    }
    return [candidate for candidate in candidates if candidate.id in drawn]


def telling(
    drawn: Plan, sent: Sequence[Candidate], seen: Values, size: int
) -> dict[str | None, Cases]:
    """Of each type's cases ``size`` on which the scouts differed most, the most telling first, those
    that tell the same in the order they were in."""
    found = {}
    for name, cases in drawn.cases.items():
        own = [seen[c.id] for c in sent if (c.lineage.error_type or None) == name]
        bad, good = (_ordered(half, own) for half in (cases.bad, cases.good))
        found[name] = Cases(bad[: size // 2], good[: size // 2])
    return found


def _ordered(half: Sequence[Problem], own: Sequence[Mapping[str, float]]) -> tuple[Problem, ...]:
    return tuple(sorted(half, key=lambda p: -pvariance([values[p.id] for values in own])))
