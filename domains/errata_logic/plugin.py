"""The domain ``logic``: problems of reasoning-gym by task, and rows of files by path.

Not covered: proofs. Only the answer is checked, and a generated problem has no worked solution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from pydantic import Field

from errata.fingerprints import Fingerprints, text_fingerprints
from errata.hooks import hookimpl
from errata.parts import Settings
from errata.records import Candidate, Objection, Problem, TargetPrompt, Verdict
from errata.sources import is_path, read_problems
from errata.turns import target_prompt

_ASK = 'End with a line "Answer: " and the answer alone.'
_MANY = 'End with a line "Answer:" and below it the answer alone.'
_STOP = r"Answer:[ \t]*[^\s][^\n]*\n"


class LogicOptions(Settings):
    """Options of the logic domain."""

    threshold: float = Field(
        1.0, gt=0, le=1, description="score of a task's verifier from which an answer is right"
    )


class LogicDomain:
    """The domain ``logic``."""

    Options = LogicOptions

    def __init__(self, options: LogicOptions | None = None) -> None:
        self._threshold = (options or LogicOptions()).threshold

    @hookimpl
    def errata_problems(self, source: str, split: str, seed: int) -> Iterator[Problem]:
        """``gym:TASK,TASK…``, a path, or ``hf:NAME``."""
        from errata_logic.tasks import GYM, problems

        if source.startswith(GYM):
            return problems(source, split, seed)
        if is_path(source) or source.startswith("hf:"):
            return read_problems(source, split)
        raise LookupError(
            "no such source of logic problems; there are gym:TASK,TASK… (reasoning-gym), paths of"
            " JSONL and Parquet files, and hf:NAME"
        )

    @hookimpl
    def errata_target_prompt(
        self, problem: Problem, demonstration: Problem | None, guidance: str | None
    ) -> TargetPrompt:
        """The question with one line that says how to answer."""
        shown = (_asked(demonstration), _shown(demonstration)) if demonstration else None
        stop = () if _many(problem) else (_STOP,)
        return target_prompt(_asked(problem), guidance=guidance, shown=shown, stop=stop)

    @hookimpl
    def errata_check(
        self, problems: Sequence[Problem], responses: Sequence[str]
    ) -> Sequence[Verdict]:
        """The verdicts of the tasks' own verifiers."""
        from errata_logic.checking import verdict

        pairs = zip(problems, responses, strict=True)
        return [verdict(problem, response, self._threshold) for problem, response in pairs]

    @hookimpl
    def errata_variant(self, problem: Problem, random: Random) -> Problem | Objection:
        """Another problem of the same task at the same difficulty."""
        from errata_logic import tasks

        task = tasks.task_of(problem)
        if task is None:
            return Objection(
                reason="no-variant", detail="no generator made it: it is a row of a file"
            )
        for _ in range(5):  # a small task may draw the same again
            found = tasks.problem(task, random, f"{problem.id.rpartition('~')[0] or problem.id}~")
            if found.question != problem.question:
                return found
        return Objection(reason="no-variant", detail=f"{task.name} makes hardly any others")

    @hookimpl
    def errata_fingerprints(self, problem: Problem) -> Fingerprints:
        """A generated problem is its question, as it stands; everything else is its words."""
        if "task" not in problem.data:
            return text_fingerprints(problem)
        return Fingerprints(exact=f"{problem.kind}\n{problem.question}")

    @hookimpl
    def errata_verify(self, candidate: Candidate) -> Objection | None:
        """The answer of a generated problem, by the verifier of its task."""
        problem = candidate.body.problem
        if "task" not in problem.data:
            return None
        [found] = self.errata_check([problem], [f"Answer: {problem.answer}"])
        if found.outcome == "right":
            return None
        detail = found.reason or f"the verifier of {problem.kind} refuses {problem.answer[:80]!r}"
        return Objection(reason="wrong-answer", detail=detail)


def _asked(problem: Problem) -> str:
    return f"{problem.question.strip()}\n{_MANY if _many(problem) else _ASK}"


def _shown(demonstration: Problem) -> str:
    solution = demonstration.solution.strip()
    stated = f"Answer:{chr(10) if _many(demonstration) else ' '}{demonstration.answer}"
    return solution if "Answer:" in solution else f"{solution}\n{stated}".strip()


def _many(problem: Problem) -> bool:
    return "\n" in problem.answer
