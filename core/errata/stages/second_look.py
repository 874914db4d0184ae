"""A second look at wrong answers: bad luck, and references that may be wrong.

What the target gets right in most of several samples it can do: its wrong answer was bad luck. Where
the samples agree with each other on an answer against the reference, the instructor is asked to solve
the problem too, without being shown either; if it comes to the same answer, the reference is suspected.
The samples alone never suffice: a model that is consistently wrong agrees with itself.

Not covered: drawing the samples (``sampling.py``), and settling who is right.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from errata.domain import Domain
from errata.parts import Services
from errata.prompting import Purpose
from errata.records import Problem, Triage, Verdict
from errata.sections import Triage as Settings

Solve = Callable[[Problem], Awaitable["Solution | str"]]


class Solution(BaseModel):
    """An instructor's own solution of a problem."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    solution: str = Field(description="the solution, step by step")
    answer: str = Field(description="the final answer alone")


OWN_SOLUTION = Purpose(
    name="own-solution",
    template=Path(__file__).parent / "prompts" / "own-solution.md",
    variables={"question": "the problem"},
    reply=Solution,
)


@dataclass(frozen=True)
class SecondLook:
    """Looks at wrong answers again.

    ``sampled`` are the verdicts on the samples of each problem, by problem id. ``solve`` asks the
    instructor and returns its solution, or why there is none; None where nobody can be asked.
    """

    settings: Settings
    domain: Domain
    problems: Callable[[str], Problem]
    sampled: Mapping[str, Sequence[Verdict]]
    solve: Solve | None

    async def __call__(self, row: Triage) -> Triage:
        """``row`` again; of a model error perhaps as another category."""
        verdicts = self.sampled.get(row.problem_id, ())
        if row.category != "model-error" or not verdicts:
            return row
        solved = sum(verdict.outcome == "right" for verdict in verdicts)
        answer, agreeing = self._commonest(row.problem_id, verdicts)
        update: dict[str, object] = {
            "samples": len(verdicts),
            "solved": solved,
            "agreeing": agreeing,
            "answer": answer,
        }
        if solved >= self.settings.bad_luck * len(verdicts):
            update["category"] = "bad-luck"
            update["reason"] = f"right in {solved} of {len(verdicts)} samples"
        elif (
            self.settings.suspect_gold is not None
            and self.solve is not None
            and agreeing >= self.settings.suspect_gold.agree * len(verdicts)
        ):
            update |= await self._suspicion(self.problems(row.problem_id), answer, agreeing)
        return row.model_copy(update=update)

    async def _suspicion(self, problem: Problem, answer: str, agreeing: int) -> dict[str, object]:
        assert self.solve is not None
        found = await self.solve(problem)
        if isinstance(found, str):
            return {"reason": f"{agreeing} samples answer {answer}; the instructor: {found}"}
        own = found.answer.strip()
        backs_reference = same(self.domain, problem.id, problem.answer, own)
        if not own or backs_reference or not same(self.domain, problem.id, answer, own):
            return {"instructor": own}
        return {
            "category": "suspected-wrong-gold",
            "instructor": own,
            "reason": f"{agreeing} samples and the instructor answer {answer}, the reference says"
            f" {problem.answer}",
        }

    def _commonest(self, name: str, verdicts: Sequence[Verdict]) -> tuple[str, int]:
        """The answer against the reference that most samples give, and how many do; the first of
        several."""
        groups: list[tuple[str, int]] = []
        for verdict in verdicts:
            found = verdict.extracted
            if verdict.outcome != "wrong" or not verdict.explicit or found is None:
                continue
            for place, (answer, count) in enumerate(groups):
                if same(self.domain, name, answer, found):
                    groups[place] = (answer, count + 1)
                    break
            else:
                groups.append((found, 1))
        return max(groups, key=lambda group: group[1], default=("", 0))


def same(domain: Domain, name: str, one: str, other: str) -> bool:
    """Whether two answers are equal: letter by letter, or as the domain compares them."""
    if one.strip() == other.strip():
        return True
    return bool(one.strip()) and domain.equal(name, one, other).outcome == "right"


def asking(services: Services) -> Solve:
    """Asks the instructor of a run to solve a problem: once, whatever it answers."""

    async def solve(problem: Problem) -> Solution | str:
        prompt = services.prompts.render(
            OWN_SOLUTION, {"question": problem.question}, about=problem.id
        )
        answer = await services.ask(prompt)
        return answer.failure if answer.value is None else answer.value

    return solve
