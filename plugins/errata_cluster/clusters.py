"""Weighted points to clusters: coarsening, HDBSCAN, and what HDBSCAN left out brought to its nearest.

Not covered: which clusters are joined (``merging``), and several clusters per point.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from errata_cluster.features import unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.intp]

NOISE = -1
_ROUNDS = 10  # of k-means, when coarsening and when settling


def smallest_cluster(asked: int | None, phrases: int, max_points: int) -> int:
    """HDBSCAN's min_cluster_size: as asked, else 0.4 times the square root of the number of distinct
    phrases (of ``max_points`` when there are more), and at least 3."""
    return asked or max(3, round(min(phrases, max_points) ** 0.5 * 0.4))


def seeds(
    points: Floats, weights: Sequence[int], size: int, max_points: int, random: Random
) -> Labels:
    """HDBSCAN labels of weighted unit vectors, shape (n,); ``NOISE`` belongs to no cluster.

    HDBSCAN (Campello et al. 2013) takes no weights, so a point stands several times: once, and once
    more for every doubling of its weight over the median, at most ``size`` times, which makes an
    uncommonly frequent phrase a cluster (and the same file twice no other clusters). When there are
    more than ``max_points`` of them, nearby points are first replaced by k-means centroids, half as
    many, each standing in proportion to its weight. The leaves of the condensed tree are taken:
    "excess of mass" may end in one cluster beside an outlying one.
    """
    import numpy as np

    mass = np.asarray(weights, dtype=np.float64)
    usual = np.sort(mass)[(len(mass) - 1) // 2] if len(mass) else 1.0
    doublings = np.floor(np.log2(np.maximum(mass / usual, 1)))
    counts = np.minimum(1 + doublings, size).astype(np.intp)
    if int(counts.sum()) <= max_points:
        return _labels(points, counts, size)
    cells, centroids = _coarsen(points, weights, max(1, max_points // 2), random)
    totals = np.bincount(cells, weights=mass, minlength=len(centroids))
    share = (max_points - len(centroids)) * totals / totals.sum()
    counts = np.clip(share.astype(np.intp), 1, size)
    labels: Labels = _labels(centroids, counts, size)[cells]
    return labels


def _labels(points: Floats, counts: NDArray[np.intp], size: int) -> Labels:
    import hdbscan
    import numpy as np

    index = np.repeat(np.arange(len(points)), counts)
    labels: Labels = np.full(len(points), NOISE, dtype=np.intp)
    if len(index) < size:
        return labels
    model = hdbscan.HDBSCAN(
        min_cluster_size=size,
        min_samples=1,
        cluster_selection_method="leaf",
        approx_min_span_tree=False,
        core_dist_n_jobs=1,
    )
    with warnings.catch_warnings():
        # hdbscan 0.8.44 still passes arguments that scikit-learn has renamed.
        warnings.simplefilter("ignore", FutureWarning)
        repeated = model.fit_predict(points[index])
    # Copies of one point lie together, but one of them may be called noise all the same: the label
    # of any other stands for them all.
    np.maximum.at(labels, index, repeated)
    return labels


def _coarsen(
    points: Floats, weights: Sequence[int], k: int, random: Random
) -> tuple[Labels, Floats]:
    """Lloyd's k-means from ``k`` random points: the cell of each point, and the mean of each cell.

    Single precision and blocks of points keep memory at about points + block x k.
    """
    import numpy as np

    single = points.astype(np.float32)
    mass = np.asarray(weights, dtype=np.float32)
    means: Any = single[sorted(random.sample(range(len(single)), min(k, len(single))))]
    for _ in range(_ROUNDS):
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


def settle(points: Floats, weights: Sequence[int], labels: Labels, smallest: int) -> Labels:
    """Every point at the nearest centroid: spherical k-means that begins with ``labels`` (its noise
    included), shape (n,), clusters numbered from 0.

    A cluster that ends with fewer than ``smallest`` cases is dissolved and its points go to the next
    nearest. Without any cluster all is noise.
    """
    import numpy as np

    mass = np.asarray(weights, dtype=np.float64)
    labels = labels.copy()
    while labels.size and labels.max() >= 0:
        for _ in range(_ROUNDS):
            _, centers = centroids(points, mass, labels)
            # Rounded, so that the last bits of a dot product never decide between equals.
            moved = np.argmax(np.round(points @ unit(centers).T, 9), axis=1)
            if np.array_equal(moved, labels):
                break
            labels = moved.astype(np.intp)
        names, numbered = np.unique(labels, return_inverse=True)
        sizes = np.bincount(numbered, weights=mass)
        least = int(np.argmin(sizes))
        if sizes[least] >= smallest or len(names) == 1:
            return numbered.astype(np.intp)
        labels = np.where(numbered == least, NOISE, numbered - (numbered > least))
    return labels


def centroids(points: Floats, mass: Floats, labels: Labels) -> tuple[list[int], Floats]:
    """The clusters in order, and the weighted mean of each, shape (clusters, dimensions)."""
    import numpy as np

    names = [int(name) for name in np.unique(labels) if name != NOISE]
    means = [
        np.average(points[labels == name], axis=0, weights=mass[labels == name]) for name in names
    ]
    return names, np.array(means).reshape(len(names), points.shape[1])


def far(vectors: Any, weights: Sequence[int], labels: Labels, near: float) -> NDArray[np.bool_]:
    """Which points have a mean cosine below ``near`` to the other cases of their cluster, shape (n,);
    ``vectors`` are the unit embeddings. A point that is alone in its cluster is not far.

    The mean of the cosines, not the cosine to the mean: that one grows with the cluster.
    """
    import numpy as np

    mass = np.asarray(weights, dtype=np.float64)
    away = np.zeros(len(labels), dtype=np.bool_)
    for name in np.unique(labels[labels != NOISE]):
        members = np.flatnonzero(labels == name)
        if len(members) == 1:
            continue
        own, count = np.asarray(vectors[members], dtype=np.float64), mass[members]
        sums = own @ (count @ own) - count
        away[members] = sums / (count.sum() - count) < near
    return away
