"""What the target would write after a little training: a small adapter, a few steps, and undone.

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


@contextmanager
def taught(
    model: Any, pad: int, rows: Sequence[Coded], steps: int, learning_rate: float, work: Work
) -> Iterator[None]:
    """While this lasts, ``model`` has learnt ``rows``: ``steps`` steps of Adam on eight of
    them each, in order, round and round; afterwards nothing is left of it."""
    import torch

    adapter = Adapter(model, _RANK, _SEED, _SCALE, trained=True)
    weights = [*adapter.down, *adapter.up]
    for weight in weights:
        weight.requires_grad_()
    optimizer = torch.optim.Adam(weights, lr=learning_rate)
    size = min(_STEP, len(rows))
    with adapter.on():
        for step in range(steps):
            batch = [rows[(step * size + place) % len(rows)] for place in range(size)]
            with torch.enable_grad():
                losses(model, batch, pad).mean().backward()
            optimizer.step()
            optimizer.zero_grad()
            work.differentiated += sum(len(row.ids) for row in batch)
        yield
