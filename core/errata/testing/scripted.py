"""A target that follows a script, and the trainer that goes with it.

The target knows the run's problems and their solutions: it stands for a model where a test is about
the engine. What it writes is decided by a ``Student`` from the problem and from how many examples the
checkpoint has seen. A student that is no ``Moody`` answers every sample alike. Not covered: anything a
real tokenizer does.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol, runtime_checkable

from errata.parts import Services
from errata.records import (
    Finish,
    Generation,
    LogLikelihood,
    Problem,
    TargetPrompt,
    TrainingExample,
)

_CHECKPOINT = "scripted.json"
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Answer:
    """What a student writes."""

    text: str
    finish: Finish = "stop"


class Student(Protocol):
    """Answers a problem after having seen ``practice`` training examples."""

    def answer(self, problem: Problem, practice: int) -> Answer:
        """The answer; equal arguments give equal answers."""


@runtime_checkable
class Moody(Protocol):
    """A student whose samples differ."""

    def sample(self, problem: Problem, practice: int, random: Random) -> Answer:
        """One answer, drawn from ``random``."""
        ...


class CarelessStudent:
    """Right with a chance that grows with practice; otherwise off by one, cut short, or silent.

    An answer that is off by one may have an earlier number off by one as well.

    ``skill`` is the chance of a right answer without practice, ``gain`` what each example adds.
    """

    def __init__(self, skill: float = 0.3, gain: float = 0.002) -> None:
        self.skill, self.gain = skill, gain

    def answer(self, problem: Problem, practice: int) -> Answer:
        """See ``Student``."""
        solution = problem.solution or problem.answer
        if unit(problem.id, "skill") < self.skill + self.gain * practice:
            return Answer(solution)
        slip = unit(problem.id, "slip")
        if slip < 0.1:
            return Answer(solution[: len(solution) // 2], "length")
        if slip < 0.2:
            return Answer("I do not know.")
        return Answer(_off_by_one(solution, earlier=int(unit(problem.id, "place") * 3)))

    def sample(self, problem: Problem, practice: int, random: Random) -> Answer:
        """See ``Moody``: some problems are nearly always solved at another try, some never."""
        if random.random() < unit(problem.id, "luck"):
            return Answer(problem.solution or problem.answer)
        return self.answer(problem, practice)


def _off_by_one(text: str, earlier: int) -> str:
    numbers = list(_NUMBER.finditer(text))
    for number in sorted({*numbers[-1:], *numbers[-1 - earlier :][:1]}, key=_backwards):
        text = f"{text[: number.start()]}{int(number.group()) + 1}{text[number.end() :]}"
    return text


def _backwards(number: re.Match[str]) -> int:
    return -number.start()


class ScriptedTarget:
    """A target (capabilities ``generate``, ``sample`` and ``score``) that answers as ``student`` does.

    ``latency`` is in seconds per batch. Scores are arbitrary but fixed.
    """

    name = "scripted"

    def __init__(
        self, student: Student, services: Services, batch_size: int = 8, latency: float = 0.0
    ) -> None:
        self.student, self.batch_size, self.latency = student, batch_size, latency
        self._services, self._practice = services, 0
        self._problems: dict[str, Problem] = {}

    def use(self, checkpoint: Path | None) -> None:
        """Read how many examples the checkpoint has seen."""
        self._practice = (
            0 if checkpoint is None else json.loads((checkpoint / _CHECKPOINT).read_text())["seen"]
        )

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        """The student's answers; raises LookupError for a prompt that is no problem of the run."""
        time.sleep(self.latency)
        return [
            _written(prompt, self.student.answer(self._problem(prompt), self._practice))
            for prompt in prompts
        ]

    def sample(
        self,
        prompts: Sequence[TargetPrompt],
        temperature: float,  # noqa: ARG002 the student's own temper decides
        random: Sequence[Random],
    ) -> list[Generation]:
        """The student's samples, whatever the temperature."""
        time.sleep(self.latency)
        if not isinstance(self.student, Moody):
            return self.generate(prompts)
        return [
            _written(prompt, self.student.sample(self._problem(prompt), self._practice, stream))
            for prompt, stream in zip(prompts, random, strict=True)
        ]

    def _problem(self, prompt: TargetPrompt) -> Problem:
        if not self._problems:
            for set_name in self._services.sets:
                for problem in self._services.problems(set_name):
                    asked = self._services.domain.target_prompt(problem)
                    self._problems[asked.messages[-1].content] = problem
        content = prompt.messages[-1].content
        while content not in self._problems:
            _, _, content = content.partition("\n\n")  # guidance stands before a question
            if not content:
                raise LookupError(
                    "the scripted target was asked something that is no problem of this run"
                )
        return self._problems[content]

    def score(
        self, prompts: Sequence[TargetPrompt], continuations: Sequence[str]
    ) -> list[LogLikelihood]:
        """A fixed log-likelihood between -3 and 0 for each word."""
        found = []
        for prompt, continuation in zip(prompts, continuations, strict=True):
            words = max(1, len(continuation.split()))
            shown = "\n".join(message.content for message in prompt.messages)
            logprob = -3 * words * unit(shown, continuation)
            found.append(LogLikelihood(logprob=logprob, tokens=words))
        return found


def _written(prompt: TargetPrompt, answer: Answer) -> Generation:
    return Generation(
        text=answer.text,
        finish=answer.finish,
        prompt_tokens=sum(len(m.content.split()) for m in prompt.messages),
        tokens=len(answer.text.split()),
    )


class ScriptedTrainer:
    """Adds the number of examples to what the checkpoint has seen."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def train(
        self, examples: Sequence[TrainingExample], start: Path | None, into: Path
    ) -> Mapping[str, float]:
        """Write the new count into ``into``."""
        before = 0 if start is None else json.loads((start / _CHECKPOINT).read_text())["seen"]
        (into / _CHECKPOINT).write_text(json.dumps({"seen": before + len(examples)}))
        self._services.progress(len(examples), len(examples))
        return {"seen": float(before + len(examples))}


def unit(*parts: str) -> float:
    """A fixed number in [0, 1) for ``parts``."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56
