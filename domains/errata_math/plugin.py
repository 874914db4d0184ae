"""The mathematics domain: its answers to the engine's hooks, and the symbolic diagnoser.

Everything heavier than reading text is imported inside the hooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from pydantic import Field

from errata.drafts import Draft
from errata.fingerprints import Fingerprints
from errata.hooks import hookimpl
from errata.parts import Part, Services, Settings
from errata.records import Candidate, Objection, Problem, TargetPrompt, Verdict
from errata_math.checking import Checked, CheckOptions

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9$\\(<])")


class MathOptions(Settings):
    """Options of the mathematics domain."""

    checking: CheckOptions = Field(
        default=CheckOptions(), description="conventions of the answer checker"
    )


class SymbolicSettings(Settings):
    """The symbolic diagnoser has no settings."""


def solution_steps(solution: str) -> list[str]:
    """A solution as steps: its lines, or the sentences of a solution of one line. A last line
    ``#### answer`` belongs to the step before it, unless it stands alone."""
    lines = [line.strip() for line in solution.splitlines() if line.strip()]
    last = [lines.pop()] if len(lines) > 1 and lines[-1].startswith("####") else []
    steps = _SENTENCE.split(lines[0]) if len(lines) == 1 else lines
    return [*steps[:-1], "\n".join([*steps[-1:], *last])] if steps else []


class MathDomain:
    """The domain ``math``."""

    Options = MathOptions

    def __init__(self, options: MathOptions | None = None) -> None:
        self._options = options or MathOptions()

    @hookimpl
    def errata_problems(self, source: str, split: str, seed: int) -> Iterator[Problem]:
        """Drills, shipped slices, paths and ``hf:NAME``."""
        from errata_math.problems import problems

        return problems(source, split, seed)

    @hookimpl
    def errata_target_prompt(
        self, problem: Problem, demonstration: Problem | None, guidance: str | None
    ) -> TargetPrompt:
        """The question with one short instruction."""
        from errata_math.prompts import target_prompt

        return target_prompt(problem, demonstration, guidance)

    @hookimpl
    def errata_check(
        self, problems: Sequence[Problem], responses: Sequence[str]
    ) -> Sequence[Verdict]:
        """The checker's verdicts on whole responses."""
        from errata_math.checking import check_choice, check_response

        rules = self._options.checking
        return [
            _verdict(
                problem.id,
                check_choice(problem.answer, response, options, rules)
                if (options := _options_of(problem))
                else check_response(problem.answer, response, rules),
            )
            for problem, response in zip(problems, responses, strict=True)
        ]

    @hookimpl
    def errata_equal(self, gold: str, answer: str) -> Verdict:
        """The checker's verdict on a bare answer."""
        from errata_math.checking import check_expr

        return _verdict("", check_expr(gold, answer, self._options.checking))

    @hookimpl
    def errata_steps(
        self,
        problem: Problem,  # noqa: ARG002 the hook's argument; steps need only the text
        solution: str,
    ) -> Sequence[str]:
        """Lines, or the sentences of a single line."""
        return solution_steps(solution)

    @hookimpl
    def errata_prompt(self, purpose: str) -> Path | None:
        """The templates in ``templates/``."""
        from errata_math.drafting import template

        return template(purpose)

    @hookimpl
    def errata_problem(self, draft: Draft) -> Problem | Objection:
        """The draft, its solution ending in the answer."""
        from errata_math.drafting import problem_of_draft

        return problem_of_draft(draft, self._options.checking)

    @hookimpl
    def errata_variant(self, problem: Problem, random: Random) -> Problem | Objection:
        """New parameters for a drill; new numbers for an annotated solution."""
        from errata_math import drills

        if drills.is_drill(problem):
            return drills.variant(problem, random)
        from errata_math.redraw import redraw

        return redraw(problem, random)

    @hookimpl
    def errata_styles(self, problem: Problem) -> Mapping[str, str]:
        """Drills in small steps."""
        from errata_math import drills

        return drills.styles(problem) if drills.is_drill(problem) else {}

    @hookimpl
    def errata_fingerprints(self, problem: Problem) -> Fingerprints:
        """Exact parameters for drills, text for everything else."""
        from errata_math.same import fingerprints

        return fingerprints(problem)

    @hookimpl
    def errata_verify(self, candidate: Candidate) -> Objection | None:
        """The answer of a drill from its parameters; every annotated equation and the answer."""
        from errata_math import drills
        from errata_math.recompute import verify_candidate

        problem = candidate.body.problem
        if drills.is_drill(problem) and drills.drill_answer(problem) != problem.answer:
            return Objection(
                reason="wrong-answer",
                detail=f"the drill's parameters give {drills.drill_answer(problem)}",
                evidence={"answer": problem.answer, "parameters": problem.data["parameters"]},
            )
        return verify_candidate(candidate)

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """The symbolic diagnoser."""
        return [
            Part(
                name="symbolic",
                kind="diagnoser",
                settings=SymbolicSettings,
                make=_symbolic,
                summary="names the first wrong step from the target's own equations, offline",
            )
        ]


def _options_of(problem: Problem) -> dict[str, str]:
    """The options of a multiple choice, by letter."""
    found = problem.data.get("options")
    return {k: str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _verdict(problem_id: str, found: Checked) -> Verdict:
    return Verdict(
        problem_id=problem_id,
        outcome=found.outcome,
        extracted=found.extracted,
        explicit=found.explicit,
        rule=found.rule,
        reason=found.reason,
    )


def _symbolic(_settings: SymbolicSettings, services: Services) -> object:
    from errata_math.diagnosis import SymbolicDiagnoser

    return SymbolicDiagnoser(services.domain.steps)
