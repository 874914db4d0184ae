"""Samples: further answers to problems that the target got wrong, drawn and not greedy.

Batches are formed from the full list before finished items are removed, and every answer has random
numbers of its own, so a resumed stage ends with the same records. Not covered: what is made of them
(``second_look.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from random import Random

from errata.errors import boundary
from errata.parts import Samples, Target
from errata.records import Attempt, Problem, TargetPrompt
from errata.stages.evaluate import chunks, length

_WINDOW = 2048  # samples sorted by length together: bounds memory


def draw(
    problems: Iterable[Problem],
    count: int,
    checkpoint: str,
    target: Target,
    prompt_of: Callable[[Problem], TargetPrompt],
    done: Container[str],
    temperature: float,
    random: Callable[[str], Random],
) -> Iterator[list[Attempt]]:
    """``count`` attempts at each problem, a batch at a time, without those whose id is ``done``.

    ``random(name)`` is a named stream. The target has the capability ``sample``.
    """
    assert isinstance(target, Samples)
    for window in chunks(problems, max(1, _WINDOW // count)):
        asked = [
            (sample_id(checkpoint, problem.id, number), problem, prompt)
            for problem in window
            for prompt in [prompt_of(problem)]
            for number in range(count)
        ]
        asked.sort(key=lambda one: (length(one[2]), one[0]))
        for batch in chunks(asked, target.batch_size):
            if all(id_ in done for id_, _, _ in batch):
                continue
            streams = [random(f"sample/{id_}") for id_, _, _ in batch]
            with boundary(f"target {target.name}", "drawing samples"):
                found = target.sample([prompt for _, _, prompt in batch], temperature, streams)
                answered = list(zip(batch, found, strict=True))
            yield [
                Attempt(
                    id=id_, problem_id=problem.id, checkpoint=checkpoint, **generation.model_dump()
                )
                for (id_, problem, _), generation in answered
                if id_ not in done
            ]


def sample_id(checkpoint: str, problem_id: str, number: int) -> str:
    """The id of the sample ``number``, from 0."""
    return f"{checkpoint}:{problem_id}#{number}"
