"""Drawing the next token of each row: greedily, or by temperature, top-k and top-p.

Every row has random numbers of its own, one for each token, so that what it draws does not depend on
its neighbours. The token is where the cumulated probability first exceeds that number. Not covered:
penalties, min-p, beams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

_HEAD = 1024  # the likeliest tokens nearly always hold top_p; sorting all of them is slow on a CPU


@dataclass(frozen=True)
class Draw:
    """How one row is drawn: ``temperature`` > 0, the ``top_k`` likeliest tokens, and of those the
    fewest that hold ``top_p`` of the probability."""

    random: Random
    temperature: float
    top_p: float = 1.0
    top_k: int | None = None


def newest_tokens(logits: Any, draws: Sequence[Draw | None]) -> Any:
    """One token a row, shape (rows, 1), from logits of shape (rows, V); None is greedy."""
    newest = logits.argmax(-1, keepdim=True)
    for row, draw in enumerate(draws):
        if draw is not None:
            newest[row, 0] = _drawn(logits[row], draw)
    return newest


def _drawn(logits: Any, draw: Draw) -> Any:
    chance = (logits.double() / draw.temperature).softmax(-1)
    tokens = None
    if draw.top_k is not None or draw.top_p < 1:
        chance, tokens = _likeliest(chance, draw)
    total = chance.cumsum(0)
    place = (total <= draw.random.random() * total[-1]).sum().clamp(max=len(total) - 1)
    return place if tokens is None else tokens[place]


def _likeliest(chance: Any, draw: Draw) -> tuple[Any, Any]:
    """Probabilities and tokens of the nucleus, the likeliest first."""
    size = min(draw.top_k or len(chance), len(chance))
    head, tokens = chance.topk(min(size, _HEAD))
    if len(head) < size and float(head.sum()) < draw.top_p * float(chance.sum()):
        head, tokens = chance.topk(size)
    of_all = head.sum() if draw.top_k is not None else chance.sum()
    # A token belongs to the nucleus while those before it hold less than top_p.
    before = head.cumsum(0) - head
    count = int((before < draw.top_p * of_all).sum())
    return head[:count], tokens[:count]
