"""Clusters that are joined: those that mean the same, those above a number, those that are too small.

Not covered: which points make a cluster in the first place (``clusters``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from errata_cluster.clusters import Floats


def merge_same(centroids: Floats, weights: Sequence[float], cosine: float) -> list[int]:
    """A new label 0, 1, … for each cluster: while the centroids of two have a cosine of at least
    ``cosine``, the two most alike are merged.

    HDBSCAN alone makes a cluster of every phrase that is frequent enough, however many paraphrases
    of it are frequent too.
    """
    import numpy as np

    centers = np.array(centroids, dtype=np.float64)
    mass = np.asarray(weights, dtype=np.float64).copy()
    labels = list(range(len(centers)))
    unit = centers / np.linalg.norm(centers, axis=1, keepdims=True)
    alike = unit @ unit.T
    np.fill_diagonal(alike, -np.inf)
    while len(centers) and float(alike.max()) >= cosine:
        a, b = sorted(divmod(int(np.argmax(alike)), len(centers)))
        _join(centers, mass, labels, a, b)
        unit[a] = centers[a] / np.linalg.norm(centers[a])
        alive = np.isfinite(alike[a])
        alike[b] = alike[:, b] = -np.inf
        alive[b] = False
        alike[a] = alike[:, a] = np.where(alive, unit @ unit[a], -np.inf)
    return _renumbered(labels)


def merge_to(centroids: Floats, weights: Sequence[float], limit: int) -> list[int]:
    """A new label 0…limit-1 for each cluster, the nearest merged first.

    Near is Ward's criterion, √(ab/(a+b)) · distance for clusters of a and b cases: small clusters
    join before large ones do, and no chains form.
    """
    import numpy as np

    n = len(centroids)
    labels = list(range(n))
    if n <= limit:
        return labels
    centers = np.array(centroids, dtype=np.float64)
    mass = np.asarray(weights, dtype=np.float64).copy()
    squares = np.sum(centers**2, axis=1)
    gaps = np.maximum(squares[:, None] + squares[None, :] - 2 * centers @ centers.T, 0)
    cost = gaps * (mass[:, None] * mass[None, :]) / (mass[:, None] + mass[None, :])
    np.fill_diagonal(cost, np.inf)
    for _ in range(n - limit):
        a, b = sorted(divmod(int(np.argmin(cost)), n))
        _join(centers, mass, labels, a, b)
        alive = np.isfinite(cost[a])
        alive[b] = False
        row = np.sum((centers - centers[a]) ** 2, axis=1) * mass * mass[a] / (mass + mass[a])
        cost[b] = cost[:, b] = np.inf
        cost[a] = cost[:, a] = np.where(alive, row, np.inf)
    return _renumbered(labels)


def _join(centers: Floats, mass: Floats, labels: list[int], a: int, b: int) -> None:
    centers[a] = (mass[a] * centers[a] + mass[b] * centers[b]) / (mass[a] + mass[b])
    mass[a] += mass[b]
    labels[:] = [a if label == b else label for label in labels]


def _renumbered(labels: Sequence[int]) -> list[int]:
    order = {label: place for place, label in enumerate(sorted(set(labels)))}
    return [order[label] for label in labels]
