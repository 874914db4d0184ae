"""A student whose faults show only in what it writes: no label reaches the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from errata.records import Problem
from errata.testing.scripted import Answer, unit

Fault = Callable[[Problem, Random], str | None]
"""Writes a faulty solution of a problem, or None where the fault cannot be made."""


class PlantedStudent:
    """Makes one of ``faults`` in every problem that has room for it, and is right elsewhere.

    ``share`` of the problems get a fault. ``planted`` tells afterwards which problem got which.
    """

    def __init__(self, faults: Mapping[str, Fault], share: float = 0.7) -> None:
        self.faults, self.share = dict(faults), share
        self.planted: dict[str, str] = {}

    def answer(self, problem: Problem, practice: int) -> Answer:  # noqa: ARG002 never learns
        """See ``Student``."""
        names = sorted(self.faults)
        if unit(problem.id, "share") < self.share:
            start = int(unit(problem.id, "fault") * len(names))
            for name in names[start:] + names[:start]:
                text = self.faults[name](problem, Random(problem.id))
                if text is not None:
                    self.planted[problem.id] = name
                    return Answer(text)
        return Answer(problem.solution or problem.answer)
