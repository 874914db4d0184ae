"""The diagnoser ``instructor``: one question per bad case, one typed answer.

The prompt shows question, reference solution and the attempt as numbered steps, and asks for the first
wrong step, why, and one short keyphrase (SEI, arXiv 2505.22591, section 3.1; the step as in LeMa,
arXiv 2310.20689, section 3.1). "No error" returns the case to the good set: instructors say so of
answers that a checker got wrong, and the phrase must not become an error type.

Not covered: how the instructor is asked (``errata.calls``).
"""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from errata.calls.typed import Answer
from errata.parts import Services, Settings
from errata.prompting import Purpose
from errata.records import BadCase, Diagnosis

BY = "instructor"
_NONE = re.compile(
    r"^(?:there (?:is|are|was|were) )?no (?:\w+ )?(?:error|mistake)s?\b", re.IGNORECASE
)


class Analysis(BaseModel):
    """What an instructor says of a wrong attempt."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    explanation: str = Field(description="what goes wrong there, and why, in one or two sentences")
    no_error: bool = Field(description="true if the attempt makes no error after all")
    first_wrong_step: int | None = Field(
        description="number of the first wrong step; null if no step is wrong"
    )
    keyphrase: str = Field(
        description="the kind of error in three to eight words, no names or numbers"
    )


ANALYSIS = Purpose(
    name="analysis",
    template=Path(__file__).parent / "prompts" / "analysis.md",
    variables={
        "question": "the problem",
        "solution": "its reference solution; empty if there is none",
        "answer": "its reference answer",
        "steps": "the attempt as a list of steps",
        "final": "the answer that was found in the attempt; empty if none was",
        "contrast": "a right attempt at the same problem; empty if there is none",
    },
    reply=Analysis,
)


class InstructorSettings(Settings):
    """The diagnoser ``instructor`` has no settings."""


class InstructorDiagnoser:
    """An ``errata.parts.Diagnoser``."""

    def __init__(self, _settings: InstructorSettings, services: Services) -> None:
        self._services = services

    async def diagnose(self, case: BadCase) -> Diagnosis:
        """Ask about one bad case; an answer that does not come is a diagnosis with a ``failure``."""
        problem = case.problem
        steps = self._services.domain.steps(problem, case.attempt.text)
        values = {
            "question": problem.question,
            "solution": problem.solution,
            "answer": problem.answer,
            "steps": steps,
            "final": case.verdict.extracted or "",
            "contrast": case.contrast.text if case.contrast else "",
        }
        prompt = self._services.prompts.render(ANALYSIS, values, about=case.attempt.id)
        return _diagnosis(problem.id, await self._services.ask(prompt), len(steps))


def _diagnosis(problem_id: str, answer: Answer[Analysis], steps: int) -> Diagnosis:
    found = answer.value
    if found is None:
        return Diagnosis(
            problem_id=problem_id,
            keyphrase="",
            failure=answer.failure,
            details={"lack": answer.lack},
        )
    keyphrase = " ".join(found.keyphrase.split())
    if found.no_error or _NONE.match(keyphrase):
        return Diagnosis(
            problem_id=problem_id,
            keyphrase="no error",
            explanation=found.explanation,
            no_error=True,
        )
    if not keyphrase:
        return Diagnosis(
            problem_id=problem_id,
            keyphrase="",
            failure="the reply names no keyphrase",
            details={"lack": "unreadable"},
        )
    step = found.first_wrong_step
    return Diagnosis(
        problem_id=problem_id,
        keyphrase=keyphrase,
        step=step if step is not None and 1 <= step <= steps else None,
        explanation=found.explanation,
    )
