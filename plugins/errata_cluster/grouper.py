"""The grouper ``embedding``: keyphrases that mean the same become one error type.

Fold duplicates, embed what is left, cluster, merge down to ``max_types``. Noise stays unassigned
and is never a type. The order of the diagnoses has no influence on the types.

Not covered: several types per case, and types carried over from an earlier round.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from errata.parts import Grouping, Services
from errata.records import Assignment, Diagnosis, ErrorType
from errata_cluster import naming
from errata_cluster.clusters import NOISE, cluster, merge_same, merge_to
from errata_cluster.folding import Phrase, fold_all
from errata_cluster.settings import GroupSettings

if TYPE_CHECKING:
    from errata_cluster.clusters import Floats

_SHOWN = 8


class EmbeddingGrouper:
    """An ``errata.parts.Grouper``."""

    def __init__(self, settings: GroupSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    async def group(self, diagnoses: Sequence[Diagnosis]) -> Grouping:
        """Error types by falling count, and one assignment per diagnosis; blank keyphrases and
        noise are unassigned."""
        phrases = fold_all([diagnosis.keyphrase for diagnosis in diagnoses])
        groups, centrals = self._groups(phrases)
        names = [phrases[central].text for central in centrals]
        sizes = [sum(phrases[i].count for i in group) for group in groups]
        order = sorted(range(len(groups)), key=lambda g: (-sizes[g], names[g]))
        ids = naming.unique_slugs([names[g] for g in order])
        terms = naming.class_terms([[phrases[i] for i in groups[g]] for g in order])
        types = []
        typed: dict[int, str] = {}
        for place, g in enumerate(order):
            members = sorted((phrases[i] for i in groups[g]), key=lambda p: (-p.count, p.text))
            shown = tuple(phrase.text for phrase in members[:_SHOWN])
            types.append(
                ErrorType(
                    id=ids[place],
                    name=names[g],
                    description=naming.describe(
                        terms[place], shown, _explanation(phrases[centrals[g]], diagnoses)
                    ),
                    count=sizes[g],
                    keyphrases=shown,
                )
            )
            typed.update((case, ids[place]) for phrase in members for case in phrase.members)
        assignments = [
            Assignment(
                attempt_id=diagnosis.attempt_id,
                problem_id=diagnosis.problem_id,
                types=(typed[index],) if index in typed else (),
            )
            for index, diagnosis in enumerate(diagnoses)
        ]
        return Grouping(types, assignments)

    def _groups(self, phrases: Sequence[Phrase]) -> tuple[list[list[int]], list[int]]:
        """Groups of indices into ``phrases``, and the index of each group's most central phrase."""
        few = len(phrases) < 3 * self._settings.min_cluster_size
        if few and len(phrases) <= self._settings.max_types:
            return [[i] for i in range(len(phrases))], list(range(len(phrases)))
        import numpy as np

        vectors = self._services.embedder().embed([phrase.text for phrase in phrases])
        points = np.asarray(vectors, dtype=np.float64)
        weights = [phrase.count for phrase in phrases]
        # So few distinct points are all noise to HDBSCAN.
        groups = [[i] for i in range(len(phrases))]
        if not few:
            groups = _split(self._cluster(points, weights))
            centers, sizes = _centers(points, weights, groups)
            groups = _merged(groups, merge_same(centers, sizes, self._settings.same))
        centers, sizes = _centers(points, weights, groups)
        groups = _merged(groups, merge_to(centers, sizes, self._settings.max_types))
        return groups, [_most_central(points, weights, group) for group in groups]

    def _cluster(self, points: Floats, weights: Sequence[int]) -> list[int]:
        random = self._services.random("group/coarsen")
        return [int(label) for label in cluster(points, weights, self._settings, random)]


def _split(labels: Sequence[int]) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(labels):
        if label != NOISE:
            groups.setdefault(label, []).append(index)
    return [groups[label] for label in sorted(groups)]


def _merged(groups: Sequence[Sequence[int]], labels: Sequence[int]) -> list[list[int]]:
    merged: dict[int, list[int]] = {}
    for group, label in zip(groups, labels, strict=True):
        merged.setdefault(label, []).extend(group)
    return [sorted(merged[label]) for label in sorted(merged)]


def _centers(
    points: Floats, weights: Sequence[int], groups: Sequence[Sequence[int]]
) -> tuple[Floats, list[int]]:
    """Weighted mean and number of cases of each group."""
    import numpy as np

    centers = np.array([_center(points, weights, group) for group in groups])
    return centers.reshape(len(groups), points.shape[1]), [
        sum(weights[i] for i in group) for group in groups
    ]


def _center(points: Floats, weights: Sequence[int], group: Sequence[int]) -> Floats:
    import numpy as np

    center: Floats = np.average(points[list(group)], axis=0, weights=[weights[i] for i in group])
    return center


def _most_central(points: Floats, weights: Sequence[int], group: Sequence[int]) -> int:
    """The phrase nearest to the weighted mean; the more frequent, then the first, among equals."""
    center = _center(points, weights, group)
    near = points[list(group)] @ center
    # Rounded, so that the last bits of a dot product never decide between equals.
    return min(
        zip(group, near, strict=True),
        key=lambda pair: (-round(float(pair[1]), 9), -weights[pair[0]]),
    )[0]


def _explanation(phrase: Phrase, diagnoses: Sequence[Diagnosis]) -> str:
    """Of the cases of one phrase, the explanation of the first by attempt and problem id."""
    told = [diagnoses[i] for i in phrase.members if diagnoses[i].explanation.strip()]
    if not told:
        return ""
    return min(told, key=lambda d: (d.attempt_id, d.problem_id, d.explanation)).explanation
