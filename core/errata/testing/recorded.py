"""A student that says what a model once said: attempts of a run, replayed.

Tests of what is made of a model's errors need a real model's errors and no model. Not covered:
learning (practice changes nothing), and problems that were not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from errata.lines import parse_line
from errata.records import Attempt, Problem
from errata.testing.scripted import Answer


class RecordedStudent:
    """A ``Student`` that is ``Moody``: the recorded attempt at each problem, and its samples.

    A sample is drawn from those that were recorded; where there are none it is the attempt. Raises
    LookupError for a problem without an attempt.
    """

    def __init__(self, attempts: Iterable[Attempt]) -> None:
        self._attempts: dict[str, Attempt] = {}
        self._samples: dict[str, list[Attempt]] = {}
        for attempt in attempts:
            if "#" in attempt.id:
                self._samples.setdefault(attempt.problem_id, []).append(attempt)
            else:
                self._attempts[attempt.problem_id] = attempt

    def answer(self, problem: Problem, practice: int) -> Answer:  # noqa: ARG002 it never learns
        """See ``Student``."""
        return _said(self._attempt(problem))

    def sample(self, problem: Problem, practice: int, random: Random) -> Answer:  # noqa: ARG002 the same
        """See ``Moody``."""
        drawn = self._samples.get(problem.id, ())
        return _said(random.choice(drawn) if drawn else self._attempt(problem))

    def _attempt(self, problem: Problem) -> Attempt:
        if problem.id not in self._attempts:
            raise LookupError(
                f"no attempt at {problem.id} was recorded; there are {len(self._attempts)} others"
            )
        return self._attempts[problem.id]


def recorded(path: Path) -> Sequence[Attempt]:
    """The attempts in a file of a run directory (``attempts.jsonl``, ``samples.jsonl``, or both in
    one). Raises FileNotFoundError and CorruptRecord."""
    lines = path.read_bytes().splitlines()
    return [parse_line(path, number, line, Attempt) for number, line in enumerate(lines, 1)]


def _said(attempt: Attempt) -> Answer:
    return Answer(attempt.text, attempt.finish)
