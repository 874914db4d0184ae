"""The verifier ``novelty``: no candidate twice, and none that a training problem already is.

Questions are compared by the domain's fingerprints: equal ``exact`` keys, or ROUGE-L F1 of the
words. Number redraws of one problem are near each other by design (median ROUGE-L 0.92), so between
a candidate and its only parent, and between candidates of one only parent, only exact equality
counts. A candidate with several parents, or written by a model, is compared with all of them.

Bodies other than question-and-answer teach something new about a problem that is already there: of
them only an equal body is a duplicate.

Not covered: paraphrases without common words.
"""

from __future__ import annotations

from errata.fingerprints import Fingerprints
from errata.parts import Services, Verifier
from errata.records import QA, Candidate, Objection
from errata_strategies.overlap import OverlapIndex
from errata_strategies.settings import NoveltySettings

TRAIN = "train"


class Novelty(Verifier):
    """Compares with the train set (``verify``) and with the accepted candidates (``admit``)."""

    name = "novelty"

    def __init__(self, settings: NoveltySettings, services: Services) -> None:
        self._services = services
        self._threshold = settings.rouge_l
        self._train: _Pool | None = None
        self._accepted = _Pool(settings.rouge_l)
        self._bodies: dict[str, str] = {}
        self._origins: dict[str, str] = {}

    async def verify(self, candidate: Candidate) -> Objection | None:
        """A ``duplicate`` objection when the question is in the train set."""
        if not isinstance(candidate.body, QA):
            return None
        near = self._train_pool().find(self._fingerprints(candidate), self._origin(candidate))
        return self._objection(near, TRAIN)

    def admit(self, candidate: Candidate) -> Objection | None:
        """A ``duplicate`` objection when an accepted candidate is the same."""
        if not isinstance(candidate.body, QA):
            twin = self._bodies.get(candidate.body.model_dump_json())
            return self._objection(None if twin is None else (twin, "exact", 1.0), "accepted")
        near = self._accepted.find(self._fingerprints(candidate), self._origin(candidate))
        return self._objection(near, "accepted")

    def accepted(self, candidate: Candidate) -> None:
        """Remember the candidate; one announced before is ignored."""
        if not isinstance(candidate.body, QA):
            self._bodies.setdefault(candidate.body.model_dump_json(), candidate.id)
            return
        fingerprints = self._fingerprints(candidate)
        if fingerprints.exact in self._accepted.exact:
            return
        origin = self._origin(candidate)
        if origin is not None:
            self._origins[candidate.body.problem.id] = origin
        self._accepted.add(candidate.id, fingerprints, origin)

    def _train_pool(self) -> _Pool:
        if self._train is None:
            self._train = _Pool(self._threshold)
            for problem in self._services.problems(TRAIN):
                self._train.add(problem.id, self._services.domain.fingerprints(problem), problem.id)
        return self._train

    def _fingerprints(self, candidate: Candidate) -> Fingerprints:
        return self._services.domain.fingerprints(candidate.body.problem)

    def _origin(self, candidate: Candidate) -> str | None:
        """The problem that a redraw starts from; None when the lineage has none or several, or a model
        wrote the candidate."""
        parents = candidate.lineage.parents
        if candidate.lineage.model is not None:
            return None
        return self._origins.get(parents[0], parents[0]) if len(parents) == 1 else None

    def _objection(self, near: tuple[str, str, float] | None, where: str) -> Objection | None:
        if near is None:
            return None
        twin, rule, score = near
        return Objection(
            reason="duplicate",
            detail=f"like {twin} ({where}) by {rule}, {score:.2f}",
            by=self.name,
            evidence={"near": twin, "set": where, "rule": rule, "score": round(score, 4)},
        )


class _Pool:
    """Questions with their ids and origins."""

    def __init__(self, threshold: float) -> None:
        self.exact: dict[str, str] = {}
        self._index = OverlapIndex(threshold)
        self._known: list[tuple[str, str | None]] = []

    def add(self, identity: str, fingerprints: Fingerprints, origin: str | None) -> None:
        self.exact.setdefault(fingerprints.exact, identity)
        if fingerprints.words:
            self._index.add(fingerprints.words)
            self._known.append((identity, origin))

    def find(self, fingerprints: Fingerprints, origin: str | None) -> tuple[str, str, float] | None:
        """Id, rule and score of what is the same; ROUGE-L leaves out what shares ``origin``."""
        if fingerprints.exact in self.exact:
            return self.exact[fingerprints.exact], "exact", 1.0
        near = self._index.nearest(
            fingerprints.words,
            skip=lambda index: origin is not None and self._known[index][1] == origin,
        )
        return None if near is None else (self._known[near.index][0], "rouge-l", near.score)
