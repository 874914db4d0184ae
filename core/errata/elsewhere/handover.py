"""A folder with what somebody else's trainer needs for a round: data, configuration, and what to do.

Examples with one completion and preferences go into files of their own, each with its configuration.
TRL's command line cannot go on from an adapter: where the round would, the folder has everything that
the adapter was trained on as well, and training begins at the base.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from errata.elsewhere.configs import Kind, Plan, Start, llama_factory, trl
from errata.elsewhere.fitting import ADAPTER
from errata.elsewhere.rounds import start
from errata.errors import UserError, boundary
from errata.evaluation import weights
from errata.exporting.formats import sharegpt_messages, trl_messages
from errata.exporting.writing import data_file, dataset_info
from errata.lines import storage
from errata.parts import Materialises
from errata.records import Checkpoint, TrainingExample
from errata.rounds import Round
from errata.stages.replay import replayed

Tool = Literal["trl", "llama-factory"]
_PART: Mapping[Kind, str] = {"sft": "sft", "dpo": "preference"}


@dataclass(frozen=True)
class Handover:
    """What was written: ``commands`` to train with, and ``notes`` of what the other trainer does
    otherwise."""

    folder: Path
    examples: Mapping[Kind, int]
    commands: Sequence[str]
    notes: Sequence[str]


def hand_over(round_: Round, tool: Tool, folder: Path) -> Handover:
    """Write ``folder``. Raises UserError when it holds something, when the target has no weights to
    train, when there is nothing to train on, and for what the tool cannot do."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already and not empty; give another folder with --into")
    base, begin = _base(round_), start(round_)
    examples, notes = list(round_.examples()), list[str]()
    path = weights(round_.store, begin)
    adapter = path if path is not None and (path / ADAPTER).is_file() else None
    if tool == "trl" and adapter is not None:
        examples, adapter, path = [*_since_base(round_, begin), *examples], None, None
        notes.append(
            f"The round goes on from the adapter of {begin.id}, which TRL's command line cannot:"
            " training begins at the base, on everything since."
        )
    kinds = _by_kind(examples)
    if not examples:
        raise UserError(
            f"{round_.store.path}: {round_.name} has nothing to train on: no candidate was kept"
        )
    notes += _notes(examples)
    model = base if path is None or adapter is not None else path
    folder = folder.resolve()
    plans = _plans(
        round_, kinds, Start(str(model), str(adapter) if adapter else None), tool, folder
    )
    with storage(folder):
        made = folder.with_name(folder.name + ".tmp")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        for plan in plans:
            _write_rows(made / plan.file, kinds[plan.kind], tool)
            config = trl(plan, folder) if tool == "trl" else llama_factory(plan, folder)
            (made / f"{plan.kind}.yaml").write_text(
                yaml.safe_dump(config, sort_keys=False), "utf-8"
            )
        if tool == "llama-factory":
            info = dataset_info("errata", {_PART[p.kind]: p.file for p in plans})
            (made / "dataset_info.json").write_text(json.dumps(info, indent=2) + "\n", "utf-8")
        written = Handover(
            folder,
            {k: len(found) for k, found in kinds.items()},
            _commands(plans, tool, folder),
            notes,
        )
        (made / "README.md").write_text(_readme(round_, written, tool, plans[-1]), "utf-8")
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
    return written


def _base(round_: Round) -> Path:
    part = round_.run.prepared.parts["target"].part
    if "materialise" not in part.provides:
        raise UserError(
            f"target {part.name!r} has no weights here that somebody could train; the data alone:"
            f" errata export {round_.store.path}"
        )
    target = round_.run.target
    assert isinstance(target, Materialises)
    with boundary(f"target {target.name}", "giving its base weights"):
        return target.materialise().resolve()


def _since_base(round_: Round, checkpoint: Checkpoint) -> list[TrainingExample]:
    """What led from the base to ``checkpoint``, the first first."""
    store, found = round_.store, list[TrainingExample]()
    made: Checkpoint | None = checkpoint
    while made is not None and made.path is not None:
        if made.examples:
            found[:0] = store.read(f"{made.id}/train.jsonl", TrainingExample)
        made = next(iter(store.read(f"{made.parent}/checkpoint.jsonl", Checkpoint)), None)
    return [example for example in found if not replayed(example)]


def _by_kind(examples: Iterable[TrainingExample]) -> dict[Kind, list[TrainingExample]]:
    found: dict[Kind, list[TrainingExample]] = {"sft": [], "dpo": []}
    for example in examples:
        found["sft" if example.rejected is None else "dpo"].append(example)
    return {kind: some for kind, some in found.items() if some}


def _notes(examples: Sequence[TrainingExample]) -> list[str]:
    partial = sum(e.rejected is None and not _whole(e) for e in examples)
    told = (
        f"{partial:,} examples carry loss on a part of the completion only, which this trainer cannot"
        " be told: it will train on the rest as well. errata's own trainers keep to it."
    )
    return [told] if partial else []


def _whole(example: TrainingExample) -> bool:
    end = 0
    for span in sorted(example.spans, key=lambda s: s.start):
        if span.start > end:
            return False
        end = max(end, span.end)
    return end >= len(example.completion)


def _plans(
    round_: Round, kinds: Iterable[Kind], begin: Start, tool: Tool, folder: Path
) -> list[Plan]:
    chosen = round_.run.prepared.parts.get("train")
    settings: dict[str, Any] = chosen.settings.model_dump(mode="json") if chosen else {}
    own: dict[Kind, dict[str, Any]] = {"sft": settings, "dpo": settings.get("dpo") or settings}
    plans: list[Plan] = []
    for kind in kinds:
        if kind == "dpo" and chosen is not None and chosen.use.rpartition("/")[2] == "sft":
            own["dpo"] = {}
        plan = Plan(
            kind=kind,
            start=begin,
            file=data_file(_PART[kind], "trl"),
            dataset=f"errata_{_PART[kind]}",
            into=f"trained-{kind}",
            seed=round_.recipe.seed,
            settings=own[kind],
        )
        if plans and tool == "trl" and plan.get("method") != "full":
            raise UserError(
                f"{round_.name} has examples and preferences, and TRL's command line cannot train an"
                " adapter on the second after the first: take --for llama-factory, or method: full"
            )
        plans.append(plan)
        made = str(folder / plan.into)
        full = plan.get("method") == "full"
        begin = Start(made) if full else Start(begin.model, made)
    return plans


def _write_rows(path: Path, examples: Iterable[TrainingExample], tool: Tool) -> None:
    row = trl_messages if tool == "trl" else sharegpt_messages
    with path.open("w", encoding="utf-8") as out:
        for example in examples:
            try:
                made = row(example)
            except ValueError as error:
                raise UserError(f"training example {example.id}: {error}") from error
            made.pop("loss_spans", None)  # a column that TRL would not know
            out.write(json.dumps(made, ensure_ascii=False) + "\n")


def _commands(plans: Sequence[Plan], tool: Tool, folder: Path) -> list[str]:
    train = {"trl": "trl {kind} --config {file}", "llama-factory": "llamafactory-cli train {file}"}
    return [train[tool].format(kind=plan.kind, file=folder / f"{plan.kind}.yaml") for plan in plans]


def _readme(round_: Round, written: Handover, tool: Tool, last: Plan) -> str:
    counts = ", ".join(f"{n:,} for {kind}" for kind, n in written.examples.items())
    adopt = f"errata adopt {round_.store.path.resolve()} {written.folder / last.into}"
    lines = "\n".join([*written.commands, adopt, f"errata resume {round_.store.path.resolve()}"])
    notes = "".join(f"- {note}\n" for note in written.notes)
    unread = (
        "- Examples longer than the maximum are cut, not left out.\n"
        "- The configurations were made for a GPU (`bf16: true`); change what your machine wants.\n"
    )
    return (
        f"# {round_.recipe.name}, {round_.name}, to be trained with {tool}\n\nExamples: {counts}.\n\n"
        f"```console\n{lines}\n```\n\n{notes}{unread}"
    )
