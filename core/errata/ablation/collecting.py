"""From the run directories of an ablation to its figures; nothing is taken from anywhere else.

What is compared is the last checkpoint that each run made, whether or not the gate kept it: an
ablation asks what an arm's training does, and says beside it what the gate thought.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from errata.ablation.arms import Plan
from errata.ablation.branching import finished
from errata.ablation.figures import BASELINE, Ablation, ArmFigures, RunFigures
from errata.ablation.statistics import over_seeds, paired
from errata.evaluation import slug
from errata.measure import accuracy, mcnemar
from errata.records import Checkpoint, Outcome, Problem
from errata.report.summary import outcomes, round_names, round_record, set_sizes
from errata.seeds import stream
from errata.store import Store

_REPORTED = ("test", "ood")


@dataclass(frozen=True)
class _Measured:
    """A checkpoint on a set: its figures, and the outcomes by what each problem is."""

    figures: RunFigures
    outcomes: Mapping[str, Outcome]


def run_directory(folder: Path, arm: str, seed: int) -> Path:
    """Where the run of an arm at a seed lies."""
    return folder / f"seed-{seed}" / arm


def collect(folder: Path, plan: Plan, changes: Mapping[str, Sequence[str]]) -> Ablation:
    """The figures of all runs that are finished. Raises CorruptRecord for a line that does not read."""
    measured: dict[tuple[str, int, str], _Measured] = {}
    missing, sets = [], list[str]()
    for arm in plan.arms:
        store = Store(run_directory(folder, arm.name, arm.seed))
        if not finished(store):
            missing.append(f"{arm.name}, seed {arm.seed}")
            continue
        for found in _measure(store, folder, arm.name, arm.seed, arm.name == plan.reference):
            measured[found.figures.arm, arm.seed, found.figures.set] = found
            if found.figures.set not in sets:
                sets.append(found.figures.set)
    names = [BASELINE, *plan.names]
    runs = [
        _beside(measured[key], measured.get((plan.reference, key[1], key[2])), plan.reference)
        for name in names
        for key in measured
        if key[0] == name
    ]
    return Ablation(
        name=plan.name,
        reference=plan.reference,
        arms=plan.names,
        seeds=plan.seeds,
        sets=tuple(sets),
        runs=tuple(runs),
        figures=tuple(f for s in sets for f in _arms(measured, names, plan.reference, s)),
        missing=tuple(missing),
        changes={name: tuple(given) for name, given in changes.items()},
    )


def _measure(
    store: Store, folder: Path, arm: str, seed: int, reference: bool
) -> Iterator[_Measured]:
    """The run's last checkpoint on every reported set; of the reference arm also its baseline."""
    made = [name for name in round_names(store) if round_record(store, name) is not None]
    baseline = [name for name in made if name in ("base", "round-0")][-1]
    keys = {p.id: problem_key(p) for p in store.read("problems.jsonl", Problem)}
    rows = [(arm, made[-1])] + ([(BASELINE, baseline)] if reference else [])
    for name, checkpoint in rows:
        for size in set_sizes(store):
            if size.set.split("/")[0] not in _REPORTED:
                continue
            found = outcomes(store, checkpoint, size.set)
            yield _Measured(
                _figures(store, folder, (name, seed, size.set), checkpoint, found.values()),
                {keys[problem_id]: outcome for problem_id, outcome in found.items()},
            )


def problem_key(problem: Problem) -> str:
    """What a problem is, whatever its id: seeds may give the same id to others."""
    text = f"{problem.question}\x1f{problem.answer}"
    return hashlib.sha256(text.encode()).hexdigest()


def _figures(
    store: Store,
    folder: Path,
    place: tuple[str, int, str],
    checkpoint: str,
    found: Iterable[Outcome],
) -> RunFigures:
    arm, seed, set_name = place
    record = round_record(store, checkpoint)
    trained = next(iter(store.read(f"{checkpoint}/checkpoint.jsonl", Checkpoint)), None)
    in_a_round = checkpoint not in ("base", "round-0")
    counted = accuracy(set_name, found)
    run = store.path.relative_to(folder)
    return RunFigures(
        arm=arm,
        seed=seed,
        set=set_name,
        run=str(run),
        verdicts=str(run / checkpoint / "verdicts" / f"{slug(set_name)}.jsonl"),
        checkpoint=checkpoint,
        examples=trained.examples if trained and in_a_round else 0,
        kept=record.kept if record and in_a_round else None,
        total=counted.total,
        right=counted.right,
        undecided=counted.undecided,
        accuracy=counted.accuracy,
        low=counted.low,
        high=counted.high,
    )


def _changes(arm: _Measured, reference: _Measured) -> dict[str, int]:
    """By problem that both tried: 1 where the arm alone is right, -1 where the reference alone is."""
    both = arm.outcomes.keys() & reference.outcomes.keys()
    return {
        key: (arm.outcomes[key] == "right") - (reference.outcomes[key] == "right") for key in both
    }


def _beside(found: _Measured, reference: _Measured | None, name: str) -> RunFigures:
    if reference is None or found.figures.arm == name:
        return found.figures
    changes = list(_changes(found, reference).values())
    fixed, broken = changes.count(1), changes.count(-1)
    update = {"fixed": fixed, "broken": broken, "p_value": mcnemar(fixed, broken)}
    return found.figures.model_copy(update=update)


def _arms(
    measured: Mapping[tuple[str, int, str], _Measured],
    names: Sequence[str],
    reference: str,
    set_name: str,
) -> Iterator[ArmFigures]:
    of_set = {key[:2]: found for key, found in measured.items() if key[2] == set_name}
    against = {
        name: {
            seed: _changes(found, of_set[reference, seed])
            for (arm, seed), found in of_set.items()
            if arm == name and (reference, seed) in of_set
        }
        for name in names
        if name != reference
    }
    differences = paired(
        {name: seeds for name, seeds in against.items() if seeds},
        stream(0, "ablation", set_name),
    )
    for name in names:
        own = sorted((seed, found.figures) for (arm, seed), found in of_set.items() if arm == name)
        if not own:
            continue
        mean = over_seeds([figures.accuracy for _, figures in own])
        made = ArmFigures(
            arm=name,
            set=set_name,
            seeds=tuple(seed for seed, _ in own),
            examples=tuple(figures.examples for _, figures in own),
            mean=mean.value,
            low=mean.low,
            high=mean.high,
        )
        beside = differences.get(name)
        if beside is not None:
            update = {
                "difference": beside.difference.value,
                "difference_low": beside.difference.low,
                "difference_high": beside.difference.high,
                "fixed": beside.fixed,
                "broken": beside.broken,
                "p_value": beside.p_value,
            }
            made = made.model_copy(update=update)
        yield made
