"""The verifier ``agreement``: independent solutions must come to the candidate's answer.

The instructor solves the question several times, without a look at the candidate's solution (self-
consistency: Wang et al. 2022, arXiv 2203.11171). Solutions agree when the domain holds their answers
equal to the candidate's and to each other's; what it cannot decide does not agree.

Not covered: an instructor that is consistently wrong; whether the candidate's steps are right.
"""

from __future__ import annotations

import asyncio

from pydantic import JsonValue

from errata.calls.typed import Answer
from errata.domain import Domain
from errata.parts import Services, Verifier
from errata.records import Candidate, Objection
from errata_strategies.drafting import objection_to
from errata_strategies.settings import AgreementSettings
from errata_strategies.solving import SOLVE, Solution


class Agreement(Verifier):
    """Asks for all solutions at once."""

    name = "agreement"

    def __init__(self, settings: AgreementSettings, services: Services) -> None:
        self._settings, self._services = settings, services

    async def verify(self, candidate: Candidate) -> Objection | None:
        """``no-agreement`` with the answers as evidence; where only replies that did not come keep
        the solutions from agreeing, the reason of the first of them."""
        settings, problem = self._settings, candidate.body.problem
        replies = await asyncio.gather(
            *(self._solution(candidate, number) for number in range(settings.samples))
        )
        answers = [reply.value.answer.strip() for reply in replies if reply.value is not None]
        failed = [reply for reply in replies if reply.value is None]
        agreeing = agreeing_with(problem.answer, answers, self._services.domain)
        if len(agreeing) >= settings.needed:
            return None
        evidence: dict[str, JsonValue] = {
            "answer": problem.answer,
            "answers": [answer[:200] for answer in answers],
            "agreeing": len(agreeing),
            "asked": settings.samples,
        }
        if len(agreeing) + len(failed) >= settings.needed:
            found = objection_to(failed[0])
            return found.model_copy(update={"by": self.name, "evidence": evidence})
        return Objection(
            reason="no-agreement",
            detail=f"{len(agreeing)} of {settings.samples} solutions come to {problem.answer[:80]},"
            f" {settings.needed} wanted",
            by=self.name,
            evidence=evidence,
        )

    async def _solution(self, candidate: Candidate, number: int) -> Answer[Solution]:
        question = candidate.body.problem.question
        # By the question alone: an equal question is not paid for twice. Far from the small numbers
        # with which others may have asked the same.
        first = self._services.random(f"agreement/{question}").getrandbits(31)
        prompt = self._services.prompts.render(
            SOLVE,
            {"question": question, "example": None},
            about=candidate.id,
            replica=first + number,
            sampling={"temperature": self._settings.temperature},
        )
        return await self._services.ask(prompt)


def agreeing_with(answer: str, answers: list[str], domain: Domain) -> list[str]:
    """Those of ``answers`` that equal ``answer`` and each other; the first come first."""
    found: list[str] = []
    for other in answers:
        if other and all(
            domain.equal("agreement", known, other).outcome == "right" for known in (answer, *found)
        ):
            found.append(other)
    return found
