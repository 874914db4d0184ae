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
        phrases = sorted(counts, key=lambda phrase: (-counts[phrase], phrase))
        ids: dict[str, str] = {}
        for phrase in phrases:
            ids[phrase] = _slug(phrase) or "type"
            if list(ids.values()).count(ids[phrase]) > 1:
                ids[phrase] += f"-{len(ids)}"
        types = [
            ErrorType(id=ids[phrase], name=phrase, count=counts[phrase], keyphrases=(phrase,))
            for phrase in phrases
        ]
        assignments = [
            Assignment(
                attempt_id=diagnosis.attempt_id,
                problem_id=diagnosis.problem_id,
                types=(ids[diagnosis.keyphrase],),
            )
            for diagnosis in diagnoses
        ]
        return Grouping(types, assignments)


def _slug(phrase: str) -> str:
    return _NOT_WORD.sub("-", phrase.lower()).strip("-")
