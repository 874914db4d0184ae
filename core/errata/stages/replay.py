"""Replay: solved problems among the training examples, so that what the target can do stays.

The problems are drawn at random from those of the train set that the incoming checkpoint solves. Their
ids begin with ``replay:``, which is how records and figures tell them apart. Not covered: replay of
other skills than those of the train set.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from errata.domain import Domain
from errata.parts import Solved
from errata.records import Span, TrainingExample
from errata.sections import Replay
from errata.stages.train import solved_example

_MARK = "replay:"


def replayed(example: TrainingExample) -> bool:
    """Whether an example is replay."""
    return example.id.startswith(_MARK)


def replay(
    solved: Iterable[Solved], settings: Replay, others: int, domain: Domain, random: Random
) -> list[TrainingExample]:
    """Examples drawn from ``solved``, beside so many ``others``; fewer where fewer are solved."""
    wanted = settings.number if settings.share is None else round(settings.share * others)
    usable = [each for each in solved if _usable(each, settings)]
    chosen = random.sample(usable, min(wanted or 0, len(usable)))
    return [_example(each, settings, domain) for each in chosen]


def _usable(solved: Solved, settings: Replay) -> bool:
    """A right answer that ended by itself; or a problem that came with a solution."""
    if settings.use == "references":
        return bool(solved.problem.solution)
    return solved.attempt.finish == "stop" and bool(solved.attempt.text.strip())


def _example(solved: Solved, settings: Replay, domain: Domain) -> TrainingExample:
    made = solved_example(solved.problem, domain)
    update: dict[str, object] = {"id": f"{_MARK}{solved.problem.id}"}
    if settings.use == "attempts":
        text = solved.attempt.text
        update |= {"completion": text, "spans": (Span(start=0, end=len(text)),)}
    return made.model_copy(update=update)
