"""``summarize``: a run directory in, every figure of its report out; for unfinished runs too.

Accuracy and comparisons are recomputed from the verdicts, not copied from ``round.json``, which gives
only the decision (kept or rejected, and why). Files are streamed: what is held in memory is counts,
and ids where records of two files must meet. What happens inside a round is in ``round_figures``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from errata.evaluation import IMPORTED_COUNTS
from errata.life import lives_of
from errata.measure import accuracy, compare
from errata.records import Checkpoint, Comparison, Outcome, RoundRecord, TrainingExample, Verdict
from errata.report.figures import (
    CheckpointFigures,
    Measured,
    RoundFigures,
    SetSize,
    StageSeconds,
    Summary,
    Training,
)
from errata.report.round_figures import round_figures
from errata.report.spending import spending
from errata.rounds import BASE, slug
from errata.stages.importing import Imported
from errata.stages.problems import Dropped, Placed
from errata.store import Manifest, Store

WARM_UP = "round-0"
_ORDER = ("test", "ood", "guard", "gate", "dev")


def summarize(store: Store) -> Summary:
    """Every figure of the run in ``store``.

    Raises RunDirectoryError when it holds no run, CorruptRecord for a line that does not read.
    """
    manifest = store.manifest()
    sets = set_sizes(store)
    reported = [s for s in sets if s.set.split("/")[0] != "train"]
    checkpoints: list[CheckpointFigures] = []
    rounds: list[RoundFigures] = []
    last = BASE.id
    for name in round_names(store):
        if name not in (BASE.id, WARM_UP):
            done = tuple(s.stage for s in manifest.stages if s.round == name)
            rounds.append(round_figures(store, name, last, done))
        found = _checkpoint(store, name, last if name != BASE.id else None, reported)
        if found is None:
            continue
        checkpoints.append(found)
        if found.kept:
            last = found.id
    lives = lives_of(store, [round_.name for round_ in rounds])
    rounds = [
        round_.model_copy(update={"life": tuple(lives.get(round_.name, ()))}) for round_ in rounds
    ]
    baseline = WARM_UP if any(c.id == WARM_UP and c.kept for c in checkpoints) else BASE.id
    return Summary(
        **_provenance(store, manifest),
        sets=tuple(sets),
        imported=tuple(store.read(IMPORTED_COUNTS, Imported)),
        checkpoints=tuple(checkpoints),
        baseline=baseline,
        final=last,
        overall=tuple(_comparisons(store, baseline, last, reported)) if last != baseline else (),
        rounds=tuple(rounds),
        spending=spending(store, [c.id for c in checkpoints]),
    )


def round_names(store: Store) -> list[str]:
    """Folders of checkpoints and rounds that exist, in the order of the loop."""
    numbers = sorted(
        int(path.name.removeprefix("round-"))
        for path in store.path.glob("round-*")
        if path.is_dir() and path.name.removeprefix("round-").isdigit()
    )
    names = [BASE.id, *(f"round-{number}" for number in numbers)]
    return [name for name in names if store.file(name).is_dir()]


def set_sizes(store: Store) -> list[SetSize]:
    """The sets of the run: reported ones first, then gate, dev and train."""
    sizes = Counter(placed.set for placed in store.read("splits.jsonl", Placed))
    dropped = Counter(_own_set(d.set) for d in store.read("dropped.jsonl", Dropped))
    names = sorted(sizes.keys() | dropped.keys(), key=_set_order)
    return [SetSize(set=n, problems=sizes[n], dropped=dropped[n]) for n in names]


def _own_set(source: str) -> str:
    """Train is one set, whatever the number of its sources."""
    return "train" if source.split("/", maxsplit=1)[0] == "train" else source


def _set_order(name: str) -> tuple[int, str]:
    head = name.split("/", maxsplit=1)[0]
    return (_ORDER.index(head) if head in _ORDER else len(_ORDER), name)


def outcomes(store: Store, checkpoint: str, set_name: str) -> dict[str, Outcome]:
    """Outcome by problem id of a checkpoint on one set, as far as it was evaluated."""
    verdicts = store.read(f"{checkpoint}/verdicts/{slug(set_name)}.jsonl", Verdict)
    return {verdict.problem_id: verdict.outcome for verdict in verdicts}


def round_record(store: Store, name: str) -> RoundRecord | None:
    """The record of a measured round; None while it is not measured."""
    path = store.file(f"{name}/round.json")
    return RoundRecord.model_validate_json(path.read_bytes()) if path.exists() else None


def label(name: str) -> str:
    """A checkpoint in plain words."""
    if name == BASE.id:
        return "before"
    return "after warm-up" if name == WARM_UP else f"after round {name.removeprefix('round-')}"


def _checkpoint(
    store: Store, name: str, previous: str | None, sets: Iterable[SetSize]
) -> CheckpointFigures | None:
    """The checkpoint made in folder ``name``; None when the round has made none yet."""
    made = next(iter(store.read(f"{name}/checkpoint.jsonl", Checkpoint)), None)
    training = _training(store, name, made)
    if name != BASE.id and training is None:
        return None
    record = round_record(store, name)
    sets = list(sets)
    return CheckpointFigures(
        id=name,
        label=label(name),
        compared_with=previous,
        parent=made.parent if made else None,
        kept=record.kept if record else None,
        why=record.why if record else "",
        training=training,
        accuracies=tuple(
            Measured(**dict(accuracy(s.set, found.values())), problems=s.problems)
            for s in sets
            if (found := outcomes(store, name, s.set))
        ),
        undecided=_undecided(store, name, sets),
        comparisons=tuple(_comparisons(store, previous, name, sets)) if previous else (),
    )


def _undecided(store: Store, name: str, sets: Iterable[SetSize]) -> dict[str, int]:
    """Undecided answers on these sets by reason, the commonest first."""
    counts = Counter(
        verdict.reason or "no reason given"
        for s in sets
        for verdict in store.read(f"{name}/verdicts/{slug(s.set)}.jsonl", Verdict)
        if verdict.outcome == "undecided"
    )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _training(store: Store, name: str, made: Checkpoint | None) -> Training | None:
    if made is not None:
        return Training(
            examples=made.examples,
            replayed=made.replayed,
            trainer=made.trainer,
            metrics=made.metrics,
        )
    examples = sum(1 for _ in store.read(f"{name}/train.jsonl", TrainingExample))
    return Training(examples=examples) if examples else None


def _comparisons(
    store: Store, before: str, after: str, sets: Iterable[SetSize]
) -> Iterable[Comparison]:
    """Paired comparisons on the sets that both checkpoints have finished."""
    for s in sets:
        old, new = outcomes(store, before, s.set), outcomes(store, after, s.set)
        if s.problems and len(old) == len(new) == s.problems:
            yield compare(s.set, before, old, new)


def _provenance(store: Store, manifest: Manifest) -> Mapping[str, Any]:
    path = store.file("recipe.yaml")
    raw = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    recipe: dict[str, Any] = raw if isinstance(raw, dict) else {}
    return {
        "name": manifest.name,
        "recipe": manifest.recipe,
        "domain": _used(recipe.get("domain")),
        "target": _used(recipe.get("target")),
        "instructor": _used(recipe.get("instructor")),
        "strategy": _used(recipe.get("synthesize")),
        "selector": _used(recipe.get("select")),
        "seed": manifest.seed,
        "versions": dict(sorted(manifest.versions.items())),
        "ended": manifest.ended,
        "seconds": tuple(
            StageSeconds(round=s.round, stage=s.stage, seconds=s.seconds) for s in manifest.stages
        ),
        "total_seconds": round(sum(s.seconds for s in manifest.stages), 3),
    }


def _used(section: object) -> str:
    """The part that a section of the recipe uses, with its model where it names one."""
    if not isinstance(section, dict):
        return str(section or "")
    named = [str(section[key]) for key in ("use", "model") if section.get(key)]
    return " ".join(named)
