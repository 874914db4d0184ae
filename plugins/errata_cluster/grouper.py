"""The grouper ``embedding``: keyphrases that mean the same become one error type.

Fold duplicates, embed what is left, cluster, merge down to ``max_types``, bring noise to the nearest
type. What is like no type stays unassigned and is never a type. The order of the diagnoses has no
influence on the types.

Not covered: several types per case, and types carried over from an earlier round.
"""

from __future__ import annotations

from collections.abc import Sequence

from errata.parts import Grouping, Services
from errata.records import Assignment, Diagnosis, ErrorType
from errata.stability import Groups
from errata_cluster import naming
from errata_cluster.features import features
from errata_cluster.folding import Phrase, fold_all
from errata_cluster.partition import Points, by_centrality, fewer, partition, stabilities
from errata_cluster.settings import GroupSettings

_SHOWN = 8
_MAKE_A_TYPE = 5  # phrases; with fewer than three times as many each is a type


class EmbeddingGrouper:
    """An ``errata.parts.Grouper``."""

    def __init__(self, settings: GroupSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    async def group(self, diagnoses: Sequence[Diagnosis]) -> Grouping:
        """Error types by falling count, and one assignment per diagnosis; blank keyphrases and
        what is like no type are unassigned."""
        phrases = fold_all([diagnosis.keyphrase for diagnosis in diagnoses])
        groups, stable = self._groups(phrases)
        names = [phrases[group[0]].text for group in groups]
        sizes = [sum(phrases[i].count for i in group) for group in groups]
        order = sorted(range(len(groups)), key=lambda g: (-sizes[g], names[g]))
        members_of = [[phrases[i] for i in groups[g]] for g in order]
        named = naming.named(members_of, diagnoses)
        if self._settings.names == "instructor":
            named = await naming.renamed(named, members_of, self._services)
        types = []
        typed: dict[int, str] = {}
        for g, name in zip(order, named, strict=True):
            members = sorted((phrases[i] for i in groups[g]), key=lambda phrase: -phrase.count)
            types.append(
                ErrorType(
                    id=name.id,
                    name=name.name,
                    description=name.description,
                    count=sizes[g],
                    keyphrases=tuple(phrase.text for phrase in members[:_SHOWN]),
                    stability=round(stable[g], 3) if stable else None,
                )
            )
            typed.update((case, name.id) for phrase in members for case in phrase.members)
        assignments = [
            Assignment(
                attempt_id=diagnosis.attempt_id,
                problem_id=diagnosis.problem_id,
                types=(typed[index],) if index in typed else (),
            )
            for index, diagnosis in enumerate(diagnoses)
        ]
        return Grouping(types, assignments)

    def _groups(self, phrases: Sequence[Phrase]) -> tuple[Groups, list[float]]:
        """Groups of indices into ``phrases``, each with its most central phrase first, and the
        stability of each (none where it is not measured)."""
        settings = self._settings
        alone = [[i] for i in range(len(phrases))]
        # So few distinct points are all noise to HDBSCAN.
        few = len(phrases) < 3 * (settings.min_cluster_size or _MAKE_A_TYPE)
        if few and len(phrases) <= settings.max_types:
            return alone, [1.0] * len(phrases)
        import importlib

        # Sums in another order differ in the last bits: one thread, one order.
        with importlib.import_module("threadpoolctl").threadpool_limits(limits=1):
            points = self._points(phrases)
            if few:
                groups, stable = fewer(points, alone, settings.max_types), list[float]()
            else:
                groups = partition(points, settings, self._services.random("group/coarsen"))
                stable = stabilities(
                    points, groups, settings, self._services.random("group/stability")
                )
            return [by_centrality(points, group) for group in groups], stable

    def _points(self, phrases: Sequence[Phrase]) -> Points:
        import numpy as np

        vectors = np.asarray(
            self._services.embedder().embed([phrase.text for phrase in phrases]), dtype=np.float32
        )
        keys = [phrase.key for phrase in phrases]
        random = self._services.random("group/features")
        places = features(keys, vectors, self._settings.dimensions, self._settings.lexical, random)
        return Points(vectors, places, [phrase.count for phrase in phrases])
