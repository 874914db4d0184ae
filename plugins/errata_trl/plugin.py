"""The part ``sft``: supervised fine-tuning with TRL, as a LoRA adapter or of all weights.

Not covered: preference training (pairs), several GPUs, quantized bases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from errata.hooks import hookimpl
from errata.parts import Part, Services, Settings
from errata_trl.sft import SupervisedTrainer


class SftSettings(Settings):
    """Settings of the trainer ``sft``.

    ``rank``, ``alpha``, ``dropout`` and ``target_modules`` belong to ``method: lora``; an adapter that
    training goes on from keeps its own. ``batch_size × accumulation`` examples make one step.
    ``warmup_ratio`` is a fraction of all steps. Examples of more than ``max_length`` tokens, prompt
    included, are left out and counted. ``shuffle`` also puts examples of similar length together.
    ``dtype: auto`` computes in bfloat16 where the hardware does so itself; trained weights are always
    float32.
    """

    method: Literal["lora", "full"] = Field(
        default="lora", description="lora: an adapter; full: all weights"
    )
    rank: int = Field(default=16, ge=1, description="rank of a new adapter")
    alpha: int = Field(default=32, ge=1, description="scale of a new adapter (alpha / rank)")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="dropout in a new adapter")
    target_modules: str | tuple[str, ...] = Field(
        default="all-linear", description="modules that get an adapter"
    )
    learning_rate: float = Field(default=5e-4, gt=0, description="highest learning rate")
    epochs: int = Field(default=1, ge=1, description="passes over the examples")
    batch_size: int = Field(default=8, ge=1, description="examples computed together")
    accumulation: int = Field(default=1, ge=1, description="batches that make one step")
    warmup_ratio: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="fraction of the steps in which the learning rate rises",
    )
    schedule: Literal["linear", "cosine", "constant"] = Field(
        default="linear", description="how the learning rate falls afterwards"
    )
    max_length: int = Field(
        default=512,
        ge=2,
        description="tokens of prompt and completion; longer examples are left out and counted",
    )
    shuffle: bool = Field(
        default=True,
        description="random order, examples of similar length together; false: as given",
    )
    dtype: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto",
        description="auto: compute in bfloat16 where the hardware does; weights stay float32",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="auto: a GPU when there is one"
    )


def make_sft(settings: SftSettings, services: Services) -> object:
    """The trainer; libraries and weights are loaded when it trains."""
    return SupervisedTrainer(settings, services)


class TrlPlugin:
    """Offers the trainer ``sft``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """One trainer."""
        return [
            Part(
                name="sft",
                kind="trainer",
                settings=SftSettings,
                make=make_sft,
                summary="supervised fine-tuning with TRL, LoRA or all weights",
                requires=("torch", "transformers", "trl", "peft", "datasets"),
                extra="trl",
                needs=frozenset({"materialise"}),
            )
        ]
