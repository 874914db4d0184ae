"""Settings of the trainers: one model for all of them, with the defaults of the papers.

The defaults of ``sft`` are those of Self-Error-Instruct's shipped training scripts (arXiv 2505.22591),
those of ``dpo`` are RISE's (arXiv 2410.06638) where RISE says something else. Not covered: settings of
single libraries (``accelerate_config`` passes on a file of accelerate's own).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from errata.parts import Settings

Reporter = Literal["tensorboard", "trackio", "mlflow", "wandb"]
# Modules of which one will do, and what is installed to get it.
_MODULES: dict[Reporter, tuple[str, ...]] = {
    "tensorboard": ("tensorboard", "tensorboardX"),
    "trackio": ("trackio",),
    "mlflow": ("mlflow",),
    "wandb": ("wandb",),
}


class TrainingSettings(Settings):
    """What all trainers have.

    ``rank``, ``alpha``, ``dropout`` and ``target_modules`` belong to adapters; an adapter that training
    goes on from keeps its own. ``batch_size × accumulation × processes`` examples make one step.
    ``warmup_ratio`` is a fraction of all steps. Examples of more than ``max_length`` tokens, prompt
    included, are left out and counted. ``shuffle`` also puts examples of similar length together.
    ``dtype: auto`` computes in bfloat16 where the hardware does so itself; trained weights are always
    float32, but for ``qlora``, where TRL keeps the adapter in bfloat16.
    """

    method: Literal["lora", "qlora", "full"] = Field(
        default="lora",
        description="lora: an adapter (SEI's scripts); qlora: an adapter over weights in 4-bit NF4"
        " (QLoRA, arXiv 2305.14314; needs bitsandbytes); full: all weights",
    )
    rank: int = Field(default=8, ge=1, description="rank of a new adapter (SEI's scripts)")
    alpha: int = Field(
        default=32,
        ge=1,
        description="scale of a new adapter, alpha / rank (SEI's training.sh; its"
        " base_training_args.sh has 16)",
    )
    dropout: float = Field(
        default=0.1, ge=0, lt=1, description="dropout in a new adapter (SEI's scripts)"
    )
    target_modules: str | tuple[str, ...] = Field(
        default=("q_proj", "k_proj", "v_proj", "o_proj"),
        description="modules that get an adapter (SEI's scripts); `all-linear` for all but the"
        " output layer",
    )
    learning_rate: float = Field(
        default=2e-5, gt=0, description="highest learning rate (SEI's scripts)"
    )
    schedule: Literal["linear", "cosine", "constant"] = Field(
        default="linear", description="how the learning rate falls afterwards (SEI's scripts)"
    )
    warmup_ratio: float = Field(
        default=0.03,
        ge=0,
        le=1,
        description="fraction of the steps in which the learning rate rises (SEI's scripts)",
    )
    weight_decay: float = Field(default=0.0, ge=0, description="AdamW's (SEI's scripts)")
    epochs: int = Field(default=3, ge=1, description="passes over the examples (SEI's scripts)")
    batch_size: int = Field(
        default=1, ge=1, description="examples computed together on a device (SEI's scripts)"
    )
    accumulation: int = Field(
        default=1, ge=1, description="batches of a device that make one step (SEI's scripts)"
    )
    max_length: int = Field(
        default=512,
        ge=2,
        description="tokens of prompt and completion (SEI's scripts); longer examples are left out"
        " and counted",
    )
    shuffle: bool = Field(
        default=True,
        description="random order, examples of similar length together; false: as given",
    )
    gradient_checkpointing: bool = Field(
        default=False, description="compute activations twice: less memory, more time"
    )
    dtype: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto",
        description="auto: compute in bfloat16 where the hardware does; weights stay float32",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="auto: a GPU when there is one"
    )
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2"] = Field(
        default="auto",
        description="auto: what transformers takes, and plain matrix products for short examples on"
        " a CPU; flash_attention_2 needs its package",
    )
    save_every: int = Field(
        default=100,
        ge=0,
        description="steps after which the state is saved, so that a training that was killed goes"
        " on from there; 0: never",
    )
    processes: int = Field(
        default=1,
        ge=1,
        description="processes, one a GPU, that `accelerate launch` starts for the training alone",
    )
    accelerate_config: str | None = Field(
        default=None,
        description="a file of `accelerate config` for that (FSDP, DeepSpeed, several machines)",
    )
    report_to: tuple[Reporter, ...] = Field(
        default=(), description="trackers that get the losses; none by default"
    )


class SftSettings(TrainingSettings):
    """Settings of the trainer ``sft``."""

    packing: bool = Field(
        default=False,
        description="lay the examples of a batch into one row without padding, each with positions"
        " and attention of its own: the same steps and losses, without padded places",
    )


class DpoSettings(TrainingSettings):
    """Settings of the trainer ``dpo``: those of all trainers with RISE's defaults."""

    learning_rate: float = Field(
        default=5e-7, gt=0, description="highest learning rate (RISE's script)"
    )
    schedule: Literal["linear", "cosine", "constant"] = Field(
        default="cosine", description="how the learning rate falls afterwards (RISE's script)"
    )
    epochs: int = Field(default=8, ge=1, description="passes over the pairs (RISE's script)")
    beta: float = Field(
        default=0.4,
        gt=0,
        description="how strongly the model is held to its reference (DPO, arXiv 2305.18290, §4;"
        " RISE's script)",
    )
    nll: float = Field(
        default=0.0,
        ge=0,
        description="weight of the chosen completion's own loss, which RISE's paper adds (with a"
        " weight not known here) and its script does not",
    )


class SftDpoSettings(SftSettings):
    """Settings of the trainer ``sft-dpo``: those of ``sft``, and a section ``dpo``."""

    chosen: bool = Field(
        default=True,
        description="whether the better completion of each pair is trained on before the preferences"
        " (DPO, arXiv 2305.18290, §4)",
    )
    dpo: DpoSettings = Field(default=DpoSettings(), description="settings of its second half")


def lacking(settings: TrainingSettings) -> Sequence[str]:
    """What the settings want and this installation lacks, without importing it."""
    mistakes = []
    if settings.method == "qlora" and not _installed("bitsandbytes"):
        mistakes.append(
            "method: qlora needs bitsandbytes, which is not installed: pip install"
            " 'errata[qlora]', or method: lora"
        )
    if settings.attention == "flash_attention_2" and not _installed("flash_attn"):
        mistakes.append(
            "attention: flash_attention_2 needs flash_attn, which is not installed: pip install"
            " flash-attn (it needs a GPU), or attention: auto"
        )
    for reporter in settings.report_to:
        if not _installed(*_MODULES[reporter]):
            mistakes.append(
                f"report_to: {reporter} needs {' or '.join(_MODULES[reporter])}, which is not"
                f" installed: pip install {reporter}, or take it out of report_to"
            )
    return mistakes


def lacking_in_both(settings: SftDpoSettings) -> Sequence[str]:
    """The same for both halves of ``sft-dpo``, and what the second cannot do after the first."""
    mistakes = [*lacking(settings), *(f"dpo.{mistake}" for mistake in lacking(settings.dpo))]
    adapter, then = settings.method != "full", settings.dpo.method != "full"
    if adapter != then:
        mistakes.append(
            f"dpo.method: {settings.dpo.method} cannot follow method: {settings.method}; set both to"
            " full, or neither"
        )
    return mistakes


def _installed(*modules: str) -> bool:
    return any(importlib.util.find_spec(module) is not None for module in modules)
