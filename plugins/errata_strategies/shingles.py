"""Texts without their numbers and without the order of their sentences.

A problem with other numbers has the same masked words, be they digits or written out ("24", "twenty-
four", "two dozen"). A problem with its sentences in another order has the same shingles: runs of three
masked words that do not reach over the end of a sentence (shingles: Broder 1997, "On the resemblance
and containment of documents").

Not covered: other words for the same thing, and numbers in languages other than English.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

NUMBER = "#"
_SIZE = 3
_WORD = re.compile(r"\w+(?:[.,:]\d+)*")
_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s)?")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_WRITTEN = re.compile(
    "zero|one|two|three|four|five|six|seven|eight|"
    "nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    "ninety|hundred|thousand|million|billion|dozen|dozens|half|third|"
    "thirds|quarter|quarters|fourth|fifth|sixth|seventh|eighth|ninth|"
    "tenth|once|twice|thrice|double|triple"
)


def masked(words: Sequence[str]) -> tuple[str, ...]:
    """``words`` (case folded) with every number, in digits or written out, as one "#"."""
    found: list[str] = []
    for word in words:
        if not (_WRITTEN.fullmatch(word) or _DIGITS.fullmatch(word)):
            found.append(word)
        elif not found or found[-1] != NUMBER:
            found.append(NUMBER)
    return tuple(found)


def shingles(text: str) -> list[str]:
    """Runs of three masked words within each sentence, shorter sentences whole."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    found = []
    for sentence in _SENTENCE.split(folded):
        words = masked(_WORD.findall(sentence))
        if words and len(words) < _SIZE:
            found.append(" ".join(words))
        found += [" ".join(words[start : start + _SIZE]) for start in range(len(words) - _SIZE + 1)]
    return found
