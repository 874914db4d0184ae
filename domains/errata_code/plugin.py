"""The domain ``code``: functions to be written, checked by running their tests in a sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from pydantic import Field

from errata.drafts import Draft
from errata.fingerprints import Fingerprints, text_fingerprints
from errata.hooks import hookimpl
from errata.parts import Settings
from errata.records import QA, Candidate, Objection, Problem, TargetPrompt, Verdict
from errata.turns import target_prompt
from errata_code import drills
from errata_code.problems import problems, tested
from errata_code.responses import BLOCK, asked, program
from errata_code.sandbox.pool import Check, Isolation, Limits, Ran, Sandbox, shared

_TEMPLATES = Path(__file__).parent / "templates"


class CodeOptions(Settings):
    """Options of the domain ``code``."""

    seconds: int = Field(
        default=10, ge=1, le=600, description="processor seconds of a program, and of its tests"
    )
    megabytes: int = Field(default=512, ge=128, description="memory of a program, and of its tests")
    isolation: Isolation = Field(
        default="auto",
        description="auto: namespaces where the system allows them, else the system call filter alone,"
        " with a warning; full: namespaces, or every verdict is undecided; filter: the filter alone",
    )


class CodeDomain:
    """The domain ``code``."""

    Options = CodeOptions

    def __init__(self, options: CodeOptions | None = None) -> None:
        self._options = options or CodeOptions()

    @property
    def _sandbox(self) -> Sandbox:
        limits = Limits(self._options.seconds, self._options.megabytes)
        return shared(self._options.isolation, limits)

    @hookimpl
    def errata_problems(self, source: str, split: str, seed: int) -> Iterator[Problem]:
        """Drills, the shipped slice of MBPP, paths and ``hf:NAME``."""
        return problems(source, split, seed)

    @hookimpl
    def errata_target_prompt(
        self, problem: Problem, demonstration: Problem | None, guidance: str | None
    ) -> TargetPrompt:
        """The task, one of its tests, and that the function goes into a code block."""
        shown = (asked(demonstration), demonstration.solution) if demonstration else None
        return target_prompt(asked(problem), guidance=guidance, shown=shown, stop=(BLOCK,))

    @hookimpl
    def errata_check(
        self, problems: Sequence[Problem], responses: Sequence[str]
    ) -> Sequence[Verdict]:
        """What the tests say of each response's program."""
        programs = [program(*both) for both in zip(problems, responses, strict=True)]
        checks = [
            Check(text, problem.answer, str(problem.data.get("entry_point", "")))
            for problem, text in zip(problems, programs, strict=True)
            if text is not None
        ]
        ran = iter(self._sandbox.check_all(checks))
        return [
            _verdict(problem, text, next(ran) if text is not None else None)
            for problem, text in zip(problems, programs, strict=True)
        ]

    @hookimpl
    def errata_steps(self, problem: Problem, solution: str) -> Sequence[str]:  # noqa: ARG002 the hook's
        """Lines that are not blank, indented as they are, without fences."""
        lines = [line.rstrip() for line in solution.splitlines()]
        return [line for line in lines if line and not line.lstrip().startswith("```")]

    @hookimpl
    def errata_prompt(self, purpose: str) -> Path | None:
        """The templates in ``templates/``."""
        path = _TEMPLATES / f"{purpose}.md"
        return path if path.exists() else None

    @hookimpl
    def errata_problem(self, draft: Draft) -> Problem | Objection:
        """The draft, whose answer is its tests."""
        return tested(draft)

    @hookimpl
    def errata_variant(self, problem: Problem, random: Random) -> Problem | Objection:
        """Another drill of the kind."""
        if problem.source == drills.SOURCE:
            return drills.variant(problem, random)
        return Objection(reason="no-variant", detail="only drills are generated")

    @hookimpl
    def errata_fingerprints(self, problem: Problem) -> Fingerprints:
        """Kind and parameters of a drill; the text of any other problem."""
        if problem.source == drills.SOURCE:
            return Fingerprints(exact=drills.key(problem))
        return text_fingerprints(problem)

    @hookimpl
    def errata_verify(self, candidate: Candidate) -> Objection | None:
        """A new problem's own solution must pass its tests, and mutations of it must not."""
        from errata_code.mutants import verified

        if not isinstance(candidate.body, QA):
            return None  # whoever proposes another body has had its text checked
        return verified(candidate.body.problem, self._sandbox)


def _verdict(problem: Problem, text: str | None, ran: Ran | None) -> Verdict:
    if ran is None:
        lacking = "no function in the response"
        return Verdict(
            problem_id=problem.id,
            outcome="wrong",
            explicit=False,
            rule="extraction",
            reason=lacking,
        )
    return Verdict(
        problem_id=problem.id,
        outcome=ran.outcome,
        extracted=text,
        rule="tests",
        reason=ran.reason,
    )
