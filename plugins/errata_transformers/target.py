"""The target ``transformers``: generates, scores, and gives its base weights as a folder.

Weights are loaded on first use and replaced, never kept beside each other. Not covered: prompts
longer than the model's context; they are answered with an empty text of finish "length".
"""

from __future__ import annotations

import gc
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.records import Generation, LogLikelihood, TargetPrompt
from errata_transformers.decoding import Row, decode, final_text
from errata_transformers.scoring import log_likelihoods
from errata_transformers.weights import (
    find_folder,
    identify,
    load_model,
    load_tokenizer,
    working_device,
    working_dtype,
)

if TYPE_CHECKING:
    from errata_transformers.plugin import TransformersSettings


class TransformersTarget:
    """A local model. ``name`` is its name and a digest of its weights.

    Raises LookupError when the model cannot be found; ValueError when it has no chat template.
    """

    def __init__(self, settings: TransformersSettings, cache: Path) -> None:
        self._settings = settings
        self._folder = find_folder(settings.model, settings.revision, cache)
        self.name = identify(settings.model, self._folder)
        self.batch_size = settings.batch_size
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
            self._loaded = None
            gc.collect()

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        """Greedy answers to one batch. ``tokens`` includes the end token where there is one."""
        model, tokenizer = self._model(), self._tokenizer()
        ids = [self._encode(prompt) for prompt in prompts]
        rows = [Row(stop=[re.compile(stop) for stop in prompt.stop]) for prompt in prompts]
        context = self._context(model)
        fitting = [index for index, prompt in enumerate(ids) if len(prompt) < context]
        longest = max((len(ids[index]) for index in fitting), default=0)
        decode(
            model,
            tokenizer,
            [ids[index] for index in fitting],
            [rows[index] for index in fitting],
            min(self._settings.max_new_tokens, context - longest),
        )
        return [
            Generation(
                text=final_text(row, tokenizer),
                finish=row.finish or "length",
                prompt_tokens=len(prompt),
                tokens=len(row.tokens),
            )
            for row, prompt in zip(rows, ids, strict=True)
        ]

    def score(
        self, prompts: Sequence[TargetPrompt], continuations: Sequence[str]
    ) -> list[LogLikelihood]:
        """Log-likelihood of each continuation; the prompts' common beginning is encoded once.

        Raises ValueError when a prompt and its continuation exceed the model's context.
        """
        model, tokenizer = self._model(), self._tokenizer()
        heads = [self._encode(prompt) for prompt in prompts]
        tails = [tokenizer.encode(text, add_special_tokens=False) for text in continuations]
        context = self._context(model)
        for head, tail in zip(heads, tails, strict=True):
            if len(head) + len(tail) > context:
                raise ValueError(
                    f"a prompt of {len(head)} tokens with a continuation of {len(tail)} does not"
                    f" fit the context of {self.name}, {context} tokens"
                )
        scores = log_likelihoods(model, heads, tails, self.batch_size, tokenizer.pad_token_id)
        return [
            LogLikelihood(logprob=score, tokens=len(tail))
            for score, tail in zip(scores, tails, strict=True)
        ]

    def materialise(self) -> Path:
        """The folder of the untouched base weights, tokenizer and chat template."""
        return self._folder

    def _encode(self, prompt: TargetPrompt) -> list[int]:
        """The prompt in the model's chat template, up to where the answer begins, as tokens."""
        tokenizer = self._tokenizer()
        text = tokenizer.apply_chat_template(
            [message.model_dump() for message in prompt.messages],
            tokenize=False,
            add_generation_prompt=True,
        )
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _context(self, model: Any) -> int:
        """Tokens that fit the model at once."""
        config = model.config.get_text_config(decoder=True)
        return int(getattr(config, "max_position_embeddings", None) or 1 << 20)

    def _tokenizer(self) -> Any:
        if self._words is None:
            self._words = load_tokenizer(self._folder)
        return self._words

    def _model(self) -> Any:
        if self._loaded is None:
            device = working_device(self._settings.device)
            dtype = working_dtype(self._settings.dtype, device)
            self._loaded = load_model(self._folder, self._checkpoint, dtype, device)
        return self._loaded
