"""A few of many, chosen by their names: the same ones in every report of a run.

Not covered: how many there are in all.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Few(Generic[K, T]):
    """The ``size`` items of each key whose names have the smallest SHA-256, in that order."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heaps: dict[K, list[tuple[int, str, T]]] = {}

    def offer(self, key: K, name: str, item: T) -> None:
        """Consider ``item``. Names are unique within a key."""
        rank = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
        heap = self._heaps.setdefault(key, [])
        if len(heap) < self._size:
            heapq.heappush(heap, (-rank, name, item))
        elif self._size and -rank > heap[0][0]:
            heapq.heapreplace(heap, (-rank, name, item))

    def items(self) -> Iterator[tuple[K, list[T]]]:
        """Keys in the order they came, each with its items."""
        for key, heap in self._heaps.items():
            yield key, [item for _, _, item in sorted(heap, key=lambda e: (-e[0], e[1]))]
