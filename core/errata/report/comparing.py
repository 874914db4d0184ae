"""Runs beside each other: accuracy on the problems that all of them tried, paired with the first run.

A problem is the same in two runs when set, id, question and answer are. Each run stands for its last
kept checkpoint. Not covered: several seeds of one recipe taken together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from errata.measure import accuracy, compare
from errata.records import Accuracy, Comparison, Outcome, Problem, Record
from errata.report.figures import Summary
from errata.report.summary import outcomes, summarize
from errata.stages.problems import Placed
from errata.store import Store


class SideFigures(Record):
    """One run on the shared problems of a set: its last kept checkpoint, and its baseline's there.

    ``paired`` is against the first run; None for the first itself.
    """

    run: int
    last: Accuracy
    first: Accuracy
    paired: Comparison | None = None


class SetFigures(Record):
    """A set on which runs are compared: ``shared`` of its problems are the same in all of them;
    ``sizes`` are those of the set in each run."""

    set: str
    shared: int
    sizes: tuple[int, ...]
    runs: tuple[SideFigures, ...]


class Difference(Record):
    """A key of the resolved recipe on which runs differ, with its value in each ("" where it has
    none)."""

    key: str
    values: tuple[str, ...]


class Compared(Record):
    """Runs beside each other, the first being what the others are paired with.

    ``apart`` are sets that all of them measured without a problem in common, which another seed or
    source makes: nothing can be said of those.
    """

    names: tuple[str, ...]
    sets: tuple[SetFigures, ...]
    apart: tuple[str, ...] = ()
    differences: tuple[Difference, ...]
    summaries: tuple[Summary, ...]


@dataclass(frozen=True)
class _Side:
    """What of a run is compared, by set: outcomes of baseline and last checkpoint, by problem."""

    summary: Summary
    first: Mapping[str, Mapping[str, Outcome]]
    last: Mapping[str, Mapping[str, Outcome]]


def compared(stores: Sequence[Store]) -> Compared:
    """The figures of two or more runs. Raises what ``summarize`` does."""
    return _together(stores, [_side(store) for store in stores], _names(stores))


def each_beside(store: Store, others: Sequence[Store]) -> list[Compared]:
    """``store`` beside each of ``others`` alone, so that a run that shares nothing takes nothing from
    the rest. Raises what ``summarize`` does."""
    stores = [store, *others]
    sides, names = [_side(found) for found in stores], _names(stores)
    return [
        _together((store, other), (sides[0], side), (names[0], name))
        for other, side, name in zip(others, sides[1:], names[1:], strict=True)
    ]


def _names(stores: Sequence[Store]) -> Sequence[str]:
    return unlike([(store.manifest().name, store) for store in stores])


def _together(stores: Sequence[Store], sides: Sequence[_Side], names: Sequence[str]) -> Compared:
    measured = [s.set for s in sides[0].summary.sets if all(s.set in side.last for side in sides)]
    sets = [_set(name, sides) for name in measured]
    recipes = [store.file("recipe.yaml").read_text(encoding="utf-8") for store in stores]
    return Compared(
        names=tuple(names),
        sets=tuple(figures for figures in sets if figures.shared),
        apart=tuple(figures.set for figures in sets if not figures.shared),
        differences=tuple(differences(recipes)),
        summaries=tuple(side.summary for side in sides),
    )


def _side(store: Store) -> _Side:
    summary = summarize(store)
    final = [c for c in summary.checkpoints if c.id == summary.final]
    measured = {a.set for c in final for a in c.accuracies if a.complete}
    placed = {p.problem_id: p.set for p in store.read("splits.jsonl", Placed)}
    keys = {
        p.id: f"{p.id}\0{p.question}\0{p.answer}"
        for p in store.read("problems.jsonl", Problem)
        if placed.get(p.id) in measured
    }

    def found(checkpoint: str) -> dict[str, dict[str, Outcome]]:
        return {
            name: {keys[i]: outcome for i, outcome in outcomes(store, checkpoint, name).items()}
            for name in measured
        }

    return _Side(summary, found(summary.baseline), found(summary.final))


def _set(name: str, sides: Sequence[_Side]) -> SetFigures:
    shared = set.intersection(*(set(side.last[name]) for side in sides))
    sizes = tuple(len(side.last[name]) for side in sides)
    reference = _only(sides[0].last[name], shared)
    rows = []
    for place, side in enumerate(sides):
        last = _only(side.last[name], shared)
        rows.append(
            SideFigures(
                run=place,
                last=accuracy(name, last.values()),
                first=accuracy(name, _only(side.first[name], shared).values()),
                paired=compare(name, sides[0].summary.name, reference, last) if place else None,
            )
        )
    return SetFigures(set=name, shared=len(shared), sizes=sizes, runs=tuple(rows))


def _only(found: Mapping[str, Outcome], keys: set[str]) -> dict[str, Outcome]:
    return {key: found[key] for key in sorted(keys) if key in found}


def unlike(runs: Sequence[tuple[str, Store]]) -> tuple[str, ...]:
    """Names that tell the runs apart: the recipe's, and the folder where two are alike."""
    names = [name for name, _ in runs]
    told = [
        name if names.count(name) == 1 else f"{name} ({store.path.resolve().name})"
        for name, store in runs
    ]
    return tuple(
        name if told.count(name) == 1 else f"{name} {place}"
        for place, name in enumerate(told, start=1)
    )


def differences(recipes: Sequence[str]) -> list[Difference]:
    """Keys of the recipes whose values differ, in the order of the first that has them."""
    import yaml

    flat = [_flat(yaml.safe_load(text)) for text in recipes]
    keys = list(dict.fromkeys(key for found in flat for key in found))
    return [
        Difference(key=key, values=tuple(found.get(key, "") for found in flat))
        for key in keys
        if len({found.get(key, "") for found in flat}) > 1 and key != "name"
    ]


def _flat(value: object, path: str = "") -> dict[str, str]:
    if isinstance(value, dict) and value:
        found: dict[str, str] = {}
        for key, below in value.items():
            found |= _flat(below, f"{path}.{key}" if path else str(key))
        return found
    return {path: str(value)}
