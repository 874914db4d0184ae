"""The verifier ``judge``: the instructor reads a candidate and says what is wrong with it.

It is shown the question, the solution and the answer, and says whether the question makes sense, has
exactly one answer, and is solved without a mistake. Bodies other than question and answer are judged by
what the target is to write at the end: the corrected solution, the better of a pair.

Not covered: an instructor that overlooks its own mistakes; ``agreement`` and ``executable`` do not show
it the solution.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from errata.parts import Services, Verifier
from errata.prompting import Purpose
from errata.records import Candidate, Correction, Objection, Pair, Reason, Trajectory
from errata_strategies.drafting import objection_to
from errata_strategies.settings import JudgeSettings


class Judgement(BaseModel):
    """What a judge says of a problem and its solution."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    explanation: str = Field(
        description="what was checked, step by step, and what is wrong if anything"
    )
    well_posed: bool = Field(
        description="the question is complete, can be understood and does not contradict itself"
    )
    one_answer: bool = Field(description="exactly one answer is right")
    right: bool = Field(
        description="every step of the solution is right, and so is the final answer"
    )


JUDGE = Purpose(
    name="judge",
    template=Path(__file__).parent / "prompts" / "judge.md",
    variables={
        "question": "the question",
        "solution": "its solution; may be empty",
        "answer": "the final answer",
        "recovers": "whether the solution is meant to make a mistake, notice it and recover",
    },
    reply=Judgement,
)


class Judge(Verifier):
    """Asks once for each candidate."""

    name = "judge"

    def __init__(self, settings: JudgeSettings, services: Services) -> None:
        self._services = services
        given = settings.temperature
        self._sampling = {} if given is None else {"temperature": given}

    async def verify(self, candidate: Candidate) -> Objection | None:
        """``ill-posed`` for a question without one clear answer, ``wrong-answer`` for a solution that
        is not right, or the reason why there is no judgement."""
        problem = candidate.body.problem
        values = {
            "question": problem.question,
            "solution": right_solution(candidate),
            "answer": problem.answer,
            "recovers": isinstance(candidate.body, Trajectory),
        }
        prompt = self._services.prompts.render(
            JUDGE, values, about=candidate.id, sampling=self._sampling
        )
        answer = await self._services.ask(prompt)
        if answer.value is None:
            return objection_to(answer).model_copy(update={"by": self.name})
        return self._objection(answer.value)

    def _objection(self, found: Judgement) -> Objection | None:
        faults: list[tuple[Reason, str]] = []
        if not found.well_posed:
            faults.append(("ill-posed", "the question is not well posed"))
        if not found.one_answer:
            faults.append(("ill-posed", "the question has not exactly one answer"))
        if not found.right:
            faults.append(("wrong-answer", "the solution is not right"))
        if not faults:
            return None
        said = "; ".join(detail for _, detail in faults)
        return Objection(
            reason=faults[0][0],
            detail=f"{said}: {found.explanation.strip()[:300]}",
            by=self.name,
            evidence=found.model_dump(),
        )


def right_solution(candidate: Candidate) -> str:
    """The solution that a candidate teaches, whole."""
    body = candidate.body
    if isinstance(body, Correction):
        return "\n".join([*body.wrong_steps[: body.wrong_step - 1], body.corrected])
    if isinstance(body, Trajectory):
        return body.text
    if isinstance(body, Pair):
        return body.prefix + body.chosen
    return body.problem.solution
