"""The target ``transformers``: generates, samples, scores, tells what training would change, and gives
its base weights as a folder. ``work`` counts the tokens it takes.

Weights are loaded on first use and replaced, never kept beside each other. Not covered: prompts
longer than the model's context; they are answered with an empty text of finish "length".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from errata.records import Generation, LogLikelihood, TargetPrompt, TrainingExample
from errata_transformers.coding import Coded, coded
from errata_transformers.decoding import Row, decode, final_text
from errata_transformers.drawing import Draw
from errata_transformers.influence import Influence
from errata_transformers.local import LocalModel
from errata_transformers.probing import Probing
from errata_transformers.scoring import log_likelihoods
from errata_transformers.settings import TransformersSettings
from errata_transformers.work import Work


class TransformersTarget:
    """A local model. ``name`` is its name and a digest of its weights.

    Raises LookupError when the model cannot be found; ValueError when it has no chat template.
    """

    def __init__(self, settings: TransformersSettings, cache: Path) -> None:
        self.local = LocalModel(
            settings.model, settings.revision, settings.dtype, settings.device, cache
        )
        self.name = self.local.name
        self.batch_size = settings.batch_size
        self.work = Work()
        self._influence: tuple[tuple[Coded, ...], Influence] | None = None
        self._probing: Probing | None = None
        self._longest = settings.max_new_tokens

    def use(self, checkpoint: Path | None) -> None:
        """Switch to a LoRA adapter of the base or a full model folder; None is the base.

        Weights are read on next use; the old ones are let go at once.
        """
        self._influence = self._probing = None
        self.local.use(checkpoint)

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        """Greedy answers to one batch. ``tokens`` includes the end token where there is one."""
        return self._written(prompts, [None] * len(prompts))

    def sample(
        self, prompts: Sequence[TargetPrompt], temperature: float, random: Sequence[Random]
    ) -> list[Generation]:
        """Drawn answers to one batch, each from its own stream, by temperature alone."""
        return self._written(prompts, [Draw(stream, temperature) for stream in random])

    def _written(
        self, prompts: Sequence[TargetPrompt], draws: Sequence[Draw | None]
    ) -> list[Generation]:
        model, tokenizer = self.local.weights, self.local.tokenizer
        ids = [self.local.encode(prompt.messages) for prompt in prompts]
        rows = [
            Row(stop=[re.compile(stop) for stop in prompt.stop], draw=draw)
            for prompt, draw in zip(prompts, draws, strict=True)
        ]
        context = self.local.context
        fitting = [index for index, prompt in enumerate(ids) if len(prompt) < context]
        fitting.sort(key=ids.__getitem__)  # neighbours share what they begin with
        longest = max((len(ids[index]) for index in fitting), default=0)
        for row in rows:
            row.limit = min(self._longest, context - longest)
        self.work.read += decode(
            model, tokenizer, [ids[index] for index in fitting], [rows[index] for index in fitting]
        )
        self.work.written += sum(len(row.tokens) for row in rows)
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
        """Log-likelihood of each continuation; what neighbouring prompts begin with is encoded once.

        Raises ValueError when a prompt and its continuation exceed the model's context.
        """
        model, tokenizer = self.local.weights, self.local.tokenizer
        heads = [self.local.encode(prompt.messages) for prompt in prompts]
        tails = [tokenizer.encode(text, add_special_tokens=False) for text in continuations]
        context = self.local.context
        for head, tail in zip(heads, tails, strict=True):
            if len(head) + len(tail) > context:
                raise ValueError(
                    f"a prompt of {len(head)} tokens with a continuation of {len(tail)} does not"
                    f" fit the context of {self.name}, {context} tokens"
                )
        pad = tokenizer.pad_token_id
        scores, read = log_likelihoods(model, heads, tails, self.batch_size, pad)
        self.work.read += read
        return [
            LogLikelihood(logprob=score.logprob, tokens=len(tail), greedy=score.greedy)
            for score, tail in zip(scores, tails, strict=True)
        ]

    def influence(
        self,
        train: Sequence[TrainingExample],
        dev: Sequence[TrainingExample],
        *,
        step: float,
        exact: bool,
    ) -> list[list[float]]:
        """How far each held-out loss falls by one step on each example; see ``errata.parts``.

        The gradients of ``dev`` are kept for the next call with the same. Raises ValueError when an
        example does not fit the model's context.
        """
        model, local = self.local.weights, self.local
        asked = tuple(coded(local, example) for example in dev)
        if self._influence is None or self._influence[0] != asked:
            pad = local.tokenizer.pad_token_id
            made = Influence(model, pad, asked, self.batch_size, self.work)
            self._influence = (asked, made)
        found = self._influence[1]
        rows = [coded(local, example) for example in train]
        return found.exact(rows, step) if exact else found.first_order(rows, step)

    @contextmanager
    def taught(
        self, train: Sequence[TrainingExample], *, steps: int, learning_rate: float
    ) -> Iterator[None]:
        """While it lasts, answers and scores are those after ``steps`` small steps on ``train``; see
        ``errata.parts``. Raises ValueError when an example does not fit the model's context."""
        rows = [coded(self.local, example) for example in train]
        if self._probing is None:
            pad = self.local.tokenizer.pad_token_id
            self._probing = Probing(self.local.weights, pad, self.work)
        with self._probing.taught(rows, steps, learning_rate):
            yield

    def materialise(self) -> Path:
        """The folder of the untouched base weights, tokenizer and chat template."""
        return self.local.folder
