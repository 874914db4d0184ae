"""Stage *evaluate*: problems in, attempts and verdicts out.

Batches are formed from the full list before finished items are removed, because results may change
in the last digits with the composition of a batch; so a resumed stage ends with the same records.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

from errata.domain import Domain
from errata.errors import boundary
from errata.parts import Progress, Target
from errata.records import Attempt, Problem, TargetPrompt, Verdict

T = TypeVar("T")
_WINDOW = 2048  # problems sorted by length together: bounds memory, whatever the size of the set
_CHECKED_TOGETHER = 256


def attempt(
    problems: Iterable[Problem],
    checkpoint: str,
    target: Target,
    domain: Domain,
    done: Container[str],
    guidance: str | None = None,
) -> Iterator[list[Attempt]]:
    """Attempts at ``problems``, a batch at a time, without those whose problem is ``done``.

    ``guidance`` is read before every question.
    """
    for window in chunks(problems, _WINDOW):
        asked = [(problem, domain.target_prompt(problem, guidance=guidance)) for problem in window]
        asked.sort(key=lambda pair: (length(pair[1]), pair[0].id))
        for batch in chunks(asked, target.batch_size):
            if all(problem.id in done for problem, _ in batch):
                continue
            with boundary(f"target {target.name}", "generating"):
                found = target.generate([prompt for _, prompt in batch])
                answered = list(zip(batch, found, strict=True))
            yield [
                Attempt(
                    id=f"{checkpoint}:{problem.id}",
                    problem_id=problem.id,
                    checkpoint=checkpoint,
                    **generation.model_dump(),
                )
                for (problem, _), generation in answered
                if problem.id not in done
            ]


def check(
    attempts: Iterable[Attempt],
    problems: Callable[[str], Problem],
    domain: Domain,
) -> Iterator[list[Verdict]]:
    """Verdicts of ``attempts``, a batch at a time."""
    for batch in chunks(attempts, _CHECKED_TOGETHER):
        verdicts = domain.check([problems(a.problem_id) for a in batch], [a.text for a in batch])
        yield [
            verdict.model_copy(update={"attempt_id": attempt.id})
            for attempt, verdict in zip(batch, verdicts, strict=True)
        ]


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """``items`` in lists of ``size``; the last may be shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def counting(
    batches: Iterable[list[T]], done: int, total: int, tell: Progress
) -> Iterator[list[T]]:
    """Pass batches on and report how many items went by."""
    tell(done, total)
    for batch in batches:
        yield batch
        done += len(batch)
        tell(done, total)


def outcomes(verdicts: Iterable[Verdict]) -> Mapping[str, Verdict]:
    """Verdicts by problem id."""
    return {verdict.problem_id: verdict for verdict in verdicts}


def length(prompt: TargetPrompt) -> int:
    """Characters, which stand for tokens where prompts are sorted."""
    return sum(len(message.content) for message in prompt.messages)
