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

    method: Literal["lora", "full"] = "lora"
    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: str | tuple[str, ...] = "all-linear"
    learning_rate: float = Field(default=5e-4, gt=0)
    epochs: int = Field(default=1, ge=1)
    batch_size: int = Field(default=8, ge=1)
    accumulation: int = Field(default=1, ge=1)
    warmup_ratio: float = Field(default=0.05, ge=0, le=1)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    max_length: int = Field(default=512, ge=2)
    shuffle: bool = True
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"


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
