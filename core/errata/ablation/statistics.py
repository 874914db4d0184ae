"""Several seeds: intervals of a mean, and differences paired over problems and seeds.

Sources: Student (1908), t interval of a mean; Owen (2007), Annals of Applied Statistics 1:386, the
pigeonhole bootstrap, which draws seeds and problems anew independently of each other, so that it holds
for figures crossed over both; McNemar (1947), exact, over the pairs of all seeds.

Not covered: corrections for many arms, and what few seeds cannot say. With three of them the interval
over seeds is wide, and a bootstrap over three draws from few combinations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean, stdev

from errata.measure import mcnemar

REPLICATES = 2000


@dataclass(frozen=True)
class Interval:
    """A figure with its 95% interval; no interval where there is too little for one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Paired:
    """An arm against another, over the seeds that both have: the mean of the seeds' differences, its
    interval, and the pairs of all seeds together."""

    difference: Interval
    fixed: int
    broken: int
    p_value: float


def over_seeds(values: Sequence[float]) -> Interval:
    """The mean of one figure a seed, with Student's interval; none with a single seed."""
    mean, count = fmean(values), len(values)
    if count < 2:
        return Interval(mean)
    margin = t_quantile(count - 1) * stdev(values) / math.sqrt(count)
    return Interval(mean, mean - margin, mean + margin)


def t_quantile(freedom: int) -> float:
    """The two-sided 95% quantile of Student's t, by bisection of its integral."""
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    scale = math.exp(log_scale) / math.sqrt(freedom * math.pi)

    def within(bound: float) -> float:
        # x = bound * u; Simpson's rule on the density from 0 to the bound, both sides.
        steps = 2000
        total = 0.0
        for place in range(steps + 1):
            weight = 1 if place in (0, steps) else 4 if place % 2 else 2
            x = bound * place / steps
            total += weight * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
        return 2 * scale * total * bound / steps / 3

    low, high = 1.0, 16.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle) < 0.95 else (low, middle)
    return (low + high) / 2


def paired(
    arms: Mapping[str, Mapping[int, Mapping[str, int]]], random: Random
) -> dict[str, Paired]:
    """Every arm against the reference.

    ``arms`` has, by arm and seed, the change at each problem: 1 where the arm alone is right, -1 where
    the reference alone is, else 0. A problem that several seeds have is known by one key in all of
    them. Resampling is the same for all arms.
    """
    keys = sorted({key for seeds in arms.values() for found in seeds.values() for key in found})
    place = {key: number for number, key in enumerate(keys)}
    changes = {
        arm: {seed: _Changes.of(found, place) for seed, found in sorted(seeds.items())}
        for arm, seeds in arms.items()
    }
    drawn: dict[str, list[float]] = {arm: [] for arm in arms}
    for _ in range(REPLICATES):
        weights = [0] * len(keys)
        for number in random.choices(range(len(keys)), k=len(keys)) if keys else ():
            weights[number] += 1
        ticket = random.random
        for arm, seeds in changes.items():
            own = list(seeds.values())
            chosen = [own[int(ticket() * len(own))] for _ in own] if len(own) > 1 else own
            shares = [share for found in chosen if (share := found.mean(weights)) is not None]
            if shares:
                drawn[arm].append(fmean(shares))
    return {arm: _summed(arms[arm], sorted(drawn[arm])) for arm in arms}


@dataclass(frozen=True)
class _Changes:
    """The problems of a seed, and those of them at which something changed."""

    members: Sequence[int]
    changed: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, found: Mapping[str, int], place: Mapping[str, int]) -> _Changes:
        return cls(
            [place[key] for key in sorted(found)],
            [(place[key], found[key]) for key in sorted(found) if found[key]],
        )

    def mean(self, weights: Sequence[int]) -> float | None:
        """The mean change with these weights; None where no problem has any."""
        total = sum(weights[number] for number in self.members)
        if not total:
            return None
        return sum(weights[number] * change for number, change in self.changed) / total


def _summed(seeds: Mapping[int, Mapping[str, int]], drawn: Sequence[float]) -> Paired:
    changes = [change for found in seeds.values() for change in found.values()]
    fixed, broken = changes.count(1), changes.count(-1)
    means = [fmean(found.values()) for found in seeds.values() if found]
    value = fmean(means) if means else 0.0
    interval = Interval(value)
    if drawn:
        interval = Interval(value, _quantile(drawn, 0.025), _quantile(drawn, 0.975))
    return Paired(interval, fixed, broken, mcnemar(fixed, broken))


def _quantile(ranked: Sequence[float], share: float) -> float:
    """The quantile of sorted figures, between neighbours in proportion."""
    place = share * (len(ranked) - 1)
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (place - below) * (ranked[above] - ranked[below])
