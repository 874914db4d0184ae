"""Exact and near-exact duplicates of keyphrases, folded with their counts.

Two keyphrases are near-exact duplicates when they differ in case, punctuation, spacing or numbers
only. Arithmetic operators are words, not punctuation: "+ instead of -" and "- instead of +" stay
apart. Not covered: word order, inflection, synonyms; those are for the embeddings.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_LONE_DASH = re.compile(r"(?<!\S)[-–—](?!\S)")
_OPERATORS = frozenset("*/%#−")


@dataclass(frozen=True)
class Phrase:
    """Keyphrases that fold to ``key``. ``text`` is the commonest of them (the first in order among
    equals), ``count`` the number of cases, ``members`` their indices in the input."""

    key: str
    text: str
    count: int
    members: tuple[int, ...]


def fold(text: str) -> str:
    """The folding key of a keyphrase; empty for blank text only. ``fold(fold(x)) == fold(x)``."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFKC", plain)
    masked = _LONE_DASH.sub("−", _NUMBER.sub("#", plain))
    kept = "".join(
        char if char in _OPERATORS or unicodedata.category(char)[0] not in "PCZ" else " "
        for char in masked
    )
    return " ".join(kept.split()) or " ".join(plain.split())


def fold_all(texts: Sequence[str]) -> list[Phrase]:
    """The distinct phrases, ordered by key; blank texts belong to none."""
    members: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        key = fold(text)
        if key:
            members.setdefault(key, []).append(index)
    return [
        Phrase(
            key, _commonest(texts[i] for i in members[key]), len(members[key]), tuple(members[key])
        )
        for key in sorted(members)
    ]


def _commonest(texts: Iterable[str]) -> str:
    counts = Counter(" ".join(text.split()) for text in texts)
    return min(counts, key=lambda text: (-counts[text], text))
