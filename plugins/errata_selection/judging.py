"""What a style is worth to the target on an error type's dev cases, judged by the final answer.

``probe`` is nearest to what training will do: the target takes a few small steps on the style's
candidates and answers the cases. ``accuracy`` and ``answer`` only show the candidates, one at a time,
each case with one of them in turn.

Not covered: how much training it would take to tell styles apart that differ little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from errata.parts import Memo, Probes, Scores, Services
from errata.records import Candidate, Problem, TargetPrompt
from errata.stages.train import example
from errata_selection.measuring import demonstration
from errata_selection.settings import StyleSettings


def judge(
    settings: StyleSettings,
    services: Services,
    tried: Sequence[Candidate],
    cases: Sequence[Problem],
    memo: Memo,
    key: str,
) -> dict[str, float]:
    """A value by case: 1 for a right answer, 0 for any other; for ``answer`` the log-probability of
    the bare answer, per token. Kept in ``memo`` under ``key``.

    Raises ValueError when the target cannot do what the judge needs.
    """
    stored = memo.get(key)
    if isinstance(stored, Mapping) and set(stored) == {problem.id for problem in cases}:
        return {name: float(cast(float, value)) for name, value in stored.items()}
    if settings.judge == "probe":
        texts = _after_training(settings, services, tried, cases)
        values = _right(services, cases, texts)
    elif settings.judge == "accuracy":
        values = _right(services, cases, _shown(services, tried, cases))
    else:
        values = _likelihoods(services, tried, cases)
    found = {problem.id: value for problem, value in zip(cases, values, strict=True)}
    memo.put(key, cast(JsonValue, found))
    return found


def _after_training(
    settings: StyleSettings,
    services: Services,
    tried: Sequence[Candidate],
    cases: Sequence[Problem],
) -> list[str]:
    target = services.target()
    if not isinstance(target, Probes):
        raise ValueError(
            f"the judge `probe` needs a target that can probe; {type(target).__name__} cannot: use"
            " style.judge accuracy or answer"
        )
    found = target.probe(
        [example(candidate, services.domain) for candidate in tried],
        [services.domain.target_prompt(problem) for problem in cases],
        steps=settings.steps,
        learning_rate=settings.learning_rate,
    )
    return [generation.text for generation in found]


def _prompts(
    services: Services, tried: Sequence[Candidate], cases: Sequence[Problem]
) -> list[TargetPrompt]:
    """Each case with a candidate in turn, as its worked example."""
    return [
        services.domain.target_prompt(problem, demonstration(tried[place % len(tried)]))
        for place, problem in enumerate(cases)
    ]


def _shown(services: Services, tried: Sequence[Candidate], cases: Sequence[Problem]) -> list[str]:
    target, prompts = services.target(), _prompts(services, tried, cases)
    found: list[str] = []
    for start in range(0, len(prompts), target.batch_size):
        batch = prompts[start : start + target.batch_size]
        found += [generation.text for generation in target.generate(batch)]
    return found


def _right(services: Services, cases: Sequence[Problem], texts: Sequence[str]) -> list[float]:
    return [float(v.outcome == "right") for v in services.domain.check(cases, texts)]


def _likelihoods(
    services: Services, tried: Sequence[Candidate], cases: Sequence[Problem]
) -> list[float]:
    target = cast(Scores, services.target())
    answers = [problem.answer for problem in cases]
    found = target.score(_prompts(services, tried, cases), answers)
    return [each.logprob / max(1, each.tokens) for each in found]
