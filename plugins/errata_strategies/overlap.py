"""An index of word sequences: which are near a given one, by ROUGE-L or by a shared run of words.

Exact: both searches find what comparing with every sequence would find. Texts can be added at any
time. Not covered: similarity of meaning.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Room for the rounding error of products and quotients that should be whole or equal.
_EPSILON = 1e-9


@dataclass(frozen=True)
class Near:
    """Text number ``index`` of the index, at ROUGE-L F1 ``score``."""

    index: int
    score: float


class OverlapIndex:
    """Word sequences under ROUGE-L F1 >= ``threshold`` and shared runs of ``run`` words.

    ROUGE-L F1 of sequences of m and n words with longest common subsequence L is 2L/(m+n). L is at
    most the number S of words they share (with repetition): S >= threshold (m+n)/2 is necessary.
    Leaving out the c commonest words of the query lowers S by at most c: it suffices to count
    shared words over the posting lists of its rarer words (prefix filtering: Chaudhuri et al. 2006;
    Xiao et al. 2008), and to compute L for the few that remain.

    Without ``ordered`` the score is 2S/(m+n) itself: F1 of the words as a multiset (Dice), the same
    whatever their order. With shingles for words this is a symmetric form of Broder's resemblance.

    Runs: a shared run of r words covers a whole block of ceil(r/2) words of the indexed text, cut
    without overlap, so only blocks are stored, and a hit is extended to both sides.
    """

    def __init__(self, threshold: float, run: int | None = None, ordered: bool = True) -> None:
        # Optional extra: settings and offers must load without it.
        from rapidfuzz.distance import Indel

        self._similarity: Callable[..., float] = (
            Indel.normalized_similarity if ordered else _unordered
        )
        self._threshold = threshold
        self._run = run
        self._block = 0 if run is None else (run + 1) // 2
        self._words: dict[str, int] = {}
        self._texts: list[tuple[int, ...]] = []
        # Keyed by word and by how often it has occurred before in the same text, so that counting
        # shared keys counts shared words with repetition.
        self._postings: dict[tuple[int, int], list[int]] = {}
        self._blocks: dict[tuple[int, ...], list[tuple[int, int]]] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, words: Sequence[str]) -> int:
        """Add a text; returns its number (from 0)."""
        index = len(self._texts)
        text = tuple(self._words.setdefault(word, len(self._words)) for word in words)
        self._texts.append(text)
        for key in _occurrences(text):
            self._postings.setdefault(key, []).append(index)
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
        least = self._threshold if threshold is None else threshold
        best: Near | None = None
        for index in self._plausible(query, least):
            if skip is not None and skip(index):
                continue
            floor = least if best is None else best.score
            score = self._similarity(
                query, self._texts[index], score_cutoff=max(floor - _EPSILON, 0)
            )
            if score >= least - _EPSILON and (best is None or score > best.score):
                best = Near(index, score)
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

    def _plausible(self, query: tuple[int, ...], threshold: float) -> list[int]:
        """Numbers, ascending, of the texts that may reach the threshold."""
        m = len(query)
        if not m or not self._texts:
            return []
        half = threshold / 2
        # F1 >= t needs n/m between t/(2-t) and (2-t)/t, because L is at most the shorter length.
        shortest = math.ceil(m * threshold / (2 - threshold) - _EPSILON)
        longest = math.floor(m * (2 - threshold) / threshold + _EPSILON)
        least = math.ceil(half * (m + shortest) - _EPSILON)
        lists = [self._postings.get(key, []) for key in _occurrences(query)]
        lists.sort(key=len)
        # One shared word among the rarer ones must remain necessary, even for the shortest text.
        left_out = min(least - 1, m - 1)
        shared: Counter[int] = Counter()
        for postings in lists[: m - left_out]:
            shared.update(postings)
        return sorted(
            index
            for index, count in shared.items()
            if shortest <= (n := len(self._texts[index])) <= longest
            and count + left_out >= half * (m + n) - _EPSILON
        )


def _unordered(one: Sequence[int], other: Sequence[int], score_cutoff: float = 0) -> float:
    """F1 of the shared numbers, with repetition; 0 when it is below ``score_cutoff``."""
    if not one or not other:
        return 0.0
    shared = len(set(_occurrences(one)).intersection(_occurrences(other)))
    score = 2 * shared / (len(one) + len(other))
    return score if score >= score_cutoff else 0.0


def _occurrences(text: Sequence[int]) -> list[tuple[int, int]]:
    seen: dict[int, int] = {}
    keys = []
    for word in text:
        count = seen.get(word, 0)
        seen[word] = count + 1
        keys.append((word, count))
    return keys
