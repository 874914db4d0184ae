"""One local model: where its weights lie, its tokenizer, and the weights once they are needed.

Target and instructor have one each, also where both name the same model: the target's weights change
with its checkpoints, the instructor's never do. Not covered: several models in one place.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from errata.records import Message
from errata_transformers.settings import Device, Dtype
from errata_transformers.weights import (
    find_folder,
    identify,
    load_model,
    load_tokenizer,
    working_device,
    working_dtype,
)


class LocalModel:
    """A model found now and loaded on first use. ``name`` is ``NAME@DIGEST`` of its base weights.

    Raises LookupError when the model cannot be found.
    """

    def __init__(
        self, model: str, revision: str | None, dtype: Dtype, device: Device, cache: Path
    ) -> None:
        self.folder = find_folder(model, revision, cache)
        self.name = identify(model, self.folder)
        self._dtype, self._device = dtype, device
        self._checkpoint: Path | None = None
        self._loaded: Any = None
        self._words: Any = None

    def use(self, checkpoint: Path | None) -> None:
        """Switch to a LoRA adapter of the base or a full model folder; None is the base.

        Weights are read on next use; the old ones are let go at once.
        """
        checkpoint = None if checkpoint is None else checkpoint.resolve()
        if checkpoint != self._checkpoint:
            self._checkpoint = checkpoint
            self.unload()

    def unload(self) -> None:
        """Let the weights go; they are read again on next use."""
        if self._loaded is None:
            return
        self._loaded = None
        gc.collect()
        free_device_memory()

    @property
    def tokenizer(self) -> Any:
        """The tokenizer. Raises ValueError when it has no chat template."""
        if self._words is None:
            self._words = load_tokenizer(self.folder)
        return self._words

    @property
    def weights(self) -> Any:
        """The model, on its device."""
        if self._loaded is None:
            device = working_device(self._device)
            dtype = working_dtype(self._dtype, device)
            self._loaded = load_model(self.folder, self._checkpoint, dtype, device)
        return self._loaded

    @property
    def context(self) -> int:
        """Tokens that fit the model at once."""
        config = self.weights.config.get_text_config(decoder=True)
        return int(getattr(config, "max_position_embeddings", None) or 1 << 20)

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Messages in the model's chat template, up to where the answer begins, as tokens."""
        text = self.tokenizer.apply_chat_template(
            [message.model_dump() for message in messages],
            tokenize=False,
            add_generation_prompt=True,
        )
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids


def free_device_memory() -> None:
    """Give what torch keeps in reserve back to the GPU, where there is one."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
