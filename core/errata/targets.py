"""The target and what it can do: a protocol for each capability.

Not covered: which capability a part needs; ``Part.needs`` says so, and ``errata check`` compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Protocol, runtime_checkable

from errata.records import Generation, LogLikelihood, TargetPrompt, TrainingExample


@runtime_checkable
class Target(Protocol):
    """The model under treatment. ``name`` identifies its weights (model and revision).

    A stage hands over batches of at most ``batch_size`` prompts of similar length; results must
    depend on the batch alone, so that a resumed run repeats them. Decoding is greedy.
    """

    name: str
    batch_size: int

    def use(self, checkpoint: Path | None) -> None:
        """Switch to the weights in ``checkpoint``; None is the untouched base."""

    def generate(self, prompts: Sequence[TargetPrompt]) -> Sequence[Generation]:
        """One generation per prompt, in order."""


@runtime_checkable
class Scores(Protocol):
    """Capability ``score`` of a target."""

    def score(
        self, prompts: Sequence[TargetPrompt], continuations: Sequence[str]
    ) -> Sequence[LogLikelihood]:
        """Log-likelihood of each continuation after its prompt; what neighbouring prompts begin with
        is encoded once."""


@runtime_checkable
class Samples(Protocol):
    """Capability ``sample`` of a target."""

    def sample(
        self, prompts: Sequence[TargetPrompt], temperature: float, random: Sequence[Random]
    ) -> Sequence[Generation]:
        """One drawn answer per prompt, in order, at ``temperature`` > 0.

        ``random`` has a stream for each prompt, from which that answer alone is drawn.
        """


@runtime_checkable
class Influences(Protocol):
    """Capability ``influence`` of a target."""

    def influence(
        self,
        train: Sequence[TrainingExample],
        dev: Sequence[TrainingExample],
        *,
        step: float,
        exact: bool,
    ) -> Sequence[Sequence[float]]:
        """How far the loss of each ``dev`` example falls, in nats per token, by one training step on
        each ``train`` example alone: shape (train, dev), positive where it helps.

        The step has length ``step`` along the example's own gradient. ``exact`` takes it, measures
        and undoes it; otherwise the fall is that of the first order in ``step``.
        """
        ...


@runtime_checkable
class Probes(Protocol):
    """Capability ``probe`` of a target."""

    def taught(
        self, train: Sequence[TrainingExample], *, steps: int, learning_rate: float
    ) -> AbstractContextManager[None]:
        """While it lasts, the target answers and scores as a copy that took ``steps`` small training
        steps on ``train``; afterwards nothing is left of them."""
        ...


@runtime_checkable
class Materialises(Protocol):
    """Capability ``materialise`` of a target."""

    def materialise(self) -> Path:
        """A plain Hugging Face folder with the untouched base weights and the tokenizer."""
