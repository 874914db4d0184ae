"""Races: candidates are compared on growing parts of the dev cases, and dropped on the way.

``halving`` is sequential halving (Karnin, Koren and Somekh 2013; successive halving, Jamieson and
Talwalkar 2016) stopped at the number that is kept. ``sequential`` is a race in the manner of Maron and
Moore (1994) and of F-Race (Birattari et al. 2002), with paired normal intervals, for the best m rather
than the best one: who is surely below the last one above the cut is dropped, who is surely above the
first one below it is settled.

The probability ``sure`` is that of one comparison at one look; a whole race makes many, against rivals
that were chosen because they stood at the cut. Not covered: corrections for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from errata_selection.comparing import Spread, Worth, chance_above, gap


@dataclass
class Race:
    """The state of a race. ``groups`` are the ids that compete with each other, ``wanted`` how many of
    each group are kept.

    Raises KeyError for a group without a wanted number.
    """

    groups: Mapping[str, Sequence[str]]
    wanted: Mapping[str, int]
    settled: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)

    def running(self) -> list[str]:
        """Who is neither settled nor dropped, in the order of the groups."""
        return [name for group in self.groups for name in self._left(group)]

    def halve(self, worths: Mapping[str, Worth], shrink: float) -> None:
        """Go on with a 1 / ``shrink`` of those running, never fewer than are kept."""
        for name in self.groups:
            order = self._ranked(name, worths)
            left = max(self._slots(name), ceil(len(order) / shrink))
            self.dropped |= set(order[left:])
            self._close(name)

    def look(self, worths: Mapping[str, Worth], spread: Spread, sure: float) -> None:
        """Drop who is surely below the cut, settle who is surely above it."""
        for name in self.groups:
            order, slots = self._ranked(name, worths), self._slots(name)
            if 0 < slots < len(order):
                last, first = worths[order[slots - 1]], worths[order[slots]]
                below = [
                    each for each in order[slots:] if _surely(last, worths[each], spread, sure)
                ]
                above = [
                    each for each in order[:slots] if _surely(worths[each], first, spread, sure)
                ]
                self.dropped |= set(below)
                self.settled |= set(above)
            self._close(name)

    def finish(self, worths: Mapping[str, Worth]) -> frozenset[str]:
        """Fill what is left by score; everybody who is kept."""
        for name in self.groups:
            self.settled |= set(self._ranked(name, worths)[: self._slots(name)])
        return frozenset(self.settled)

    def _close(self, name: str) -> None:
        """Settle or drop the rest of a group once there is nothing left to decide."""
        left = self._left(name)
        if not self._slots(name):
            self.dropped |= set(left)
        elif len(left) <= self._slots(name):
            self.settled |= set(left)

    def _slots(self, name: str) -> int:
        return max(0, self.wanted[name] - len(self.settled & set(self.groups[name])))

    def _left(self, name: str) -> list[str]:
        return [
            each
            for each in self.groups[name]
            if each not in self.settled and each not in self.dropped
        ]

    def _ranked(self, name: str, worths: Mapping[str, Worth]) -> list[str]:
        """Those of a group who are running, the best first, ties by id."""
        return sorted(self._left(name), key=lambda each: (-worths[each].score, each))


def _surely(one: Worth, other: Worth, spread: Spread, sure: float) -> bool:
    return chance_above(*gap(one, other, spread)) >= sure


def sizes(first: int, last: int, *, racing: bool) -> list[int]:
    """Numbers of dev cases at which a race looks: ``first``, twice as many each time, ``last``."""
    found: list[int] = []
    size = first
    while racing and size < last:
        found.append(size)
        size *= 2
    return [*found, last]
