"""As different as they can be: candidates that together stand for all of them.

Facility location: the kept set maximises the sum, over all candidates, of the cosine similarity to the
nearest kept one, greedily, which is within 1 − 1/e of the best (Nemhauser, Wolsey and Fisher 1978; as a
choice of training data: Wei, Iyer and Bilmes 2015). Unlike k-centre (Sener and Savarese 2018, arXiv
1708.00489) it is not drawn to outliers, of which synthesized data has its share. Lazy evaluation
(Minoux 1978) makes it quick.

Not covered: whether a candidate helps; put a selector that scores before it in a chain.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from errata.parts import DevCases, Memo, Services
from errata.records import Candidate, Selection
from errata_selection.cut import grouped, numbers
from errata_selection.settings import DiversitySettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_ROWS = 1024  # similarities that are in memory at once: so many rows by all candidates


class Diversity:
    """The selector ``diversity``; works with any target, and an embedder."""

    def __init__(self, settings: DiversitySettings, services: Services) -> None:
        self._settings, self._services = settings, services

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order; by question. Neither cases nor memo are used (the
        embedder keeps its vectors)."""
        import numpy as np

        del cases, memo
        if not candidates:
            return []
        texts = [candidate.body.problem.question for candidate in candidates]
        vectors = np.asarray(self._services.embedder().embed(texts), dtype=np.float32)
        places = {candidate.id: place for place, candidate in enumerate(candidates)}
        groups = grouped(candidates, self._settings)
        wanted = numbers({name: len(group) for name, group in groups.items()}, self._settings)
        picks: list[tuple[int, float]] = []
        rest: list[int] = []
        for name, group in groups.items():
            own = [places[candidate.id] for candidate in group]
            picked = facility_location(vectors[own], wanted[name])
            picks += [(own[place], gain) for place, gain in picked]
            chosen = {place for place, _ in picked}
            rest += [own[place] for place in range(len(own)) if place not in chosen]
        picks.sort(key=lambda pick: (-pick[1], candidates[pick[0]].id))
        ranks = {place: rank for rank, (place, _) in enumerate(picks, start=1)}
        ranks |= {place: rank for rank, place in enumerate(rest, start=len(picks) + 1)}
        gains = dict(picks)
        return [
            Selection(
                candidate_id=candidate.id,
                rank=ranks[place],
                kept=place in gains,
                score=gains.get(place),
                why="similarity that it adds to the kept ones, per candidate"
                if place in gains
                else "the kept ones stand for it",
            )
            for place, candidate in enumerate(candidates)
        ]


def facility_location(vectors: Any, number: int) -> list[tuple[int, float]]:
    """``number`` rows of unit ``vectors`` (n, dimension), greedily, with the mean similarity that each
    adds; ties go to the earlier row."""
    import numpy as np

    total = len(vectors)
    nearest = np.zeros(total, dtype=np.float32)
    gains = np.concatenate(
        [
            np.maximum(vectors[start : start + _ROWS] @ vectors.T, 0).sum(axis=1)
            for start in range(0, total, _ROWS)
        ]
    )
    heap = [(-float(gain), place, 0) for place, gain in enumerate(gains)]
    heapq.heapify(heap)
    picked: list[tuple[int, float]] = []
    while heap and len(picked) < number:
        gain, place, asked = heapq.heappop(heap)
        if asked == len(picked):  # up to date, and no other can be better: gains only fall
            picked.append((place, -gain / total))
            nearest = np.maximum(nearest, vectors @ vectors[place])
            continue
        fresh = float(np.maximum(vectors @ vectors[place] - nearest, 0).sum())
        heapq.heappush(heap, (-fresh, place, len(picked)))
    return picked
