"""The verifiers ``recompute`` and ``length``, which look at one candidate alone.

Not covered: whether a problem is worth training on.
"""

from __future__ import annotations

from errata.parts import Services, Verifier
from errata.records import (
    Candidate,
    Correction,
    Critique,
    Objection,
    Pair,
    Trajectory,
)
from errata_strategies.settings import LengthSettings, RecomputeSettings


class Recompute(Verifier):
    """The domain computes the candidate again (``errata_verify``)."""

    name = "recompute"

    def __init__(self, settings: RecomputeSettings, services: Services) -> None:  # noqa: ARG002 the factory signature
        self._domain = services.domain

    async def verify(self, candidate: Candidate) -> Objection | None:
        """What the domain objects, if anything."""
        objection = self._domain.verify(candidate)
        if objection is None or objection.by:
            return objection
        return objection.model_copy(update={"by": self.name})


class Length(Verifier):
    """Objects to questions and solutions that are too long, or blank."""

    name = "length"

    def __init__(self, settings: LengthSettings, services: Services) -> None:  # noqa: ARG002 the factory signature
        self._settings = settings

    async def verify(self, candidate: Candidate) -> Objection | None:
        """An ``over-length`` objection for the first limit that is passed."""
        question, solution = candidate.body.problem.question, trained_text(candidate)
        limits = self._settings
        for what, length, limit in (
            ("words in the question", len(question.split()), limits.question_words),
            ("characters in the question", len(question), limits.question_characters),
            ("words in the solution", len(solution.split()), limits.solution_words),
            ("characters in the solution", len(solution), limits.solution_characters),
        ):
            if length > limit:
                return Objection(
                    reason="over-length",
                    detail=f"{length} {what}, at most {limit} wanted",
                    by=self.name,
                    evidence={"what": what, "length": length, "limit": limit},
                )
        return None


def trained_text(candidate: Candidate) -> str:
    """What the target would be trained to write."""
    body = candidate.body
    if isinstance(body, Correction):
        return f"{body.explanation}\n{body.corrected}"
    if isinstance(body, Trajectory):
        return body.text
    if isinstance(body, Pair):
        return body.prefix + max(body.chosen, body.rejected, key=len)
    if isinstance(body, Critique):
        return body.critique
    return body.problem.solution
