"""What TRL and transformers are told of a training, and the trackers it reports to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from errata_trl.settings import DpoSettings, SftSettings, TrainingSettings


def arguments(
    settings: TrainingSettings,
    scratch: Path,
    examples: int,
    seed: int,
    name: str,
    device: str,
    fast: bool,
) -> Any:
    """TRL's configuration for one pass over the ordered ``examples``; ``name`` is the tracker's."""
    from trl import DPOConfig, SFTConfig

    per_step = settings.batch_size * settings.accumulation * settings.processes
    steps = -(-examples // per_step)
    trackers = [reporter for reporter in settings.report_to if reporter != "tensorboard"]
    shared: dict[str, Any] = {
        "output_dir": str(scratch),
        "num_train_epochs": 1,
        "per_device_train_batch_size": settings.batch_size,
        "gradient_accumulation_steps": settings.accumulation,
        "gradient_checkpointing": settings.gradient_checkpointing,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": settings.schedule,
        "warmup_steps": round(settings.warmup_ratio * steps),
        "weight_decay": settings.weight_decay,
        "train_sampling_strategy": "sequential",
        "max_length": None,
        "seed": seed,
        "data_seed": seed,
        "bf16": fast,
        "use_cpu": device == "cpu",
        "logging_strategy": "steps",
        "logging_steps": 1,
        "save_strategy": "steps" if 0 < settings.save_every < steps else "no",
        "save_steps": settings.save_every or 1,
        "save_total_limit": 1,
        "report_to": trackers or "none",
        "run_name": name,
        "project": "errata",
        "disable_tqdm": True,
        "dataloader_pin_memory": device != "cpu",
    }
    made = _dpo(settings, shared) if isinstance(settings, DpoSettings) else None
    if made is None:
        packing = isinstance(settings, SftSettings) and settings.packing
        made = SFTConfig(
            **shared,
            shuffle_dataset=False,
            dataset_kwargs={"skip_prepare_dataset": True},
            padding_free=packing and settings.batch_size > 1,
        )
    assert isinstance(made, SFTConfig | DPOConfig)
    if made.n_gpu > 1:  # several GPUs are for several processes, never for threads of one
        made._n_gpu = 1
    return made


def _dpo(settings: DpoSettings, shared: dict[str, Any]) -> Any:
    from trl import DPOConfig

    losses = {"loss_type": ["sigmoid"]}
    if settings.nll:
        losses = {"loss_type": ["sigmoid", "sft"]}
        shared = {**shared, "loss_weights": [1.0, settings.nll]}
    return DPOConfig(**shared, **losses, beta=settings.beta)


def callbacks(
    settings: TrainingSettings, progress: Callable[[int, int], None], logs: Path
) -> list[Any]:
    """Progress by steps, and tensorboard's files in ``logs`` where the settings want them."""
    from transformers import TrainerCallback

    class Report(TrainerCallback):  # type: ignore[misc]  # transformers is untyped to mypy here
        """Progress by steps."""

        def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            if state.is_world_process_zero:
                progress(state.global_step, state.max_steps)

    made: list[Any] = [Report()]
    if "tensorboard" in settings.report_to:
        from transformers.integrations import TensorBoardCallback

        made.append(TensorBoardCallback(tb_writer=_tensorboard(logs)))
    return made


def _tensorboard(logs: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        from tensorboardX import SummaryWriter
    return SummaryWriter(str(logs))


@contextmanager
def own_run(settings: TrainingSettings) -> Iterator[None]:
    """Let a training have a run of wandb's to itself: transformers reports to whichever run is open,
    and leaves its own open, so that all rounds would be one. A run that the caller opened stays."""
    if "wandb" not in settings.report_to:
        yield
        return
    import wandb

    os.environ.setdefault("WANDB_PROJECT", "errata")  # all that transformers asks for the project
    others = wandb.run is not None
    failed = True
    try:
        yield
        failed = False
    finally:
        if wandb.run is not None and not others:
            wandb.finish(exit_code=int(failed))
