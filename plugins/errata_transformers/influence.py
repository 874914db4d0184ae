"""What one training step on an example does to the loss on held-out ones.

The step has a fixed length along the example's own gradient, θ' = θ − step · g / ‖g‖, so that short
examples with large gradients do not win, after LESS (arXiv 2402.04333), which compares gradients of a
LoRA adapter, randomly projected, by their cosine. g is the gradient of B in an adapter over the current
checkpoint whose B is zero and whose A is random, which is itself a random projection of the full
gradient. ``first-order`` is step · ⟨g / ‖g‖, g'⟩ for a held-out gradient g'; ``exact`` takes the step,
measures the losses, and undoes it.

Differences from LESS: plain gradient steps (a checkpoint carries no moments of Adam), held-out
gradients at their full length (longer ones can fall further), one checkpoint in place of those of a
warm-up. Not covered: several steps, and examples in company.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata_transformers.adapter import Adapter
from errata_transformers.coding import Coded, batches, losses
from errata_transformers.work import Work

_SEED, _RANK = 20_505, 8


class Influence:
    """Influences over one set of held-out examples ``dev``, whose gradients are made once."""

    def __init__(
        self, model: Any, pad: int, dev: Sequence[Coded], batch_size: int, work: Work
    ) -> None:
        self._model, self._pad, self._dev = model, pad, list(dev)
        self._batch_size, self._work = batch_size, work
        self._adapter = Adapter(model, _RANK, _SEED)
        self._directions: Any = None
        self._before: Any = None

    def first_order(self, train: Sequence[Coded], step: float) -> list[list[float]]:
        """Predicted fall of each held-out loss, in nats per token: shape (train, dev)."""
        if self._directions is None:
            self._directions = self._gradients(self._dev)
        found = step * _units(self._gradients(train)) @ self._directions.T
        rows: list[list[float]] = found.tolist()
        return rows

    def exact(self, train: Sequence[Coded], step: float) -> list[list[float]]:
        """Measured fall of each held-out loss, in nats per token: shape (train, dev)."""
        import torch

        if self._before is None:
            self._before = self._measured()
        found: list[list[float]] = []
        for direction in _units(self._gradients(train)):
            self._adapter.set(-step * direction)
            with self._adapter.on():
                found.append((self._before - self._measured()).tolist())
        self._adapter.set(torch.zeros_like(direction))
        return found

    def _gradients(self, rows: Sequence[Coded]) -> Any:
        """Gradient of each row's mean loss, shape (rows, size of the adapter), float32."""
        import torch

        found = torch.zeros(len(rows), self._adapter.size, device=self._model.device)
        for batch in batches(rows, self._batch_size):
            part = [rows[index] for index in batch]
            with torch.enable_grad(), self._adapter.watching(len(part)) as gradients:
                losses(self._model, part, self._pad).sum().backward()
            found[torch.tensor(batch, device=found.device)] = gradients
            self._work.differentiated += sum(len(row.ids) for row in part)
        return found

    def _measured(self) -> Any:
        """The held-out losses as the adapter now has it, shape (dev,)."""
        import torch

        found = torch.zeros(len(self._dev), device=self._model.device)
        with torch.inference_mode():
            for batch in batches(self._dev, self._batch_size):
                part = [self._dev[index] for index in batch]
                found[torch.tensor(batch, device=found.device)] = losses(
                    self._model, part, self._pad
                )
                self._work.read += sum(len(row.ids) for row in part)
        return found


def _units(gradients: Any) -> Any:
    """Rows of length one; a row of zeros stays one."""
    return gradients / gradients.norm(dim=1, keepdim=True).clamp(min=1e-12)
