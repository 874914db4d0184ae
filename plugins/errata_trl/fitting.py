"""One training from tokens to a folder, which a killed process can take up again.

The state is saved in a scratch folder every ``save_every`` steps (weights, optimizer, random
generators); a training that is begun again there, with the same settings and rows, goes on from the
last complete state and ends with the same weights. Not covered: a power failure while a state is being
written (transformers does not sync its files).
"""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from errata_trl.answer_loss import answer_trainer
from errata_trl.arguments import arguments, callbacks, own_run
from errata_trl.loading import Loader, load_tokenizer, without_notices
from errata_trl.preferences import preference_trainer
from errata_trl.settings import DpoSettings, SftSettings, TrainingSettings

Row = Mapping[str, list[int]]
_SAME = "training.json"
_LIBRARIES = ("accelerate", "peft", "torch", "transformers", "trl")
# What transformers and PEFT leave beside the weights: pickled settings, a card to fill in.
_BESIDE = ("training_args.bin", "README.md")


class Job(BaseModel):
    """A training: ``kind`` of trainer, its settings as JSON, and folders. ``name`` is the trackers'."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sft", "dpo"]
    settings: str
    base: Path
    start: Path | None
    into: Path
    scratch: Path
    logs: Path
    name: str
    seed: int

    def read_settings(self) -> TrainingSettings:
        """The settings model of the kind."""
        model: type[TrainingSettings] = SftSettings if self.kind == "sft" else DpoSettings
        return model.model_validate_json(self.settings)


class Figures(BaseModel):
    """What a training came to: losses of its steps in nats per token (of a pair for ``dpo``), and for
    ``dpo`` the share of pairs, by steps, whose better completion was preferred."""

    losses: list[float]
    preferred: list[float] = []
    steps: int


def fit(job: Job, rows: Sequence[Row], progress: Callable[[int, int], None]) -> Figures:
    """Train on ``rows`` in their order and write adapter or model, and tokenizer, to ``job.into``.

    Rows have ``input_ids`` and ``labels``, or for ``dpo`` ``prompt_ids``, ``chosen_ids`` and
    ``rejected_ids``. Raises ValueError when ``job.start`` does not fit the method.
    """
    from datasets import Dataset
    from transformers import PrinterCallback, set_seed

    settings = job.read_settings()
    set_seed(job.seed)
    loader = Loader(settings, job.base, job.start, _longest(settings, rows))
    with without_notices():
        model = loader.model()
    made: dict[str, Any] = {}
    if job.kind == "dpo" and settings.method == "full":
        made["ref_model"] = loader.full().requires_grad_(False)
    kind = answer_trainer() if job.kind == "sft" else preference_trainer()
    names = list(rows[0])
    with without_notices():
        trainer = kind(
            model=model,
            args=arguments(
                settings, job.scratch, len(rows), job.seed, job.name, loader.device, loader.fast
            ),
            train_dataset=Dataset.from_dict({name: [row[name] for row in rows] for name in names}),
            processing_class=load_tokenizer(job.base),
            callbacks=callbacks(settings, progress, job.logs),
            **made,
        )
        trainer.remove_callback(PrinterCallback)
        last = complete_state(job.scratch)
        with own_run(settings):
            trainer.train(resume_from_checkpoint=str(last) if last else None)
        trainer.save_model(str(job.into))
    figures = _figures(trainer.state)
    if trainer.is_world_process_zero():
        _tidy(job.into)
    # Trainer and model refer to each other; without this both linger beside the target.
    del trainer, model, made
    gc.collect()
    return figures


def _longest(settings: TrainingSettings, rows: Sequence[Row]) -> int:
    """Tokens of the longest row that goes through the model."""
    lengths = [sum(len(ids) for name, ids in row.items() if name != "labels") for row in rows]
    packed = isinstance(settings, SftSettings) and settings.packing
    if not packed:
        return max(lengths)
    size = settings.batch_size
    return max(sum(lengths[at : at + size]) for at in range(0, len(lengths), size))


def _figures(state: Any) -> Figures:
    logged = [entry for entry in state.log_history if "loss" in entry]
    return Figures(
        losses=[float(entry["loss"]) for entry in logged],
        preferred=[float(e["rewards/accuracies"]) for e in logged if "rewards/accuracies" in e],
        steps=int(state.global_step),
    )


def _tidy(folder: Path) -> None:
    """Leave weights, configuration and tokenizer alone."""
    for name in _BESIDE:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "ref", ignore_errors=True)  # DPO's frozen copy of the adapter


# --- the scratch folder -----------------------------------------------------------------------------


def take_up(job: Job, rows: Sequence[Row]) -> None:
    """Make ``job.scratch`` this training's: states of another one are removed."""
    same = fingerprint(job, rows)
    note = job.scratch / _SAME
    if note.is_file() and note.read_text(encoding="utf-8") == same:
        return
    shutil.rmtree(job.scratch, ignore_errors=True)
    job.scratch.mkdir(parents=True)
    note.write_text(same, encoding="utf-8")


def fingerprint(job: Job, rows: Sequence[Row]) -> str:
    """SHA-256 of what decides a training's course."""
    start = sorted((p.name, p.stat().st_size) for p in job.start.glob("*")) if job.start else []
    text = json.dumps(
        {
            "job": job.model_dump(mode="json", exclude={"into", "scratch", "logs"}),
            "start": start,
            "rows": [dict(row) for row in rows],
            "versions": {library: version(library) for library in _LIBRARIES},
        },
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def complete_state(scratch: Path) -> Path | None:
    """The folder of the last complete state; incomplete ones are removed.

    transformers writes ``trainer_state.json`` last.
    """
    found = sorted(scratch.glob("checkpoint-*"), key=lambda p: int(p.name.rpartition("-")[2]))
    while found:
        try:
            json.loads((found[-1] / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(found.pop())
            continue
        return found[-1]
    return None
