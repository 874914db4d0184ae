"""The strategy ``rephrase``: rephrased and backward questions (MetaMath, arXiv 2309.12284, §3), blind
to errors.

Seeds are train problems at random, whatever the target makes of them. A *rephrased* question has the
seed's answer. A *backward* question hides a number of the seed's question and gives its answer instead:
as one sentence after the question (FOBAR), or told anew (self-verification). Each is then solved
without a look at the reference, and only a solution that comes to the known answer passes.

Not covered: answer augmentation (more solutions of the seed itself); numbers in words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from errata.parts import Services, Settings, Wave
from errata.prompting import Purpose
from errata.records import QA, Objection, Problem, Proposal
from errata_strategies.asking import Asker, Found, Trail, new_replica, together
from errata_strategies.checking import reaching
from errata_strategies.solving import SOLVE, Solution, problem_of, solved

NAME = "rephrase"
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\w.,]*\d)(?!\w)")
_UNKNOWN = "X"

Way = Literal["rephrased", "fobar", "self-verification"]


class Question(BaseModel):
    """A question as an instructor wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question: str = Field(description="the whole new question, complete in itself")


REPHRASE = Purpose(
    name="rephrase",
    template=Path(__file__).parent / "prompts" / "rephrase.md",
    variables={"question": "the question to be told in other words", "answer": "its answer"},
    reply=Question,
)
BACKWARD = Purpose(
    name="backward",
    template=Path(__file__).parent / "prompts" / "backward.md",
    variables={
        "question": "the question with one number replaced by the unknown",
        "answer": "the answer to the question as it was",
        "unknown": "the name of the unknown",
    },
    reply=Question,
)
PURPOSES = (REPHRASE, BACKWARD, SOLVE)


class RephraseSettings(Settings):
    """Settings of the strategy ``rephrase``."""

    ways: tuple[Way, ...] = Field(
        ("rephrased", "fobar", "self-verification"),
        min_length=1,
        description="kinds of questions, in turn: rephrased, or backward in one of two forms",
    )
    solve: bool = Field(
        True,
        description="whether a rephrased question is solved anew and has to reach the seed's answer;"
        " otherwise it takes the seed's solution unseen",
    )
    temperature: float | None = Field(
        0.7, ge=0, description="for these calls; null: the instructor's own"
    )


class _Task(NamedTuple):
    seed: Problem
    way: Way
    trail: Trail
    hidden: re.Match[str] | None


class Rephrase:
    """An ``errata.parts.Strategy``. A wave's prompts depend on the wave alone."""

    def __init__(self, settings: RephraseSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._asker = Asker(services, settings.temperature)
        self._train: list[Problem] | None = None

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """One new question for each of ``wave.count`` random seeds."""
        if self._train is None:
            self._train = list(self._services.problems("train"))
        ways = self._settings.ways
        return await together(
            self._one(self._task(ways[place % len(ways)], wave.random))
            for place in range(wave.count if self._train else 0)
        )

    def _task(self, way: Way, random: Random) -> _Task:
        assert self._train
        seed = random.choice(self._train)
        numbers = [] if way == "rephrased" else list(_NUMBER.finditer(seed.question))
        trail = Trail(NAME, (seed.id,), None, new_replica(random))
        return _Task(seed, way, trail, random.choice(numbers) if numbers else None)

    async def _one(self, task: _Task) -> Found:
        seed, trail = task.seed, task.trail
        if task.way == "rephrased":
            question = await self._told(
                REPHRASE, {"question": seed.question, "answer": seed.answer}, trail
            )
            return [await self._solved(question, seed.answer, task)]
        if task.hidden is None:
            lacking = Objection(reason="no-variant", detail="no number in the question to ask for")
            return [trail.objection(lacking)]
        masked = _masked(seed.question, task.hidden)
        if task.way == "fobar":
            told: str | Objection = (
                f"{masked}\nThe answer to this question is {seed.answer}."
                f" What is the value of the unknown {_UNKNOWN}?"
            )
        else:
            values = {"question": masked, "answer": seed.answer, "unknown": _UNKNOWN}
            told = await self._told(BACKWARD, values, trail)
        return [await self._solved(told, task.hidden[0].replace(",", ""), task)]

    async def _told(
        self, purpose: Purpose[Question], values: dict[str, str], trail: Trail
    ) -> str | Objection:
        found = await self._asker.ask(purpose, values, trail)
        if isinstance(found, Objection):
            return found
        question = found.question.strip()
        if question.casefold() in ("", values["question"].strip().casefold()):
            same = Objection(reason="duplicate", detail="the new question says nothing new")
            return trail.objection(same)
        return question

    async def _solved(
        self, question: str | Objection, answer: str, task: _Task
    ) -> Proposal | Objection:
        if isinstance(question, Objection):
            return question
        seed, trail = task.seed, task.trail
        if task.way == "rephrased" and not self._settings.solve and seed.solution:
            found: Solution | Objection = Solution(solution=seed.solution, answer=seed.answer)
        else:
            found = await solved(question, seed, self._asker, trail)
        if isinstance(found, Objection):
            return found
        made = problem_of(question, found, answer, self._services, trail, seed)
        if isinstance(made, Objection):
            return made
        text = reaching(self._services.domain, made, made.solution, "the solution")
        if isinstance(text, Objection):
            return trail.objection(text)
        return trail.proposal(QA(problem=made.model_copy(update={"solution": text})))


def _masked(question: str, number: re.Match[str]) -> str:
    return question[: number.start()] + _UNKNOWN + question[number.end() :]
