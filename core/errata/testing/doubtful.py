"""A student that is wrong for reasons of several kinds, only some of which are errors of its own."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from errata.records import Problem
from errata.testing.scripted import Answer, unit

WRONG_GOLD, BAD_LUCK, STUBBORN, SCATTERED = "wrong-gold", "bad-luck", "stubborn", "scattered"


class DoubtfulStudent:
    """Answers in whole numbers, written into ``form``.

    ``truths`` has the right answers of problems whose references are wrong; there it gives the right
    answer, now and then another one. Of the other problems it solves a quarter; at another quarter it
    is wrong once and nearly always right when asked again (bad luck); at a quarter it always gives one
    and the same wrong answer (stubborn); at the rest a new one each time (scattered). ``kinds`` tells
    which problem was of which kind.
    """

    def __init__(self, truths: Mapping[str, int], form: str = "#### {}") -> None:
        self.truths, self.form = dict(truths), form
        self.kinds: dict[str, str] = {}

    def answer(self, problem: Problem, practice: int) -> Answer:  # noqa: ARG002 never learns
        """See ``Student``."""
        kind = self._kind(problem)
        self.kinds[problem.id] = kind
        off = 0 if kind in (WRONG_GOLD, "") else 1
        return self._says(self._truth(problem) + off)

    def sample(self, problem: Problem, practice: int, random: Random) -> Answer:  # noqa: ARG002 nor here
        """See ``Moody``."""
        kind, off = self._kind(problem), 0
        if kind == STUBBORN:
            off = 1
        elif kind == SCATTERED:
            off = random.randint(1, 10_000)
        elif random.random() < 0.05:
            off = random.randint(2, 9)
        return self._says(self._truth(problem) + off)

    def _kind(self, problem: Problem) -> str:
        if problem.id in self.truths:
            return WRONG_GOLD
        kinds = ("", BAD_LUCK, STUBBORN, SCATTERED)
        return kinds[int(unit(problem.id, "doubt") * len(kinds))]

    def _says(self, number: int) -> Answer:
        return Answer(self.form.format(number))

    def _truth(self, problem: Problem) -> int:
        return self.truths.get(problem.id) or int(problem.answer)
