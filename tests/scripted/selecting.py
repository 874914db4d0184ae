"""A target, a domain and services for tests of the selectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from errata.domain import Domain
from errata.parts import DevCases, Selector, Services
from errata.records import (
    QA,
    Candidate,
    Generation,
    Lineage,
    LogLikelihood,
    Message,
    Problem,
    TargetPrompt,
    TrainingExample,
    Verdict,
)
from errata.seeds import stream
from errata_selection.plugin import SelectionPlugin

PARTS = {part.name: part for part in SelectionPlugin().errata_parts()}
Chance = Callable[[str, str], float]


class Teachable:
    """Answers ``yes`` where a fixed number for (what is shown or learnt, question) is below a chance.

    ``chance(shown, question)`` is that of a right answer; ``shown`` is the demonstration's question, or
    the first completion that was learnt from.
    """

    name, batch_size = "teachable", 8

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.calls: list[int] = []
        self.scored: list[int] = []
        self.learnt = ""

    def use(self, checkpoint: Path | None) -> None:
        raise NotImplementedError

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        self.calls.append(len(prompts))
        return [self._answer(prompt, "") for prompt in prompts]

    def sample(
        self, prompts: Sequence[TargetPrompt], temperature: float, random: Sequence[Random]
    ) -> list[Generation]:
        self.calls.append(len(prompts))
        return [self._answer(p, str(r.random())) for p, r in zip(prompts, random, strict=True)]

    def influence(
        self,
        train: Sequence[TrainingExample],
        dev: Sequence[TrainingExample],
        *,
        step: float,
        exact: bool,
    ) -> list[list[float]]:
        self.calls.append(len(train))
        return [
            [step * self.chance(t.messages[-1].content, d.messages[-1].content) for d in dev]
            for t in train
        ]

    def score(
        self, prompts: Sequence[TargetPrompt], continuations: Sequence[str]
    ) -> list[LogLikelihood]:
        """A worked reference is what would be written where the answer would be right."""
        self.scored.append(len(prompts))
        right = [self._answer(prompt, "").text == "yes" for prompt in prompts]
        return [LogLikelihood(logprob=-1.0, tokens=1, greedy=each) for each in right]

    @contextmanager
    def taught(
        self, train: Sequence[TrainingExample], *, steps: int, learning_rate: float
    ) -> Iterator[None]:
        self.learnt = train[0].completion
        yield
        self.learnt = ""

    def _answer(self, prompt: TargetPrompt, luck: str) -> Generation:
        *shown, question = [message.content for message in prompt.messages]
        what = self.learnt or " ".join(shown)
        drawn = stream(0, what, question, luck).random()
        text = "yes" if drawn < self.chance(what, question) else "no"
        return Generation(text=text, finish="stop")


class YesDomain:
    """A problem is solved by ``yes``. ``ways`` are the styles in which it can work every problem."""

    def __init__(self, *ways: str) -> None:
        self.ways = ways

    def styles(self, problem: Problem) -> dict[str, str]:
        return {way: f"{way} {problem.question}" for way in self.ways}

    def target_prompt(
        self, problem: Problem, demonstration: Problem | None = None, guidance: str | None = None
    ) -> TargetPrompt:
        shown = [] if demonstration is None else [demonstration]
        return TargetPrompt(
            messages=tuple(Message(role="user", content=p.question) for p in [*shown, problem])
        )

    def check(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        return [
            Verdict(problem_id=p.id, outcome="right" if text == "yes" else "wrong")
            for p, text in zip(problems, responses, strict=True)
        ]


def selector(
    name: str,
    target: object,
    settings: Mapping[str, Any],
    vectors: Mapping[str, Sequence[float]] | None = None,
    domain: YesDomain | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Selector:
    """The selector ``name``; chains find their steps as a run finds them."""
    part = PARTS[name]
    chosen = part.settings.model_validate(settings)

    class Embedder:
        def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
            assert vectors is not None
            return [vectors[text] for text in texts]

    def inside(section: str) -> Selector:
        use = part.inside(chosen)[section.removeprefix("select.")]
        return selector(use.use, target, use.settings, vectors, domain, progress)

    services = Services(
        domain=cast(Domain, domain or YesDomain()),
        random=lambda stream_name: stream(1, stream_name),
        problems=lambda _name: [],
        sets=(),
        target=lambda: target,
        embedder=lambda: Embedder() if vectors else pytest.fail("nothing to embed"),
        cache=Path(),
        progress=progress,
        part=inside,
    )
    return cast(Selector, part.make(chosen, services))


def candidate(name: str, question: str, error_type: str | None = "t", style: str = "") -> Candidate:
    problem = Problem(id="p-" + name, question=question, answer="yes", solution=style or "usual")
    lineage = Lineage(strategy="test", error_type=error_type, style=style)
    return Candidate(id=name, wave=0, body=QA(problem=problem), lineage=lineage)


def dev(bad: int, good: int, error_type: str = "t") -> DevCases:
    made = {
        half: [
            Problem(id=f"{half}-{n:02}", question=f"{half} {n}", answer="yes")
            for n in range(number)
        ]
        for half, number in (("bad", bad), ("good", good))
    }
    return DevCases({error_type: made["bad"]}, made["bad"], made["good"])


def kept(selections: Sequence[Any]) -> set[str]:
    return {s.candidate_id for s in selections if s.kept}
