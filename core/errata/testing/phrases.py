"""A grouper for tests without embeddings: each distinct keyphrase is a type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from errata.parts import Grouping
from errata.records import Assignment, Diagnosis, ErrorType

_NOT_WORD = re.compile(r"[^a-z0-9]+")


class PhraseGrouper:
    """Types by keyphrase, the commonest first."""

    async def group(self, diagnoses: Sequence[Diagnosis]) -> Grouping:
        """See ``errata.parts.Grouper``."""
        counts = Counter(diagnosis.keyphrase for diagnosis in diagnoses)
        types = [
            ErrorType(id=_slug(phrase), name=phrase, count=count, keyphrases=(phrase,))
            for phrase, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        assignments = [
            Assignment(
                attempt_id=diagnosis.attempt_id,
                problem_id=diagnosis.problem_id,
                types=(_slug(diagnosis.keyphrase),),
            )
            for diagnosis in diagnoses
        ]
        return Grouping(types, assignments)


def _slug(phrase: str) -> str:
    return _NOT_WORD.sub("-", phrase.lower()).strip("-")
