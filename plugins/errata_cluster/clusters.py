"""Weighted points to clusters: coarsening, HDBSCAN, and merging down to a number of clusters.

Not covered: soft membership, and the stability of clusters under resampling.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from errata_cluster.settings import GroupSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.intp]

NOISE = -1


def cluster(
    points: Floats, weights: Sequence[int], settings: GroupSettings, random: Random
) -> Labels:
    """HDBSCAN labels of weighted unit vectors, shape (n,); ``NOISE`` belongs to no cluster.

    HDBSCAN (Campello et al. 2013) takes no weights, so a point of weight w stands
    min(w, ``min_cluster_size``) times. When that makes more than ``max_points``, nearby points are
    first replaced by k-means centroids (k = max_points // min_cluster_size). What is clustered are
    the first ``dimensions`` principal components.
    """
    import numpy as np

    size = settings.min_cluster_size
    counts = np.minimum(np.asarray(weights, dtype=np.intp), size)
    if int(counts.sum()) <= settings.max_points:
        return _labels(points, counts, settings)
    cells, centroids = _coarsen(points, weights, max(1, settings.max_points // size), random)
    totals = np.bincount(cells, weights=np.asarray(weights), minlength=len(centroids))
    counts = np.minimum(totals.astype(np.intp), size)
    labels: Labels = _labels(centroids, counts, settings)[cells]
    return labels


def _labels(points: Floats, counts: NDArray[np.intp], settings: GroupSettings) -> Labels:
    import hdbscan
    import numpy as np

    index = np.repeat(np.arange(len(points)), counts)
    labels: Labels = np.full(len(points), NOISE, dtype=np.intp)
    if len(index) < settings.min_cluster_size:
        return labels
    model = hdbscan.HDBSCAN(
        min_cluster_size=settings.min_cluster_size,
        min_samples=min(settings.min_samples, len(index) - 1),
        approx_min_span_tree=False,
        core_dist_n_jobs=1,
    )
    with warnings.catch_warnings():
        # hdbscan 0.8.44 still passes arguments that scikit-learn has renamed.
        warnings.simplefilter("ignore", FutureWarning)
        repeated = model.fit_predict(_principal(points, settings.dimensions)[index])
    # Copies of one point lie together, but one of them may be called noise all the same: the label
    # of any other stands for them all.
    np.maximum.at(labels, index, repeated)
    return labels


def _principal(points: Floats, dimensions: int) -> Floats:
    """The first principal components: density means little in hundreds of dimensions."""
    import numpy as np

    if dimensions >= min(points.shape):
        return points
    centered = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centered.T @ centered)
    reduced: Floats = centered @ axes[:, ::-1][:, :dimensions]
    return reduced


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


def merge_same(centroids: Floats, weights: Sequence[int], cosine: float) -> list[int]:
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
