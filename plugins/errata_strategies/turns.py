"""Whose turn it is: items of an error type, each at most so many times in a round.

Not covered: what is done with an item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """Counts turns by type and item. The waves of a type follow one another, so that a repeated
    round gives the same turns."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._had: Counter[tuple[str, str]] = Counter()

    def next(self, owner: str, items: Mapping[str, T], count: int, random: Random) -> list[T]:
        """Up to ``count`` of ``items``, those with the fewest turns first, else at random; none when
        each has had its turns."""
        names = sorted(name for name in items if self._had[owner, name] < self._most)
        random.shuffle(names)
        names.sort(key=lambda name: self._had[owner, name])
        chosen = names[:count]
        for name in chosen:
            self._had[owner, name] += 1
        return [items[name] for name in chosen]
