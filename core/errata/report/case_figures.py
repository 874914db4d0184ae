"""The figures of wrong answers in one round: triage, diagnoses, the second opinion.

Not covered: error types and what is made of them (``round_figures.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from errata.records import Diagnosis, Triage
from errata.report.figures import BOTH, DiagnosisCounts, SecondOpinion, TriageCounts
from errata.store import Store

SAMPLED = ("bad-luck", "suspected-wrong-gold")
CATEGORIES = ("right", "model-error", "undecided", "truncated", "format-slip", *SAMPLED)


@dataclass
class _Tally:
    categories: Counter[str] = field(default_factory=Counter)
    sampled: int = 0
    samples: int = 0

    def add(self, row: Triage) -> None:
        self.categories[row.category] += 1
        self.sampled += row.samples > 0
        self.samples += row.samples

    def counts(self, name: str) -> TriageCounts:
        return TriageCounts(
            set=name,
            attempts=self.categories.total(),
            categories={category: self.categories[category] for category in CATEGORIES},
            sampled=self.sampled,
            samples=self.samples,
        )


def triage_counts(store: Store, name: str, dev: Collection[str]) -> tuple[TriageCounts, ...]:
    """Counts of the target's attempts on train, on dev, and on both; empty before triage."""
    tallies = {set_name: _Tally() for set_name in ("train", "dev", BOTH)}
    for row in store.read(f"{name}/triage.jsonl", Triage):
        if not row.model:
            tallies["dev" if row.problem_id in dev else "train"].add(row)
            tallies[BOTH].add(row)
    counted = [tally.counts(set_name) for set_name, tally in tallies.items()]
    return tuple(counts for counts in counted if counts.attempts)


def other_models(store: Store, name: str) -> tuple[TriageCounts, ...]:
    """Counts of what other models answered, by model."""
    tallies: dict[str, _Tally] = {}
    for row in store.read(f"{name}/triage.jsonl", Triage):
        if row.model:
            tallies.setdefault(row.model, _Tally()).add(row)
    return tuple(tallies[model].counts(model) for model in sorted(tallies))


def diagnosis_counts(store: Store, name: str, own: int, others: int) -> DiagnosisCounts:
    """Of the target's ``own`` bad cases and those of ``others``."""
    counts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    phrases: set[str] = set()
    for found in store.read(f"{name}/diagnoses.jsonl", Diagnosis):
        if found.failure:
            failed[str(found.details.get("lack") or "failed")] += 1
            continue
        counts["diagnosed"] += 1
        if found.no_error:
            counts["no_error"] += 1
            continue
        counts["named"] += bool(found.keyphrase)
        counts["located"] += found.step is not None
        if found.keyphrase:
            phrases.add(found.keyphrase)
    return DiagnosisCounts(
        bad_cases=own + others,
        others=others,
        failed=dict(sorted(failed.items())),
        keyphrases=len(phrases),
        **counts,
    )


def second_opinion(store: Store, name: str) -> SecondOpinion | None:
    """How far the second diagnoser agrees with the first; None where there is no second."""
    first = store.read(f"{name}/diagnoses.jsonl", Diagnosis)
    second = store.read(f"{name}/second_diagnoses.jsonl", Diagnosis)
    counts: Counter[str] = Counter()
    names = ("", "")
    for one, other in zip(first, second, strict=False):  # the second comes after the first
        names = one.by, other.by
        if one.failure or other.failure:
            continue
        counts["cases"] += 1
        counts["no_error_both"] += one.no_error and other.no_error
        counts["no_error_first"] += one.no_error and not other.no_error
        counts["no_error_second"] += other.no_error and not one.no_error
        if one.step is not None and other.step is not None:
            counts["located"] += 1
            counts["exact"] += one.step == other.step
            counts["within_one"] += abs(one.step - other.step) <= 1
    if not names[0]:
        return None
    fields = SecondOpinion.model_fields.keys() - {"first", "second"}
    return SecondOpinion(first=names[0], second=names[1], **{f: counts[f] for f in fields})
