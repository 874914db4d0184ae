"""The verifier ``difficulty``: how often the target itself solves the candidate.

A problem that the target nearly always solves teaches it nothing, and one that it never solves
teaches it little; what is kept lies in a band of pass rates (SwS, arXiv 2506.08989). With one sample
the answer is greedy. The checkpoint is the one that the target is switched to.

Every sample has a stream of its own, named after the candidate. Batches hold the samples of one
candidate, or, after ``look_ahead``, of a whole wave: both are the same in a repeated run.

Not covered: whether the solution is right; what an interrupted stage had drawn is drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from errata.parts import Services, Verifier
from errata.records import Candidate, Generation, Objection, Reason, TargetPrompt
from errata_strategies.settings import DifficultySettings


@dataclass(frozen=True)
class Rate:
    """Of ``answered`` samples ``right`` are right; ``answers`` are what was read in them."""

    right: int
    answered: int
    answers: tuple[str | None, ...]


class Difficulty(Verifier):
    """Asks the target ``samples`` times for each candidate."""

    name = "difficulty"

    def __init__(self, settings: DifficultySettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._drawn: dict[str, Rate] = {}

    async def verify(self, candidate: Candidate) -> Objection | None:
        """``too-easy`` or ``too-hard`` with the pass rate, ``unanswered`` when the target says
        nothing at all."""
        if candidate.id not in self._drawn:
            self.look_ahead([candidate])
        found, settings = self._drawn.pop(candidate.id), self._settings
        evidence: dict[str, JsonValue] = {
            "right": found.right,
            "samples": found.answered,
            "answers": list(found.answers),
        }
        if not found.answered:
            detail = "the target answered none of the samples"
            return Objection(reason="unanswered", detail=detail, by=self.name, evidence=evidence)
        if settings.fits(found.right, found.answered):
            return None
        easy = found.right > settings.most * found.answered
        reason: Reason = "too-easy" if easy else "too-hard"
        return Objection(
            reason=reason,
            detail=f"the target solves it in {found.right} of {found.answered} samples; wanted:"
            f" {settings.least:g} to {settings.most:g} of them",
            by=self.name,
            evidence=evidence,
        )

    def look_ahead(self, candidates: Sequence[Candidate]) -> None:
        """Draw the samples of several candidates together, in batches of the target's size."""
        asked = [
            (candidate, number, self._services.domain.target_prompt(candidate.body.problem))
            for candidate in candidates
            for number in range(self._settings.samples)
        ]
        asked.sort(key=lambda one: (_length(one[2]), one[0].id, one[1]))
        size = self._services.target().batch_size
        written: dict[str, list[tuple[int, Generation]]] = {c.id: [] for c in candidates}
        for start in range(0, len(asked), size):
            batch = asked[start : start + size]
            names = [f"difficulty/{candidate.id}/{number}" for candidate, number, _ in batch]
            found = self._generations([prompt for _, _, prompt in batch], names)
            for (candidate, number, _), generation in zip(batch, found, strict=True):
                written[candidate.id].append((number, generation))
        for candidate in candidates:
            generations = [
                generation for _, generation in sorted(written[candidate.id], key=_first)
            ]
            self._drawn[candidate.id] = self._rate(candidate, generations)

    def _generations(
        self, prompts: Sequence[TargetPrompt], names: Sequence[str]
    ) -> Sequence[Generation]:
        target, settings = self._services.target(), self._settings
        found: Sequence[Generation]
        if settings.samples == 1:
            found = target.generate(prompts)
        else:
            streams = [self._services.random(name) for name in names]
            found = target.sample(prompts, settings.temperature, streams)
        return found

    def _rate(self, candidate: Candidate, generations: Sequence[Generation]) -> Rate:
        texts = [one.text for one in generations if one.finish != "unanswered"]
        problems = [candidate.body.problem] * len(texts)
        verdicts = self._services.domain.check(problems, texts) if texts else []
        return Rate(
            right=sum(verdict.outcome == "right" for verdict in verdicts),
            answered=len(texts),
            answers=tuple(verdict.extracted for verdict in verdicts),
        )


def _first(pair: tuple[int, Generation]) -> int:
    return pair[0]


def _length(prompt: TargetPrompt) -> int:
    """Characters, which stand for tokens where prompts are sorted."""
    return sum(len(message.content) for message in prompt.messages)
