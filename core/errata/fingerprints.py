"""What makes two problems the same, where the domain does not say."""

from __future__ import annotations

import re
import unicodedata

from errata.records import Problem, Record

_WORD = re.compile(r"\w+(?:[.,:]\d+)*")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class Fingerprints(Record):
    """Keys of a problem.

    ``exact``: equal keys are the same problem. ``template``: equal keys are the same story with other
    numbers (None: the notion does not apply). ``words``: the text for overlap rules (shared 13-word
    runs, ROUGE-L); empty for generated problems, whose parameters say it all.
    """

    exact: str
    template: str | None = None
    words: tuple[str, ...] = ()


def text_fingerprints(problem: Problem) -> Fingerprints:
    """The default: case, punctuation and spacing folded; numbers masked for the template."""
    folded = unicodedata.normalize("NFKC", problem.question).casefold()
    words = tuple(_WORD.findall(folded))
    return Fingerprints(
        exact=" ".join(words),
        template=" ".join("#" if _NUMBER.fullmatch(word) else word for word in words),
        words=words,
    )
