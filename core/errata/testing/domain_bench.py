"""What a domain's conformance tests work on: its problems, right and wrong responses to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any

from errata.domain import Domain
from errata.errors import ErrataError
from errata.plugins import Active
from errata.records import QA, Candidate, Lineage, Problem, Verdict
from errata.seeds import stream
from errata.testing.advice import fail, leave_out
from errata.testing.afresh import made

_NUMBER = re.compile(r"\d+")


class DomainBench:
    """Attributes and methods that a subclass sets.

    ``domain`` is the class that the entry point names; ``options`` are those of a recipe. The first
    ``limit`` problems of ``source`` and ``split`` are looked at; override ``problems`` where they come
    from elsewhere. ``blank`` are responses that state no answer. ``fuzzed`` odd responses are tried,
    and none may take longer than ``patience`` seconds. ``heavy`` are further libraries that must not
    be imported before they are needed.
    """

    domain: Any = None
    options: Mapping[str, object] = {}
    source: str = ""
    split: str = "train"
    seed: int = 0
    limit: int = 30
    blank: Sequence[str] = ("", " \n ")
    fuzzed: int = 1000
    patience: float = 20.0
    heavy: Sequence[str] = ()

    def problems(self) -> Sequence[Problem]:
        """Problems that everything is tried on."""
        if not self.source:
            fail(
                expected="a source of problems to try the domain on",
                found="the suite has no `source`",
                change="set `source` to what a recipe would say, or override `problems`",
            )
        found = self.ready.problems(self.source, self.split, self.seed)
        return list(islice(found, self.limit))

    def right_response(self, problem: Problem) -> str:
        """A response that states the reference answer as the prompt asks; by default the solution."""
        return problem.solution or problem.answer

    def wrong_answer(self, problem: Problem, random: Random) -> str:
        """An answer that is not right: the last number of the reference changed, or the answer to
        another problem."""
        numbers = list(_NUMBER.finditer(problem.answer))
        if numbers:
            last = numbers[-1]
            changed = str(int(last.group()) + random.randint(1, 9))
            return problem.answer[: last.start()] + changed + problem.answer[last.end() :]
        others = sorted({p.answer for p in self.asked} - {problem.answer})
        return random.choice(others) if others else f"{problem.answer} {problem.answer}"

    def wrong_response(self, problem: Problem, random: Random) -> str:
        """A response that states a wrong answer: the right one with the answer changed where it stands
        last."""
        right = self.right_response(problem)
        before, found, after = right.rpartition(problem.answer)
        if not found:
            fail(
                expected="the reference answer somewhere in a right response",
                found=f"{problem.answer!r} does not occur in the response to {problem.id}",
                change="override `wrong_response` in the suite, so that it states a wrong answer",
            )
        return before + self.wrong_answer(problem, random) + after

    def wrong_candidate(self, problem: Problem, random: Random) -> Problem:
        """A problem with a wrong answer, wherever its solution has the right one, for ``errata_verify``
        to find."""
        wrong = self.wrong_answer(problem, random)
        standing_alone = re.compile(rf"(?<!\w){re.escape(problem.answer)}(?!\w)")
        solution = standing_alone.sub(lambda _: wrong, problem.solution)
        return problem.model_copy(update={"answer": wrong, "solution": solution})

    # --- for the tests --------------------------------------------------------------------------

    def made(self) -> Domain:
        """The domain, made and registered afresh. Raises PartError where it does not register."""
        name = getattr(self.domain, "__name__", "domain")
        return Domain(name, Active({name: made(self.domain, self.options)}))

    @cached_property
    def ready(self) -> Domain:
        """The domain; the test is left out where it does not even register."""
        try:
            return self.made()
        except ErrataError as error:
            leave_out(f"it does not register, see test_it_registers_as_a_domain: {error}")

    @cached_property
    def asked(self) -> Sequence[Problem]:
        """The problems; the test is left out where there are none."""
        _ = self.ready
        try:
            found = list(self.problems())
        except ErrataError as error:
            leave_out(f"its problems do not read, see test_problems_can_be_used: {error}")
        if not found:
            leave_out("there is no problem, see test_problems_can_be_used")
        return found

    def implements(self, hook: str) -> None:
        """Leave the test out where the domain leaves ``hook`` to the engine."""
        _ = self.ready
        if not hasattr(self.domain, hook):
            leave_out(f"the domain leaves {hook} to the engine")

    def random(self, name: str) -> Random:
        """A stream of random numbers of the test ``name``."""
        return stream(self.seed, "conformance", name)

    def verdicts(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        """What the domain says of ``responses``."""
        return self.ready.check(problems, responses)


def candidate(problem: Problem) -> Candidate:
    """``problem`` as a candidate."""
    lineage = Lineage(strategy="conformance", parents=(problem.id,))
    return Candidate(
        id=f"candidate/{problem.id}", wave=0, body=QA(problem=problem), lineage=lineage
    )
