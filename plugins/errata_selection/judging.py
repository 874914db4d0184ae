"""What a style is worth to the target on an error type's dev cases, judged by the final answer.

``probe`` is nearest to what training will do: the target takes a few small steps on the style's
candidates, and then has to answer the cases. Where the domain can work the cases in every style
(``errata_styles``), nothing is generated: one pass over each case as worked in the style that was
learnt says whether that is what the target would write, token by token, greedily. It would come to the
right answer then; a right answer by another way is not seen, whatever the style. ``accuracy`` and
``answer`` only show the candidates, one at a time, each case with one of them in turn.

Not covered: how much training it would take to tell styles apart that differ little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from errata.domain import Domain
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
    references: Sequence[str] | None,
    memo: Memo,
    key: str,
) -> dict[str, float]:
    """A value by case: 1 for a right answer, 0 for any other; for ``answer`` the log-probability of
    the bare answer, per token. Kept in ``memo`` under ``key``.

    ``references`` are the cases as worked in the style; None: what the probed target writes is checked.
    Raises ValueError when the target cannot do what the judge needs.
    """
    stored = memo.get(key)
    if isinstance(stored, Mapping) and set(stored) == {problem.id for problem in cases}:
        return {name: float(cast(float, value)) for name, value in stored.items()}
    if settings.judge == "probe":
        values = _after_training(settings, services, tried, cases, references)
    elif settings.judge == "accuracy":
        values = _right(services, cases, _prompts(services, tried, cases))
    else:
        values = _likelihoods(services, tried, cases)
    found = {problem.id: value for problem, value in zip(cases, values, strict=True)}
    memo.put(key, cast(JsonValue, found))
    return found


def worked(domain: Domain, cases: Sequence[Problem], style: str) -> list[str] | None:
    """The cases' solutions in ``style`` (empty: the usual ones); a case that looks as usual in it has
    its usual one. None where the domain works no case so, or a case has no solution."""
    found = [domain.styles(problem).get(style, "") if style else "" for problem in cases]
    if style and not any(found):
        return None
    texts = [text or problem.solution for text, problem in zip(found, cases, strict=True)]
    return texts if all(texts) else None


def _after_training(
    settings: StyleSettings,
    services: Services,
    tried: Sequence[Candidate],
    cases: Sequence[Problem],
    references: Sequence[str] | None,
) -> list[float]:
    target = services.target()
    if not isinstance(target, Probes):
        raise ValueError(
            f"the judge `probe` needs a target that can probe; {type(target).__name__} cannot: use"
            " style.judge accuracy or answer"
        )
    examples = [example(candidate, services.domain) for candidate in tried]
    prompts = [services.domain.target_prompt(problem) for problem in cases]
    learning_rate = settings.learning_rate
    with target.taught(examples, steps=settings.steps, learning_rate=learning_rate):
        if references is None:
            return _right(services, cases, prompts)
        found = cast(Scores, target).score(prompts, references)
        return [float(bool(each.greedy)) for each in found]


def _prompts(
    services: Services, tried: Sequence[Candidate], cases: Sequence[Problem]
) -> list[TargetPrompt]:
    """Each case with a candidate in turn, as its worked example."""
    return [
        services.domain.target_prompt(problem, demonstration(tried[place % len(tried)]))
        for place, problem in enumerate(cases)
    ]


def _right(
    services: Services, cases: Sequence[Problem], prompts: Sequence[TargetPrompt]
) -> list[float]:
    target = services.target()
    texts: list[str] = []
    for start in range(0, len(prompts), target.batch_size):
        batch = prompts[start : start + target.batch_size]
        texts += [generation.text for generation in target.generate(batch)]
    return [float(v.outcome == "right") for v in services.domain.check(cases, texts)]


def _likelihoods(
    services: Services, tried: Sequence[Candidate], cases: Sequence[Problem]
) -> list[float]:
    target = cast(Scores, services.target())
    answers = [problem.answer for problem in cases]
    found = target.score(_prompts(services, tried, cases), answers)
    return [each.logprob / max(1, each.tokens) for each in found]
