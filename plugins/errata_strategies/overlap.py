"""An index of word sequences: which are near a given one, by ROUGE-L or by a shared run of words.

Exact: both searches find what comparing with every sequence would find. Texts can be added at any
time. Not covered: similarity of meaning.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Room for the rounding error of products and quotients that should be whole or equal.
EPSILON = 1e-9
_SLACK = 1e-6  # rapidfuzz turns a cutoff into a distance and loses some digits
_FIRST = 32  # texts that are compared before the bound is looked at again; four times as many next


@dataclass(frozen=True)
class Near:
    """Text number ``index`` of the index, at ROUGE-L F1 ``score``."""

    index: int
    score: float


class OverlapIndex:
    """Word sequences under ROUGE-L F1 >= ``threshold`` and shared runs of ``run`` words.

    ROUGE-L F1 of sequences of m and n words with longest common subsequence L is 2L/(m+n). L is at
    most the number S of words they share, with repetition. S is counted for all texts at once, over the
    posting lists of the query's words; then L is computed in the order of the bound 2S/(m+n), highest
    first, until no bound reaches the best score (branch and bound: Land and Doig 1960).

    Without ``ordered`` the score is 2S/(m+n) itself: F1 of the words as a multiset (Dice), the same
    whatever their order. With shingles for words this is a symmetric form of Broder's resemblance.

    Runs: a shared run of r words covers a whole block of ceil(r/2) words of the indexed text, cut
    without overlap, so only blocks are stored, and a hit is extended to both sides.
    """

    def __init__(self, threshold: float, run: int | None = None, ordered: bool = True) -> None:
        self.threshold, self._run, self._ordered = threshold, run, ordered
        self._block = 0 if run is None else (run + 1) // 2
        self._words: dict[str, int] = {}
        self._texts: list[tuple[int, ...]] = []
        self._lengths = array("i")
        # Keyed by word and by how often it has occurred before in the same text, so that counting
        # shared keys counts shared words with repetition.
        self._postings: dict[tuple[int, int], array[int]] = {}
        self._blocks: dict[tuple[int, ...], list[tuple[int, int]]] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, words: Sequence[str]) -> int:
        """Add a text; returns its number (from 0)."""
        index = len(self._texts)
        text = tuple(self._words.setdefault(word, len(self._words)) for word in words)
        self._texts.append(text)
        self._lengths.append(len(text))
        for key in _occurrences(text):
            self._postings.setdefault(key, array("i")).append(index)
        if self._block:
            for start in range(0, len(text) - self._block + 1, self._block):
                block = text[start : start + self._block]
                self._blocks.setdefault(block, []).append((index, start))
        return index

    def nearest(
        self,
        words: Sequence[str],
        skip: Callable[[int], bool] | None = None,
        threshold: float | None = None,
    ) -> Near | None:
        """The text with the highest score of at least the threshold (the first among equals), leaving
        out those that ``skip`` names; None if there is none, or ``words`` is empty.

        ``threshold`` takes the place of the index's own for this search: a lower one takes longer.
        """
        query = self._encode(words)
        if not query or not self._texts:
            return None
        least = self.threshold if threshold is None else threshold
        best: Near | None = None
        for numbers, bounds in self._by_bound(query, least):
            if best is not None and bounds[0] < best.score - EPSILON:
                break
            kept = [
                (number, bound)
                for number, bound in zip(numbers.tolist(), bounds.tolist(), strict=True)
                if skip is None or not skip(number)
            ]
            floor = least if best is None else best.score
            for score, number in self._scores(query, kept, max(floor - EPSILON, 0)):
                if best is None or (score, -number) > (best.score, -best.index):
                    best = Near(number, score)
        return best

    def shared_run(self, words: Sequence[str]) -> tuple[int, tuple[str, ...]] | None:
        """The first text that shares a run of ``run`` words with ``words``, and the whole run."""
        if self._run is None:
            return None
        query = self._encode(words)
        for place in range(len(query) - self._block + 1):
            for index, start in self._blocks.get(query[place : place + self._block], ()):
                begin, end = self._extend(query, place, self._texts[index], start)
                if end - begin >= self._run:
                    return index, tuple(words[begin:end])
        return None

    def _encode(self, words: Sequence[str]) -> tuple[int, ...]:
        # -2: a word that no text has; -1 has a meaning of its own in rapidfuzz.
        return tuple(self._words.get(word, -2) for word in words)

    def _extend(
        self, query: tuple[int, ...], place: int, text: tuple[int, ...], start: int
    ) -> tuple[int, int]:
        begin, at = place, start
        while begin > 0 and at > 0 and query[begin - 1] == text[at - 1]:
            begin, at = begin - 1, at - 1
        end, at = place + self._block, start + self._block
        while end < len(query) and at < len(text) and query[end] == text[at]:
            end, at = end + 1, at + 1
        return begin, end

    def _by_bound(
        self, query: tuple[int, ...], least: float
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Numbers of the texts whose bound reaches ``least``, in portions, the highest bounds first."""
        import numpy as np

        found = [self._postings[key] for key in _occurrences(query) if key in self._postings]
        if not found:
            return
        hits = np.concatenate([np.frombuffer(postings, dtype=np.int32) for postings in found])
        shared = np.bincount(hits, minlength=len(self._texts))
        lengths = np.frombuffer(self._lengths, dtype=np.int32)
        bounds = 2.0 * shared / (len(query) + lengths)
        numbers = np.flatnonzero((bounds >= least - EPSILON) & (shared > 0))
        order = numbers[np.lexsort((numbers, -bounds[numbers]))]
        start, size = 0, _FIRST
        while start < len(order):
            some = order[start : start + size]
            yield some, bounds[some]
            start, size = start + size, 4 * size

    def _scores(
        self, query: tuple[int, ...], bounded: list[tuple[int, float]], cutoff: float
    ) -> list[tuple[float, int]]:
        """Scores of at least ``cutoff`` with the numbers of their texts."""
        if not self._ordered:
            return [(bound, number) for number, bound in bounded if bound >= cutoff]
        # Optional extra: settings and offers must load without it.
        from rapidfuzz import process
        from rapidfuzz.distance import Indel

        texts = {number: self._texts[number] for number, _ in bounded}
        found = process.extract_iter(
            query, texts, scorer=Indel.normalized_similarity, score_cutoff=max(cutoff - _SLACK, 0)
        )
        return [(score, number) for _, score, number in found if score >= cutoff]


def _occurrences(text: Sequence[int]) -> list[tuple[int, int]]:
    seen: dict[int, int] = {}
    keys = []
    for word in text:
        count = seen.get(word, 0)
        seen[word] = count + 1
        keys.append((word, count))
    return keys
