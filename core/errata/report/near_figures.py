"""How near the accepted candidates of a round come to the held-out problems, by rule."""

from __future__ import annotations

from collections.abc import Collection
from statistics import median

from errata.nearness import Nearness
from errata.report.figures import NearFigures
from errata.store import Store


def near_figures(store: Store, name: str, objected: Collection[str]) -> tuple[NearFigures, ...]:
    """One figure a rule and verifier that named a nearest problem of any candidate of the round."""
    leaked: dict[tuple[str, str], int] = {}
    accepted: dict[str, int] = {}
    scores: dict[tuple[str, str], list[float]] = {}
    nearest: dict[tuple[str, str], tuple[float, str, str, str]] = {}
    for found in store.read(f"{name}/leaks.jsonl", Nearness):
        passed = found.candidate_id not in objected
        accepted[found.by] = accepted.get(found.by, 0) + passed
        for near in found.near:
            key = found.by, near.rule
            leaked[key] = leaked.get(key, 0) + near.leaked
            if passed:
                scores.setdefault(key, []).append(near.score)
                place = near.score, found.candidate_id, near.problem_id, near.set
                if key not in nearest or near.score > nearest[key][0]:
                    nearest[key] = place
    figures = []
    for by, rule in sorted(leaked):
        own = scores.get((by, rule), [])
        # A rule leaves out what it finds too far to name: those stand below every score.
        unnamed = accepted[by] - len(own)
        middle = median([-1.0] * unnamed + own) if own else -1.0
        score, candidate, problem, set_name = nearest.get((by, rule), (None, "", "", ""))
        figures.append(
            NearFigures(
                by=by,
                rule=rule,
                leaked=leaked[by, rule],
                accepted=accepted[by],
                named=len(own),
                median=round(middle, 4) if 2 * len(own) > accepted[by] else None,
                highest=score,
                candidate_id=candidate,
                problem_id=problem,
                set=set_name,
            )
        )
    return tuple(figures)
