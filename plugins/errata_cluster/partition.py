"""Phrases to groups, the whole way: seeds, merging, settling, and what is too far from everything.

Works on features that are there already, so a resample is regrouped without embedding anything again.
Not covered: names and records (``grouper``, ``naming``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from errata.stability import Groups, bootstrap
from errata_cluster.clusters import NOISE, centroids, far, seeds, settle, smallest_cluster
from errata_cluster.features import unit
from errata_cluster.merging import merge_same, merge_to
from errata_cluster.settings import GroupSettings

if TYPE_CHECKING:
    from errata_cluster.clusters import Floats, Labels

# Without any cluster, phrases that are one another's like are one type: length of their mean vector.
_ALIKE = 0.65
_RESAMPLED = 1000  # phrases of a resample, at most: a thousandth of a second each


@dataclass(frozen=True)
class Points:
    """Distinct phrases as points: ``vectors`` unit embeddings (n, d), ``places`` unit features (n, k),
    ``weights`` the number of cases of each."""

    vectors: Any
    places: Floats
    weights: Sequence[int]

    def __len__(self) -> int:
        return len(self.weights)

    def some(self, index: Sequence[int]) -> Points:
        """Only the points at ``index``."""
        rows = list(index)
        return Points(self.vectors[rows], self.places[rows], [self.weights[i] for i in rows])


def partition(points: Points, settings: GroupSettings, random: Random) -> Groups:
    """Groups of indices, each in rising order; an index in no group is unassigned."""
    import numpy as np

    size = smallest_cluster(settings.min_cluster_size, len(points), settings.max_points)
    labels = seeds(points.places, points.weights, size, settings.max_points, random)
    mass = np.asarray(points.weights, dtype=np.float64)
    if len(points) and labels.max() < 0 and _alike(points.vectors, mass):
        labels = np.zeros(len(points), dtype=np.intp)
    labels = _joined(points.vectors, mass, labels, settings.same)
    labels = _fewer(points.places, mass, labels, settings.max_types)
    labels = settle(points.places, points.weights, labels, size)
    labels = np.where(far(points.vectors, points.weights, labels, settings.near), NOISE, labels)
    return [g for g in split(labels) if sum(points.weights[i] for i in g) >= size]


def fewer(points: Points, groups: Groups, limit: int) -> Groups:
    """At most ``limit`` groups, the nearest joined (Ward)."""
    import numpy as np

    labels = np.full(len(points), NOISE, dtype=np.intp)
    for number, group in enumerate(groups):
        labels[list(group)] = number
    return split(_fewer(points.places, np.asarray(points.weights, np.float64), labels, limit))


def stabilities(
    points: Points, groups: Groups, settings: GroupSettings, random: Random
) -> list[float]:
    """The bootstrap agreement of each group, from 0 to 1 (see ``errata.stability``)."""
    if not groups or not settings.resamples:
        return []

    def regroup(index: Sequence[int]) -> Groups:
        found = partition(points.some(index), settings, random)
        return [[index[i] for i in group] for group in found]

    return bootstrap(groups, points.weights, regroup, settings.resamples, _RESAMPLED, random)


def split(labels: Labels) -> Groups:
    """Labels to groups of indices, by label; noise belongs to none."""
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(labels.tolist()):
        if label != NOISE:
            groups.setdefault(label, []).append(index)
    return [groups[label] for label in sorted(groups)]


def _alike(vectors: Any, mass: Floats) -> bool:
    import numpy as np

    mean = np.average(np.asarray(vectors, dtype=np.float64), axis=0, weights=mass)
    return float(np.linalg.norm(mean)) >= _ALIKE


def _joined(vectors: Any, mass: Floats, labels: Labels, cosine: float) -> Labels:
    names, centers = centroids(vectors, mass, labels)
    return _renamed(labels, names, merge_same(centers, _sizes(mass, labels, names), cosine))


def _fewer(places: Floats, mass: Floats, labels: Labels, limit: int) -> Labels:
    names, centers = centroids(places, mass, labels)
    return _renamed(labels, names, merge_to(centers, _sizes(mass, labels, names), limit))


def _sizes(mass: Floats, labels: Labels, names: Sequence[int]) -> list[float]:
    return [float(mass[labels == name].sum()) for name in names]


def _renamed(labels: Labels, names: Sequence[int], new: Sequence[int]) -> Labels:
    import numpy as np

    renamed = labels.copy()
    for name, number in zip(names, new, strict=True):
        renamed[labels == name] = number
    return np.asarray(renamed, dtype=np.intp)


def by_centrality(points: Points, group: Sequence[int]) -> list[int]:
    """The group, the phrase nearest to its weighted mean embedding first; the more frequent, then the
    first, among equals."""
    import numpy as np

    rows = list(group)
    own = np.asarray(points.vectors[rows], dtype=np.float64)
    center = unit(np.average(own, axis=0, weights=[points.weights[i] for i in rows])[None, :])[0]
    # Rounded, so that the last bits of a dot product never decide between equals.
    near = np.round(own @ center, 6).tolist()
    order = sorted(zip(rows, near, strict=True), key=lambda p: (-p[1], -points.weights[p[0]], p[0]))
    return [row for row, _ in order]
