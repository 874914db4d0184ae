"""What the target would say after a little training: a small adapter, a few steps, and undone.

Not covered: what a real training of many examples would come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from errata_transformers.adapter import Adapter
from errata_transformers.coding import Coded, losses
from errata_transformers.work import Work

_SEED, _RANK, _SCALE = 1_701, 16, 2.0
_STEP = 8  # examples in a step


class Probing:
    """Little trainings of one model, one after the other, in one adapter that begins anew each time."""

    def __init__(self, model: Any, pad: int, work: Work) -> None:
        self._model, self._pad, self._work = model, pad, work
        self._adapter = Adapter(model, _RANK, _SEED, _SCALE, trained=True)
        self._drawn = [weight.clone() for weight in self._adapter.down]

    @contextmanager
    def taught(self, rows: Sequence[Coded], steps: int, learning_rate: float) -> Iterator[None]:
        """While this lasts, the model has learnt ``rows``: ``steps`` steps of Adam on eight of them
        each, in order, round and round; afterwards nothing is left of it."""
        import torch

        self._begin()
        weights = [*self._adapter.down, *self._adapter.up]
        optimizer = torch.optim.Adam(weights, lr=learning_rate)
        size = min(_STEP, len(rows))
        with self._adapter.on():
            for step in range(steps):
                batch = [rows[(step * size + place) % len(rows)] for place in range(size)]
                with torch.enable_grad():
                    losses(self._model, batch, self._pad).mean().backward()
                optimizer.step()
                optimizer.zero_grad()
                self._work.differentiated += sum(len(row.ids) for row in batch)
            yield

    def _begin(self) -> None:
        import torch

        with torch.no_grad():
            for weight, drawn in zip(self._adapter.down, self._drawn, strict=True):
                weight.copy_(drawn)
            for weight in self._adapter.up:
                weight.zero_()
        for weight in (*self._adapter.down, *self._adapter.up):
            weight.requires_grad_()
