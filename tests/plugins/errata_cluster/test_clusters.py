"""Clusters of weighted points: planted blobs, coarsening, and merging by Ward's criterion."""

from __future__ import annotations

import math
from random import Random

import pytest

from errata_cluster import clusters
from errata_cluster.clusters import NOISE, centroids, far, seeds, settle, smallest_cluster
from errata_cluster.merging import merge_same, merge_to

np = pytest.importorskip("numpy", reason="the extra errata[cluster] is not installed")


def blobs(count: int, each: int, spread: float, seed: int = 0):
    """Unit vectors around ``count`` random directions in 32 dimensions, and their labels."""
    random = np.random.default_rng(seed)
    centers = random.normal(size=(count, 32))
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    points = np.repeat(centers, each, axis=0) + random.normal(size=(count * each, 32)) * spread
    return points / np.linalg.norm(points, axis=1, keepdims=True), np.repeat(range(count), each)


def agree(found, planted) -> bool:
    pairs = {(int(a), int(b)) for a, b in zip(found, planted, strict=True)}
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_planted_blobs_are_found() -> None:
    points, planted = blobs(4, 12, 0.02)
    labels = seeds(points, [1] * 48, 5, 5000, Random(0))
    assert NOISE not in labels
    assert agree(labels, planted)


def test_a_heavy_point_is_a_cluster_and_a_light_one_is_noise() -> None:
    points, _ = blobs(12, 1, 0.0)
    # The heavy points lie nearer to each other than to any light one.
    points[1:4] = points[0] + np.eye(32)[:3] * 0.3
    labels = seeds(points, [40] * 4 + [1] * 8, 5, 5000, Random(0))
    assert len(set(labels[:4])) == 4
    assert set(labels[4:]) == {NOISE}
    assert set(seeds(points, [1] * 12, 5, 5000, Random(0))) == {NOISE}


@pytest.mark.parametrize("weights", [[1] * 2400, [1, 2, 3, 50] * 600])
def test_coarsened_points_are_few_and_the_blobs_are_found(monkeypatch, weights) -> None:
    points, planted = blobs(6, 400, 0.02)
    seen = []
    plain = clusters._labels
    monkeypatch.setattr(
        clusters, "_labels", lambda p, c, s: (seen.append(int(c.sum())), plain(p, c, s))[1]
    )
    labels = seeds(points, weights, 11, 500, Random(0))
    assert (labels == seeds(points, weights, 11, 500, Random(0))).all()
    assert 250 <= max(seen) <= 500, "HDBSCAN never sees more than max_points"
    joined = merge_same(centroids(points, np.ones(2400), labels)[1], [1] * (labels.max() + 1), 0.8)
    joined = np.array([joined[label] if label >= 0 else NOISE for label in labels])
    assert agree(settle(points, weights, joined, 5), planted), "and settling leaves no noise"


@pytest.mark.parametrize("n", [0, 1, 3])
def test_fewer_points_than_a_cluster_are_noise(n: int) -> None:
    points = np.eye(3)[:n]
    assert list(seeds(points, [1] * n, 5, 5000, Random(0))) == [NOISE] * n
    assert list(settle(points, [1] * n, np.full(n, NOISE), 5)) == [NOISE] * n


def test_settling_brings_noise_to_the_nearest_and_dissolves_the_small() -> None:
    angles = np.array([0.0, 0.1, 0.3, 1.4, 1.5, 1.6, 3.0])
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    labels = np.array([4, 4, NOISE, 7, 7, NOISE, 9])
    assert list(settle(points, [1] * 7, labels, 1)) == [0, 0, 0, 1, 1, 1, 2]
    assert list(settle(points, [1] * 7, labels, 2)) == [0, 0, 0, 1, 1, 1, 1]
    assert list(settle(points, [1] * 6 + [2], labels, 2)) == [0, 0, 0, 1, 1, 1, 2]
    assert set(settle(points, [1] * 7, labels, 100)) == {0}, "the last one is never dissolved"
    assert list(labels) == [4, 4, NOISE, 7, 7, NOISE, 9], "the input is left alone"


def test_what_is_like_nothing_of_its_cluster_is_far() -> None:
    points = np.array([[1.0, 0, 0], [0.8, 0.6, 0], [0, 0, 1.0], [0, 1.0, 0]])
    away = far(points, [1, 1, 1, 1], np.array([0, 0, 0, 1]), 0.1)
    assert list(away) == [False, False, True, False], "one that is alone is not far from anything"
    # Its cosines to the others are 0.8 and 0: a mean of 0.4, and of 0.2 where the third counts thrice.
    assert not far(points, [1, 1, 1, 1], np.array([0, 0, 0, 1]), 0.39)[0]
    assert far(points, [1, 1, 3, 1], np.array([0, 0, 0, 1]), 0.39)[0]


@pytest.mark.parametrize(
    ("asked", "phrases", "size"), [(None, 20, 3), (None, 400, 8), (None, 10**6, 28), (7, 400, 7)]
)
def test_the_smallest_cluster_grows_with_the_square_root(asked, phrases, size) -> None:
    assert smallest_cluster(asked, phrases, 5000) == size


def test_the_same_are_merged_and_others_not() -> None:
    angles = [0.0, 0.1, 1.0, 1.25, 2.5]
    points = np.array([[math.cos(a), math.sin(a)] for a in angles])
    assert merge_same(points, [1] * 5, 1.0) == [0, 1, 2, 3, 4]
    assert merge_same(points, [1] * 5, math.cos(0.2)) == [0, 0, 1, 2, 3]
    assert merge_same(points, [1] * 5, math.cos(0.3)) == [0, 0, 1, 1, 2]
    # From 0.05 to 1.125 is further than 0.9 although from 0.1 to 1.0 is not.
    assert merge_same(points, [1] * 5, math.cos(0.95)) == [0, 0, 1, 1, 2]
    assert merge_same(points[:0], [], 0.8) == []


def test_the_nearest_are_merged_first() -> None:
    angles = [0.0, 0.1, 1.0, 1.25, 2.5]
    points = np.array([[math.cos(a), math.sin(a)] for a in angles])
    assert merge_to(points, [1] * 5, 5) == [0, 1, 2, 3, 4]
    assert merge_to(points, [1] * 5, 4) == [0, 0, 1, 2, 3]
    assert merge_to(points, [1] * 5, 3) == [0, 0, 1, 1, 2]
    assert merge_to(points, [1] * 5, 1) == [0] * 5


def test_small_clusters_join_before_large_ones() -> None:
    points = np.array([[0.0], [1.0], [3.0], [4.5]])
    assert merge_to(points, [100, 100, 1, 1], 3) == [0, 1, 2, 2]


def test_merging_equals_ward_done_naively() -> None:
    points, _ = blobs(14, 1, 0.0, seed=3)
    weights = [int(w) for w in np.random.default_rng(4).integers(1, 30, size=14)]
    groups = [[i] for i in range(14)]
    while len(groups) > 5:

        def cost(a: list[int], b: list[int]) -> float:
            (m, n), (x, y) = (
                [sum(weights[i] for i in g) for g in (a, b)],
                [np.average(points[g], axis=0, weights=[weights[i] for i in g]) for g in (a, b)],
            )
            return float(m * n / (m + n) * np.sum((x - y) ** 2))

        a, b = min(
            ((a, b) for i, a in enumerate(groups) for b in groups[i + 1 :]),
            key=lambda pair: cost(*pair),
        )
        groups = [g for g in groups if g not in (a, b)] + [a + b]
    labels = merge_to(points, weights, 5)
    assert sorted(sorted(g) for g in groups) == sorted(
        sorted(i for i in range(14) if labels[i] == label) for label in range(5)
    )
