"""Features: unit rows, what words and what embeddings contribute, and which axes are kept."""

from __future__ import annotations

from random import Random

import pytest

from errata_cluster.features import features, unit

np = pytest.importorskip("numpy", reason="the extra errata[cluster] is not installed")


def vectors(n: int, d: int = 16, seed: int = 0):
    return unit(np.random.default_rng(seed).normal(size=(n, d)))


def test_rows_are_unit_vectors_of_at_most_so_many_dimensions() -> None:
    keys = [f"word{'abc'[i % 3]} common {'xyz'[i // 10]}" for i in range(30)]
    found = features(keys, vectors(30), 5, 0.5, Random(0))
    assert found.shape == (30, 5)
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    # No more axes than there is variation: three points span a plane.
    assert features(keys[:3], vectors(3), 60, 0.5, Random(0)).shape == (3, 2)


def test_shared_words_draw_together_and_only_with_a_lexical_share() -> None:
    keys = ["sign lost"] * 2 + ["unit lost"] * 2
    keys = [f"{key} {other}" for key, other in zip(keys, "abcd", strict=True)]
    one = vectors(4, seed=3)
    apart = features(keys, one, 3, 0.0, Random(0))
    near = features(keys, one, 3, 0.9, Random(0))
    assert near[0] @ near[1] > apart[0] @ apart[1] + 0.5
    assert np.allclose(apart, features(["-"] * 4, one, 3, 0.0, Random(0)))


def test_phrases_without_a_shared_word_stand_by_their_embedding() -> None:
    keys = ["忘记借位", "單位錯誤", "漏掉步骤", "符号错误"]
    one = vectors(4, seed=5)
    with_words, without = (features(keys, one, 3, share, Random(0)) for share in (0.5, 0.0))
    assert np.allclose(with_words @ with_words.T, without @ without.T)


@pytest.mark.parametrize(("n", "d"), [(12, 40), (60, 10)])
def test_axes_are_the_principal_ones(n, d) -> None:
    points = vectors(n, d, seed=7) * np.linspace(3, 0.1, d)
    points = unit(points)
    found = features([""] * n, points, 4, 0.0, Random(0))
    centered = unit(points - points.mean(axis=0))
    centered -= centered.mean(axis=0)
    u, s, _ = np.linalg.svd(centered, full_matrices=False)
    wanted = unit(u[:, :4] * s[:4])
    assert np.allclose(found @ found.T, wanted @ wanted.T, atol=1e-8)


def test_more_phrases_than_are_fitted_give_rows_for_all() -> None:
    keys = [f"kind{'abcd'[i % 4]} story" for i in range(5000)]
    found = features(keys, vectors(5000), 8, 0.5, Random(0))
    assert found.shape == (5000, 8)
    assert np.array_equal(found, features(keys, vectors(5000), 8, 0.5, Random(0)))
    own = [found[i::4].mean(axis=0) for i in range(4)]
    nearest = np.argmax(found @ unit(np.array(own)).T, axis=1)
    assert np.mean(nearest == np.arange(5000) % 4) > 0.99
