"""The verifier ``leak``: no candidate comes near a problem that the target is measured on.

Every candidate is compared with every problem of every set but train (dev, gate, test/*, ood/*) by
the domain's fingerprints, and the first rule that holds is reported, with its evidence:

``exact``     the same problem;
``template``  the same story with other numbers;
``run``       a shared run of 13 words;
``rouge-l``   ROUGE-L F1 of at least 0.7.

A problem without words (a generated drill, whose parameters say it all) leaks only when it is the
same.

Not covered: similarity of meaning (embeddings); solutions (problems are compared by question).
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from errata.parts import Services, Verifier
from errata.records import Candidate, Objection
from errata_strategies.overlap import OverlapIndex
from errata_strategies.settings import LeakSettings

TRAIN = "train"


class Leak(Verifier):
    """Reads the evaluation sets once, on first use."""

    name = "leak"

    def __init__(self, settings: LeakSettings, services: Services) -> None:
        self._settings = settings
        self._services = services
        self._guard: _Guard | None = None

    async def verify(self, candidate: Candidate) -> Objection | None:
        """A ``leak`` objection, with the problem it leaks and the rule that says so."""
        guard = self._guard
        if guard is None:
            guard = self._guard = self._read()
        fingerprints = self._services.domain.fingerprints(candidate.body.problem)
        if fingerprints.exact in guard.exact:
            return self._objection(guard.exact[fingerprints.exact], "exact", 1.0)
        if self._settings.template and fingerprints.template in guard.template:
            return self._objection(guard.template[fingerprints.template], "template", 1.0)
        run = guard.index.shared_run(fingerprints.words)
        if run is not None:
            found, words = run
            evidence: dict[str, JsonValue] = {"words": " ".join(words)}
            return self._objection(guard.known[found], "run", float(len(words)), evidence)
        near = guard.index.nearest(fingerprints.words)
        if near is not None:
            return self._objection(guard.known[near.index], "rouge-l", near.score)
        return None

    def _read(self) -> _Guard:
        guard = _Guard({}, {}, OverlapIndex(self._settings.rouge_l, self._settings.run), [])
        for name in sorted(self._services.sets):
            if name == TRAIN:
                continue
            for problem in self._services.problems(name):
                fingerprints = self._services.domain.fingerprints(problem)
                place = (problem.id, name)
                guard.exact.setdefault(fingerprints.exact, place)
                if fingerprints.template is not None:
                    guard.template.setdefault(fingerprints.template, place)
                if fingerprints.words:
                    guard.index.add(fingerprints.words)
                    guard.known.append(place)
        return guard

    def _objection(
        self,
        place: tuple[str, str],
        rule: str,
        score: float,
        evidence: dict[str, JsonValue] | None = None,
    ) -> Objection:
        near, where = place
        return Objection(
            reason="leak",
            detail=f"near {near} ({where}) by {rule}, {score:.4g}",
            by=self.name,
            evidence={
                "near": near,
                "set": where,
                "rule": rule,
                "score": round(score, 4),
                **(evidence or {}),
            },
        )


@dataclass
class _Guard:
    """What must not leak. Values are (problem id, set); ``known`` names the texts of ``index``."""

    exact: dict[str, tuple[str, str]]
    template: dict[str | None, tuple[str, str]]
    index: OverlapIndex
    known: list[tuple[str, str]]
