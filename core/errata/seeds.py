"""One seed, named streams: the same recipe gives the same run.

A stream's seed is a SHA-256 of the recipe's seed and the stream's name, so adding a stream never
disturbs another, and nothing depends on ``hash()`` or on arrival order.
"""

from __future__ import annotations

import hashlib
from random import Random


def stream_seed(seed: int, *names: str | int) -> int:
    """The 64-bit seed of the stream ``names`` under ``seed``."""
    text = "\x1f".join([str(seed), *(str(name) for name in names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def stream(seed: int, *names: str | int) -> Random:
    """A random generator of its own for the stream ``names``."""
    return Random(stream_seed(seed, *names))
