"""The grouper ``taxonomy``: cases assigned to a given list of types.

A case goes to the type that its keyphrase is nearest to, by the cosine of their embeddings; what is
near to none is unassigned. Types that no case has stay in the list with a count of 0. Not covered:
types that are not in the list, and several taxonomies at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from errata.errors import PartError
from errata.parts import Grouping, Services
from errata.records import Assignment, Diagnosis, ErrorType
from errata_cluster.folding import Phrase, fold_all
from errata_cluster.naming import unique_slugs
from errata_cluster.settings import TaxonomySettings

_SHIPPED = Path(__file__).parent / "taxonomies"
_KEYS = "a list of types with name, description (may be left out) and keyphrases (may be left out)"
_SHOWN = 8


class GivenType(BaseModel):
    """One type of a taxonomy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    description: str = ""
    keyphrases: tuple[str, ...] = ()


def read_taxonomy(source: str) -> list[GivenType]:
    """The types of a YAML file, or of a shipped list by its name.

    Raises FileNotFoundError naming the shipped lists, and PartError saying what is wrong with the
    file.
    """
    shipped = {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}
    path = shipped.get(source) or Path(source).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"taxonomy {source!r}: no such file, and no list of that name is shipped; shipped:"
            f" {', '.join(shipped)}; a file holds {_KEYS}"
        )
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PartError(f"taxonomy {path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(rows, list) or not rows:
        raise PartError(f"taxonomy {path}: found {type(rows).__name__}; wanted {_KEYS}")
    types = []
    for number, row in enumerate(rows, start=1):
        try:
            types.append(GivenType.model_validate(row))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise PartError(
                f"taxonomy {path}, type {number}: {place}: {first['msg']}; wanted {_KEYS}"
            ) from error
    twice = [name for name, count in Counter(given.name for given in types).items() if count > 1]
    if twice:
        raise PartError(f"taxonomy {path}: the name {twice[0]!r} stands twice; give each its own")
    return types


class TaxonomyGrouper:
    """An ``errata.parts.Grouper``."""

    def __init__(
        self, types: Sequence[GivenType], settings: TaxonomySettings, services: Services
    ) -> None:
        self._given, self._settings, self._services = types, settings, services

    async def group(self, diagnoses: Sequence[Diagnosis]) -> Grouping:
        """The given types in their order, and one assignment per diagnosis; several types where the
        setting ``margin`` allows it, the nearest first."""
        ids = unique_slugs([given.name for given in self._given])
        phrases = fold_all([diagnosis.keyphrase for diagnosis in diagnoses])
        near = self._nearest(phrases)
        typed = {
            case: tuple(ids[t] for t in found)
            for phrase, found in zip(phrases, near, strict=True)
            for case in phrase.members
        }
        counts: Counter[str] = Counter(t for found in typed.values() for t in found)
        shown: dict[int, list[Phrase]] = {}
        for phrase, found in zip(phrases, near, strict=True):
            for t in found:
                shown.setdefault(t, []).append(phrase)
        types = [
            ErrorType(
                id=ids[t],
                name=given.name,
                description=given.description,
                count=counts[ids[t]],
                keyphrases=_commonest(shown.get(t, [])) or given.keyphrases,
            )
            for t, given in enumerate(self._given)
        ]
        assignments = [
            Assignment(
                attempt_id=diagnosis.attempt_id,
                problem_id=diagnosis.problem_id,
                types=typed.get(index, ()),
            )
            for index, diagnosis in enumerate(diagnoses)
        ]
        return Grouping(types, assignments)

    def _nearest(self, phrases: Sequence[Phrase]) -> list[list[int]]:
        """Places of the types that each phrase has, the nearest first.

        A type stands at its name, its description and each of its keyphrases; a phrase is as near to it
        as to the nearest of them.
        """
        if not phrases:
            return []
        import numpy as np

        texts = [(t, text) for t, given in enumerate(self._given) for text in _texts(given)]
        embed = self._services.embedder().embed
        anchors = np.asarray(embed([text for _, text in texts]), dtype=np.float32)
        vectors = np.asarray(embed([phrase.text for phrase in phrases]), dtype=np.float32)
        cosines: Any = vectors @ anchors.T
        owners = np.array([t for t, _ in texts])
        best = np.stack(
            [cosines[:, owners == t].max(axis=1) for t in range(len(self._given))], axis=1
        )
        return [self._taken([float(cosine) for cosine in row]) for row in best]

    def _taken(self, cosines: Sequence[float]) -> list[int]:
        order = sorted(range(len(cosines)), key=lambda t: (-round(cosines[t], 6), t))
        best = cosines[order[0]]
        if best < self._settings.near:
            return []
        margin = self._settings.margin
        return [
            t
            for t in order
            if t == order[0]
            or (margin > 0 and cosines[t] >= max(best - margin, self._settings.near))
        ]


def _texts(given: GivenType) -> list[str]:
    named = f"{given.name}: {given.description}" if given.description else given.name
    return [given.name, named, *given.keyphrases]


def _commonest(phrases: Sequence[Phrase]) -> tuple[str, ...]:
    ordered = sorted(phrases, key=lambda phrase: (-phrase.count, phrase.text))
    return tuple(phrase.text for phrase in ordered[:_SHOWN])
