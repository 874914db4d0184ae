"""Types that grow while phrases are sorted into them, and what is made of them at the end.

Not covered: asking (``batches.py``). Phrases are indices into a list of distinct phrases here.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from errata.naming import sameness, type_ids
from errata.parts import Grouping
from errata.records import Assignment, Diagnosis, ErrorType

_SHOWN = 8


@dataclass(frozen=True)
class Phrase:
    """A distinct keyphrase. ``text`` is its commonest wording, ``cases`` are indices of diagnoses."""

    text: str
    cases: tuple[int, ...]


def distinct(texts: Sequence[str], *, exact: bool = False) -> list[Phrase]:
    """The distinct phrases of ``texts`` in alphabetical order; blank ones belong to none.

    Wordings that differ in case, blanks and punctuation at the ends only are one, unless ``exact``.
    """
    cases: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        plain = " ".join(text.split())
        key = plain if exact else unicodedata.normalize("NFKC", plain).casefold().strip(" .,;:!\"'")
        if plain:
            cases.setdefault(key or plain, []).append(index)
    return [
        Phrase(_commonest(" ".join(texts[i].split()) for i in cases[key]), tuple(cases[key]))
        for key in sorted(cases)
    ]


def _commonest(texts: Iterable[str]) -> str:
    counts = Counter(texts)
    return min(counts, key=lambda text: (-counts[text], text))


@dataclass(eq=False)
class Growing:
    """A type and its phrases, in the order in which they came."""

    name: str
    description: str
    phrases: dict[int, None] = field(default_factory=dict)


class Sorting:
    """The types found so far. A phrase gets at most ``several`` of them (None: no limit)."""

    def __init__(self, phrases: Sequence[Phrase], several: int | None) -> None:
        self.phrases = phrases
        self.types: list[Growing] = []
        self._several = several

    def placed(self, phrase: int) -> list[Growing]:
        """The types of ``phrase``."""
        return [known for known in self.types if phrase in known.phrases]

    def file(self, phrase: int, under: Growing) -> None:
        """Put ``phrase`` under a type, unless it has as many as it may have."""
        if phrase in under.phrases:
            return
        if self._several is None or len(self.placed(phrase)) < self._several:
            under.phrases[phrase] = None

    def called(self, name: str, *, exactly: bool = False) -> Growing | None:
        """The type of that name, near-equal names included unless ``exactly``."""
        for known in self.types:
            if known.name == name or (not exactly and sameness(known.name) == sameness(name)):
                return known
        return None

    def add(self, name: str, description: str, phrases: Iterable[int]) -> None:
        """A new type; nothing is added when every one of ``phrases`` has as many as it may have."""
        made = Growing(name, description)
        for phrase in phrases:
            self.file(phrase, made)
        if made.phrases:
            self.types.append(made)

    def cases(self, of: Growing) -> int:
        """The number of cases of a type."""
        return sum(len(self.phrases[phrase].cases) for phrase in of.phrases)

    def join(self, parts: Sequence[Growing], name: str, description: str) -> None:
        """Make one type of several; it takes the place of the first."""
        first, *others = parts
        first.name, first.description = name, description
        for other in others:
            first.phrases.update(other.phrases)
        self.types = [known for known in self.types if known not in others]

    def dissolve(self, limit: int) -> list[int]:
        """Keep the ``limit`` types with most cases; the phrases that have no type any more."""
        ranked = sorted(self.types, key=lambda known: (-self.cases(known), known.name))
        kept = ranked[:limit]
        self.types = [known for known in self.types if known in kept]
        lost = sorted({phrase for known in ranked[limit:] for phrase in known.phrases})
        return [phrase for phrase in lost if not self.placed(phrase)]

    def grouping(self, diagnoses: Sequence[Diagnosis]) -> Grouping:
        """Types by falling count, and one assignment per diagnosis in order."""
        ranked = sorted(self.types, key=lambda known: (-self.cases(known), known.name))
        typed: dict[int, list[str]] = {}
        types = []
        for known, type_id in zip(ranked, type_ids([t.name for t in ranked]), strict=True):
            members = sorted(
                (self.phrases[phrase] for phrase in known.phrases),
                key=lambda phrase: (-len(phrase.cases), phrase.text),
            )
            types.append(
                ErrorType(
                    id=type_id,
                    name=known.name,
                    description=known.description,
                    count=self.cases(known),
                    keyphrases=tuple(phrase.text for phrase in members[:_SHOWN]),
                )
            )
            for phrase in members:
                for case in phrase.cases:
                    typed.setdefault(case, []).append(type_id)
        assignments = [
            Assignment(
                attempt_id=diagnosis.attempt_id,
                problem_id=diagnosis.problem_id,
                types=tuple(typed.get(index, ())),
            )
            for index, diagnosis in enumerate(diagnoses)
        ]
        return Grouping(types, assignments)
