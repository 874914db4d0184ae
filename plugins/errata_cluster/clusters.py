"""Weighted points to clusters: coarsening, HDBSCAN, and merging down to a number of clusters.

Not covered: soft membership, and the stability of clusters under resampling.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.intp]

NOISE = -1


def cluster(
    points: Floats,
    weights: Sequence[int],
    min_cluster_size: int,
    min_samples: int,
    max_points: int,
    random: Random,
) -> Labels:
    """HDBSCAN labels of weighted unit vectors, shape (n,); ``NOISE`` belongs to no cluster.

    HDBSCAN (Campello et al. 2013) takes no weights, so a point of weight w stands
    min(w, ``min_cluster_size``) times. When that makes more than ``max_points``, nearby points are
    first replaced by k-means centroids (k = max_points // min_cluster_size).
    """
    import numpy as np

    counts = np.minimum(np.asarray(weights), min_cluster_size)
    if int(counts.sum()) <= max_points:
        return _labels(points, counts, min_cluster_size, min_samples)
    k = max(1, max_points // min_cluster_size)
    cells, centroids = _coarsen(points, weights, k, random)
    totals = np.bincount(cells, weights=np.asarray(weights), minlength=len(centroids))
    counts = np.minimum(totals.astype(np.intp), min_cluster_size)
    labels: Labels = _labels(centroids, counts, min_cluster_size, min_samples)[cells]
    return labels


def _labels(points: Floats, counts: Any, min_cluster_size: int, min_samples: int) -> Labels:
    import hdbscan
    import numpy as np

    index = np.repeat(np.arange(len(points)), counts)
    if len(index) < min_cluster_size:
        return np.full(len(points), NOISE, dtype=np.intp)
    model = hdbscan.HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=min(min_samples, len(index) - 1),
        approx_min_span_tree=False,
        core_dist_n_jobs=1,
    )
    with warnings.catch_warnings():
        # hdbscan 0.8.44 still passes arguments that scikit-learn has renamed.
        warnings.simplefilter("ignore", FutureWarning)
        repeated = model.fit_predict(points[index])
    labels: Labels = np.full(len(points), NOISE, dtype=np.intp)
    # Copies of one point lie together but a copy may still be called noise: any other copy's label
    # stands for them all.
    for place, label in zip(index, repeated, strict=True):
        labels[place] = max(labels[place], label)
    return labels


def _coarsen(
    points: Floats, weights: Sequence[int], k: int, random: Random, rounds: int = 10
) -> tuple[Labels, Floats]:
    """Lloyd's k-means from ``k`` random points: the cell of each point, and the mean of each cell.

    Single precision and blocks of points keep memory at about points + block x k.
    """
    import numpy as np

    single = points.astype(np.float32)
    mass = np.asarray(weights, dtype=np.float32)
    means: Any = single[sorted(random.sample(range(len(single)), min(k, len(single))))]
    for _ in range(rounds):
        cells = _nearest(single, means)
        order = np.argsort(cells, kind="stable")
        used, starts = np.unique(cells[order], return_index=True)
        sums = np.add.reduceat(single[order] * mass[order, None], starts, axis=0)
        totals = np.add.reduceat(mass[order], starts)
        # A mean that lost all its points is dropped: it would stand for nothing.
        means = sums / totals[:, None]
    cells = np.searchsorted(used, cells)
    return cells.astype(np.intp), means.astype(np.float64)


def _nearest(points: Any, means: Any, block: int = 8192) -> Any:
    import numpy as np

    half = np.sum(means * means, axis=1) / 2
    blocks = [
        np.argmax(points[start : start + block] @ means.T - half, axis=1)
        for start in range(0, len(points), block)
    ]
    return np.concatenate(blocks)


def merge_to(centroids: Floats, weights: Sequence[int], limit: int) -> list[int]:
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
        centers[a] = (mass[a] * centers[a] + mass[b] * centers[b]) / (mass[a] + mass[b])
        mass[a] += mass[b]
        labels = [a if label == b else label for label in labels]
        alive = np.isfinite(cost[a])
        alive[b] = False
        row = np.sum((centers - centers[a]) ** 2, axis=1) * mass * mass[a] / (mass + mass[a])
        cost[a] = np.where(alive, row, np.inf)
        cost[:, a] = cost[a]
        cost[b] = np.inf
        cost[:, b] = np.inf
    order = {label: place for place, label in enumerate(sorted(set(labels)))}
    return [order[label] for label in labels]
