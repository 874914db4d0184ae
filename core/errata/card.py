"""The model card of a checkpoint: ``README.md`` beside its folder, in the form that model hubs read.

Written once the checkpoint is there, and again with its scores once it is measured. Everything in it
comes from records. Not covered: what the base model is and under which licence, which errata does not
know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import yaml

from errata.grouped import grouped
from errata.lines import parse_line
from errata.recipe import Recipe
from errata.records import (
    Accuracy,
    Candidate,
    Checkpoint,
    Comparison,
    RoundRecord,
    TrainingExample,
)
from errata.stages.replay import replayed
from errata.store import Store

CARD = "README.md"
_FIGURES = 6  # significant digits of a trainer's figure


def write_card(store: Store, name: str, recipe: Recipe) -> str:
    """Write the card of the checkpoint of round ``name``; the file, relative to the run."""
    file = f"{name}/{CARD}"
    store.write(file, "\n\n".join(_parts(store, name, recipe)) + "\n")
    return file


def _parts(store: Store, name: str, recipe: Recipe) -> Iterator[str]:
    made = _checkpoint(store, name)
    base = str(recipe.target.settings.get("model", recipe.target.use))
    adapter = (store.file(f"{name}/checkpoint") / "adapter_config.json").is_file()
    front = {
        "base_model": base,
        "library_name": "peft" if adapter else "transformers",
        "tags": ["errata"],
    }
    yield f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n# {_line(recipe.name)}, {name}"
    yield _about(store, made, base, recipe)
    yield "## Scores\n\n" + _scores(store, name)
    yield "## What it was trained on\n\n" + _data(store, name, made, recipe)
    yield "## How it was trained\n\n" + _training(made, recipe)
    yield (
        "## Licence\n\nThat of the base model and of the problems trained on. errata knows neither:"
        " look at the card of the base and at the sources of the data before you pass this on."
    )


def _checkpoint(store: Store, name: str) -> Checkpoint:
    return next(iter(store.read(f"{name}/checkpoint.jsonl", Checkpoint)))


def _about(store: Store, made: Checkpoint, base: str, recipe: Recipe) -> str:
    lineage, before = [made.id], made.parent
    while before:
        lineage.append(before)
        found = next(iter(store.read(f"{before}/checkpoint.jsonl", Checkpoint)), None)
        before = found.parent if found else None
    version = store.manifest().versions.get("errata", "")
    rows = [
        ("base model", base),
        ("lineage", " ← ".join(lineage)),
        ("trained by", made.trainer or "nobody: the base with guidance before every question"),
        ("domain", recipe.domain.use),
        ("strategy", recipe.synthesize.use),
        ("recipe", f"{recipe.name} (SHA-256 {store.manifest().recipe})"),
        ("seed", str(recipe.seed)),
        ("errata", version),
    ]
    lines = "\n".join(f"| {key} | {_line(value)} |" for key, value in rows)
    return (
        "A checkpoint of a model trained on what it got wrong, made by errata. The weights lie in"
        f" `checkpoint/`.\n\n| | |\n| --- | --- |\n{lines}"
    )


def _scores(store: Store, name: str) -> str:
    path = store.file(f"{name}/round.json")
    if not path.exists():
        return "Not measured yet."
    record = parse_line(path, 1, path.read_bytes(), RoundRecord)
    paired = {c.set: c for c in record.comparisons}
    rows = "\n".join(_score(a, paired.get(a.set)) for a in record.accuracies)
    kept = "kept" if record.kept else "rejected"
    return (
        "Greedy answers; 95% Wilson intervals; fixed and broken problems against the checkpoint it"
        " started beside, with the exact McNemar test.\n\n"
        "| set | right | accuracy | 95% interval | fixed | broken | p |\n"
        f"| --- | --- | --- | --- | --- | --- | --- |\n{rows}\n\nThe run has {kept} it: {record.why}"
    )


def _score(found: Accuracy, paired: Comparison | None) -> str:
    against = (
        f"{paired.fixed} | {paired.broken} | {paired.p_value:.3g}" if paired else " | | "
    ).strip()
    return (
        f"| {found.set} | {found.right}/{found.total} | {found.accuracy:.1%} |"
        f" {found.low:.1%}–{found.high:.1%} | {against} |"
    )


def _data(store: Store, name: str, made: Checkpoint, recipe: Recipe) -> str:
    ids = {e.id for e in store.read(f"{name}/train.jsonl", TrainingExample) if not replayed(e)}
    own = Counter(
        candidate.lineage.error_type or ""
        for candidate in store.read(f"{name}/candidates.jsonl", Candidate)
        if candidate.id in ids
    )
    other = len(ids) - own.total()
    sources = ", ".join(source.source for source in recipe.problems.train.values())
    told = (
        f"{made.examples:,} examples, made of problems from {_line(sources)}:"
        f" {own.total():,} against the error types below, {made.replayed:,} replayed (problems that"
        f" it solved already), {other:,} of earlier rounds or reference solutions."
    )
    said = [told]
    types, _ = grouped(store, name)
    if types:
        rows = [f"| {_line(t.name)} | {t.count:,} | {own[t.id]:,} |" for t in types]
        if own[""]:
            rows.append(f"| (of no type) | | {own['']:,} |")
        head = "| error type | cases | examples |\n| --- | --- | --- |"
        said.append("\n".join([head, *rows]))
    return "\n\n".join(said)


def _training(made: Checkpoint, recipe: Recipe) -> str:
    use = recipe.train
    if made.trainer == "adopted":
        return (
            "Elsewhere, and adopted: errata does not know how, nor whether all examples were used."
        )
    if use is None or not made.trainer:
        return "Not trained."
    settings = yaml.safe_dump(use.model_dump(mode="json"), sort_keys=False).strip()
    rows = "\n".join(
        f"| {key} | {value:.{_FIGURES}g} |" for key, value in sorted(made.metrics.items())
    )
    return (
        "The recipe's section (what it leaves out has the trainer's defaults; a warm-up may change"
        f" some):\n\n```yaml\n{settings}\n```\n\n| figure | value |\n| --- | --- |\n{rows}"
    )


def _line(text: str) -> str:
    """Text that cannot leave its cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
