"""The figures of one round: error types, candidates, selection scores; the rest of ``case_figures``.

Reads only the round's own folder, and the dev verdicts of the checkpoint that it made.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from errata.grouped import grouped
from errata.quotas import QUOTAS, Quota
from errata.records import (
    Assignment,
    Candidate,
    ErrorType,
    Objection,
    Selection,
    Shortfall,
    Verdict,
)
from errata.report.case_figures import (
    diagnosis_counts,
    other_models,
    second_opinion,
    triage_counts,
)
from errata.report.doubts import cut, leaks, sureness
from errata.report.figures import (
    BOTH,
    Funnel,
    ObjectionCount,
    RoundFigures,
    ScoreBin,
    Scores,
    StyleFigures,
    TypeFigures,
)
from errata.report.near_figures import near_figures
from errata.stages.importing import foreign
from errata.stages.problems import Placed
from errata.store import Store
from errata.styles import USUAL, StyleChoice

_BINS = 20
_KEYPHRASES = 5


def round_figures(store: Store, name: str, incoming: str, stages: tuple[str, ...]) -> RoundFigures:
    """Round ``name``, which started from the checkpoint ``incoming``; ``stages`` are finished."""
    dev = {
        placed.problem_id for placed in store.read("splits.jsonl", Placed) if placed.set == "dev"
    }
    triage = triage_counts(store, name, dev)
    types, assignments = grouped(store, name)
    candidates = _Candidates.of(store, name)
    dev_right = _dev_right(store, name, dev)
    quotas = {q.error_type: q for q in store.read(f"{name}/{QUOTAS}", Quota)}
    others = other_models(store, name)
    bad_cases = sum(t.categories["model-error"] for t in triage if t.set == BOTH)
    theirs = sum(t.categories["model-error"] for t in others)
    return RoundFigures(
        name=name,
        incoming=incoming,
        stages=stages,
        triage=triage,
        other_models=others,
        diagnoses=diagnosis_counts(store, name, bad_cases, theirs),
        second_opinion=second_opinion(store, name),
        types=tuple(
            _type_figures(t, assignments, dev, dev_right, candidates, quotas.get(t.id))
            for t in sorted(types, key=lambda t: (-t.count, t.id))
        ),
        assigned=sum(bool(a.types) for a in assignments),
        unassigned=sum(not a.types for a in assignments),
        funnel=candidates.funnel(),
        near=near_figures(store, name, candidates.objected),
        shortfalls=tuple(store.read(f"{name}/shortfalls.jsonl", Shortfall)),
        scores=_scores(store.read(f"{name}/selection.jsonl", Selection)),
        cut=cut(store.read(f"{name}/selection.jsonl", Selection)),
        sureness=sureness(store.read(f"{name}/selection.jsonl", Selection)),
        style_choices=tuple(store.read(f"{name}/styles.jsonl", StyleChoice)),
        leaks=leaks(store.read(f"{name}/objections.jsonl", Objection)),
    )


def _dev_right(store: Store, name: str, dev: Collection[str]) -> set[str] | None:
    """Dev problems that the checkpoint of this round solves; None until it has tried them all."""
    right, tried = set(), 0
    for verdict in store.read(f"{name}/verdicts/dev.jsonl", Verdict):
        tried += 1
        if verdict.outcome == "right":
            right.add(verdict.problem_id)
    return right if tried == len(dev) and tried else None


def _type_figures(
    error_type: ErrorType,
    assignments: Sequence[Assignment],
    dev: Collection[str],
    dev_right: Collection[str] | None,
    candidates: _Candidates,
    quota: Quota | None,
) -> TypeFigures:
    held_out = [
        a.problem_id for a in assignments if error_type.id in a.types and a.problem_id in dev
    ]
    return TypeFigures(
        id=error_type.id,
        name=error_type.name,
        description=error_type.description,
        keyphrases=error_type.keyphrases[:_KEYPHRASES],
        cases=error_type.count,
        others=sum(error_type.id in a.types and foreign(a.attempt_id) for a in assignments),
        dev_cases=len(held_out),
        dev_fixed=None if dev_right is None else sum(p in dev_right for p in held_out),
        proposed=candidates.proposed[error_type.id],
        accepted=candidates.accepted[error_type.id],
        kept=candidates.kept[error_type.id] if candidates.selected else None,
        styles=candidates.styles(error_type.id),
        quota=quota,
        stability=error_type.stability,
        sureness=candidates.sureness(error_type.id),
    )


@dataclass
class _Candidates:
    """Counts by error type, and the objections."""

    proposed: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    styled: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sure: dict[str, list[float]] = field(default_factory=dict)
    objected: set[str] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)
    objections: Counter[tuple[str, str]] = field(default_factory=Counter)
    fruitless: Counter[str] = field(default_factory=Counter)
    selected: bool = False
    selected_from: int = 0
    kept_in_all: int = 0
    cost: float = 0.0

    @classmethod
    def of(cls, store: Store, name: str) -> _Candidates:
        """Read a round's objections, selection and candidates."""
        counts = cls()
        counts._object(store.read(f"{name}/objections.jsonl", Objection))
        counts.selected = store.file(f"{name}/selection.jsonl").exists()
        kept: dict[str, float | None] = {}
        for selection in store.read(f"{name}/selection.jsonl", Selection):
            counts.selected_from += 1
            if selection.kept:
                kept[selection.candidate_id] = selection.sureness
        counts.kept_in_all = len(kept)
        for candidate in store.read(f"{name}/candidates.jsonl", Candidate):
            error_type = candidate.lineage.error_type or ""
            style = candidate.lineage.style
            counts.proposed[error_type] += 1
            counts.styled[error_type, style, "proposed"] += 1
            counts.cost += candidate.lineage.cost
            if candidate.id not in counts.objected:
                counts.accepted[error_type] += 1
                counts.styled[error_type, style, "accepted"] += 1
                counts.kept[error_type] += candidate.id in kept
                counts.styled[error_type, style, "kept"] += candidate.id in kept
                if (sure := kept.get(candidate.id)) is not None:
                    counts.sure.setdefault(error_type, []).append(sure)
        return counts

    def sureness(self, error_type: str) -> float | None:
        """The mean sureness of a type's kept candidates; None where none has one."""
        found = self.sure.get(error_type)
        return round(fmean(found), 6) if found else None

    def styles(self, error_type: str) -> tuple[StyleFigures, ...]:
        """A type's candidates by style, the usual one first; none where there is only that."""
        names = sorted({style for t, style, _ in self.styled if t == error_type})
        if names in ([], [""]):
            return ()
        return tuple(
            StyleFigures(
                style=name or USUAL,
                proposed=self.styled[error_type, name, "proposed"],
                accepted=self.styled[error_type, name, "accepted"],
                kept=self.styled[error_type, name, "kept"] if self.selected else None,
            )
            for name in names
        )

    def _object(self, objections: Iterable[Objection]) -> None:
        seen: set[tuple[str, str]] = set()
        for objection in objections:
            if not objection.candidate_id:
                self.fruitless[objection.reason] += 1
                continue
            self.objected.add(objection.candidate_id)
            self.objections[objection.reason, objection.by] += 1
            key = (objection.reason, objection.candidate_id)
            self.reasons[objection.reason] += key not in seen
            seen.add(key)

    def funnel(self) -> Funnel:
        """The counts over all types."""
        return Funnel(
            proposed=self.proposed.total(),
            objected=self.proposed.total() - self.accepted.total(),
            accepted=self.accepted.total(),
            selected_from=self.selected_from,
            kept=self.kept_in_all if self.selected else None,
            reasons=_ranked(self.reasons),
            objections=tuple(
                ObjectionCount(reason=reason, by=by, candidates=count)
                for (reason, by), count in sorted(
                    self.objections.items(), key=lambda item: (-item[1], item[0])
                )
            ),
            fruitless=_ranked(self.fruitless),
            cost=round(self.cost, 6),
        )


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _scores(selections: Iterable[Selection]) -> Scores | None:
    """The distribution in equal bins; None when nothing was scored."""
    found = [
        (s.score, s.kept) for s in selections if s.score is not None and math.isfinite(s.score)
    ]
    if not found:
        return None
    low, high = min(score for score, _ in found), max(score for score, _ in found)
    bins = _BINS if high > low else 1
    width = (high - low) / bins
    placed: Counter[tuple[int, bool]] = Counter()
    for score, kept in found:
        place = min(bins - 1, int((score - low) / width)) if width else 0
        placed[place, kept] += 1
    return Scores(
        scored=len(found),
        low=low,
        high=high,
        lowest_kept=min((score for score, kept in found if kept), default=None),
        bins=tuple(
            ScoreBin(
                low=low + place * width,
                high=low + (place + 1) * width,
                kept=placed[place, True],
                left_out=placed[place, False],
            )
            for place in range(bins)
        ),
    )
