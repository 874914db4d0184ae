"""Stability of error types: would other cases of the same kind have given the same types?

The cases are resampled and grouped again; of each type it is asked how well the best of the new groups
agrees with it (Hennig 2007, "Cluster-wise assessment of cluster stability", Computational Statistics &
Data Analysis 52). Not covered: how items are grouped, which is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

Groups = list[list[int]]

UNSTABLE = 0.6
"""Below this agreement a type should not be relied on: Hennig's rule for ``clusterboot`` in his R
package fpc, where 0.75 and more is a valid cluster and 0.6 to 0.75 a pattern of doubtful members."""


def agreement(groups: Groups, found: Groups, weights: Sequence[float]) -> list[float | None]:
    """For each of ``groups`` the best Jaccard similarity, from 0 to 1, with one of ``found``.

    ``found`` groups a part of the items; what is not in that part must have been taken out of
    ``groups`` before. Each item counts by its weight. None for an empty group.
    """
    place = {item: number for number, group in enumerate(found) for item in group}
    totals = [sum(weights[item] for item in group) for group in found]
    best: list[float | None] = []
    for group in groups:
        total = sum(weights[item] for item in group)
        shared: dict[int, float] = {}
        for item in group:
            if item in place:
                shared[place[item]] = shared.get(place[item], 0) + weights[item]
        scores = [both / (total + totals[number] - both) for number, both in shared.items()]
        best.append(max(scores, default=0.0) if total else None)
    return best


def bootstrap(
    groups: Groups,
    weights: Sequence[float],
    regroup: Callable[[Sequence[int]], Groups],
    resamples: int,
    most: int,
    random: Random,
) -> list[float]:
    """The mean agreement of each of ``groups`` over ``resamples`` bootstrap samples, from 0 to 1.

    Items are 0 … len(weights)-1. Each sample draws that many (at most ``most``) with replacement;
    repeated ones count once, as copies would be clusters of their own. ``regroup`` groups the drawn
    items, given in rising order. A group is judged by the samples that hold any of it; one that was
    never drawn gets 0.
    """
    sums, counts = [0.0] * len(groups), [0] * len(groups)
    for _ in range(resamples):
        drawn = set(random.choices(range(len(weights)), k=min(len(weights), most)))
        found = regroup(sorted(drawn))
        present = [[item for item in group if item in drawn] for group in groups]
        for number, score in enumerate(agreement(present, found, weights)):
            if score is not None:
                sums[number] += score
                counts[number] += 1
    return [total / count if count else 0.0 for total, count in zip(sums, counts, strict=True)]
