"""A round's checkpoint on disk: trained here, or brought from elsewhere, and put in place at once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from errata.card import write_card
from errata.cases import Cases
from errata.errors import boundary
from errata.evaluation import weights
from errata.parts import Trainer
from errata.records import Checkpoint, TrainingExample
from errata.stages.replay import replayed


def train_checkpoint(
    round_: Cases, section: str, examples: Sequence[TrainingExample], start: Checkpoint
) -> list[str]:
    """Train on ``examples`` and put the checkpoint in place in one rename."""
    store, run = round_.store, round_.run
    write_examples(round_, examples)
    into = store.file(round_.path("checkpoint.tmp"))
    if into.exists():
        shutil.rmtree(into)
    into.mkdir(parents=True)
    trainer: Trainer = run.make(run.prepared.parts[section])
    name = run.prepared.parts[section].use
    with boundary(f"trainer {name}", "training"):
        metrics = dict(trainer.train(examples, weights(store, start), into))
    return enter_checkpoint(round_, into, start, name, examples, metrics)


def write_examples(round_: Cases, examples: Sequence[TrainingExample]) -> None:
    """What the round trains on, durable before it does."""
    with round_.store.append(round_.path("train.jsonl"), fresh=True) as out:
        for example in examples:
            out.write(example)


def enter_checkpoint(
    round_: Cases,
    made: Path,
    start: Checkpoint,
    trainer: str,
    examples: Sequence[TrainingExample],
    metrics: Mapping[str, float],
) -> list[str]:
    """Put the folder ``made`` in place, with its record and its card; the files of the stage."""
    store = round_.store
    store.replace_folder(made, round_.path("checkpoint"))
    with store.append(round_.path("checkpoint.jsonl"), fresh=True) as out:
        out.write(
            Checkpoint(
                id=round_.name,
                parent=start.id,
                path=round_.path("checkpoint"),
                trainer=trainer,
                examples=len(examples),
                replayed=sum(map(replayed, examples)),
                metrics=dict(metrics),
            )
        )
    write_card(store, round_.name, round_.recipe)
    return [round_.path(f) for f in ("train.jsonl", "checkpoint", "checkpoint.jsonl")]
