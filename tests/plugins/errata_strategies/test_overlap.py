"""The index finds exactly what comparing with every text finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Indel

from errata_strategies.overlap import OverlapIndex

# Few words, so that texts overlap, repeat words and tie.
WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g"]), max_size=24)
TEXTS = st.lists(WORDS.filter(bool), max_size=12)


def longest_run(one: list[str], two: list[str]) -> int:
    best = 0
    for i in range(len(one)):
        for j in range(len(two)):
            k = 0
            while i + k < len(one) and j + k < len(two) and one[i + k] == two[j + k]:
                k += 1
            best = max(best, k)
    return best


@settings(max_examples=400, deadline=None)
@given(TEXTS, WORDS, st.sampled_from([0.3, 0.5, 0.7, 0.75, 0.9, 1.0]))
def test_nearest_equals_brute_force(
    texts: list[list[str]], query: list[str], threshold: float
) -> None:
    index = OverlapIndex(threshold)
    for text in texts:
        index.add(text)
    scores = [Indel.normalized_similarity(query, text) for text in texts] if query else []
    best = max(scores, default=0.0)
    near = index.nearest(query)
    if best >= threshold - 1e-9 and scores:
        assert near is not None
        assert abs(near.score - best) < 1e-9
        assert near.index == scores.index(best)
    else:
        assert near is None


@settings(max_examples=400, deadline=None)
@given(TEXTS, WORDS, st.integers(3, 13))
def test_shared_run_equals_brute_force(texts: list[list[str]], query: list[str], run: int) -> None:
    index = OverlapIndex(0.7, run)
    for text in texts:
        index.add(text)
    found = index.shared_run(query)
    reaches = [longest_run(query, text) >= run for text in texts]
    assert (found is not None) == any(reaches)
    if found is not None:
        number, words = found
        assert reaches[number]
        assert len(words) >= run
        assert " ".join(words) in " ".join(query)
        assert " ".join(words) in " ".join(texts[number])


def test_skip_leaves_the_next_best() -> None:
    index = OverlapIndex(0.5)
    index.add(["a", "b", "c", "d"])
    index.add(["a", "b", "c", "x"])
    near = index.nearest(["a", "b", "c", "d"], skip=lambda number: number == 0)
    assert near is not None
    assert (near.index, near.score) == (1, 0.75)


def test_texts_added_later_are_found() -> None:
    index = OverlapIndex(0.7, 13)
    query = [f"w{i}" for i in range(15)]
    assert index.nearest(query) is None
    assert index.shared_run(query) is None
    index.add(["other"])
    index.add(query)
    assert index.nearest(query).index == 1
    assert index.shared_run(query) == (1, tuple(query))
