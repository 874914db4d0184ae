"""The active domain, as typed calls.

Stages and parts talk to this facade and never to pluggy. Where a domain leaves a hook out, the
engine's default answers: lines as steps, text fingerprints, no variants, files as sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Protocol, TypeVar, cast

from errata.drafts import Draft, plain_problem
from errata.errors import ExtensionError, ProblemsError, boundary
from errata.fingerprints import Fingerprints, text_fingerprints
from errata.records import Candidate, Objection, Problem, TargetPrompt, Verdict
from errata.sources import read_problems

T = TypeVar("T")


class HookCaller(Protocol):
    """Calls a hook of the active plugins: the single result, or all of them."""

    def first(self, hook: str, **arguments: object) -> object:
        """The single result, or None."""

    def every(self, hook: str, **arguments: object) -> list[object]:
        """All results that are not None."""
        ...


class Domain:
    """What the loop asks of a domain. ``name`` is the name of its entry point."""

    def __init__(self, name: str, hooks: HookCaller) -> None:
        self.name = name
        self._hooks = hooks

    def problems(self, source: str, split: str, seed: int) -> Iterator[Problem]:
        """Problems of one source; ``ProblemsError`` if the source does not exist or does not read."""
        with boundary(f"domain {self.name}", "reading problems (errata_problems)"):
            try:
                found = self._hooks.first("errata_problems", source=source, split=split, seed=seed)
                problems = read_problems(source, split) if found is None else found
                for problem in cast(Iterator[object], problems):
                    yield self._typed("errata_problems", problem, Problem)
            except (LookupError, ValueError, OSError) as error:
                raise ProblemsError(f"source {source!r}, split {split!r}: {error}") from error

    def target_prompt(
        self,
        problem: Problem,
        demonstration: Problem | None = None,
        guidance: str | None = None,
    ) -> TargetPrompt:
        """What the target reads for ``problem``."""
        with boundary(f"domain {self.name}", "writing a prompt (errata_target_prompt)"):
            prompt = self._hooks.first(
                "errata_target_prompt",
                problem=problem,
                demonstration=demonstration,
                guidance=guidance,
            )
        return self._typed("errata_target_prompt", prompt, TargetPrompt)

    def check(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        """One verdict per response, in order."""
        with boundary(f"domain {self.name}", "checking answers (errata_check)"):
            found = self._hooks.first("errata_check", problems=problems, responses=responses)
            answered = list(cast(Sequence[object], () if found is None else found))
        verdicts = [self._typed("errata_check", verdict, Verdict) for verdict in answered]
        ids = [verdict.problem_id for verdict in verdicts]
        if ids != [problem.id for problem in problems]:
            raise ExtensionError(
                f"domain {self.name}: errata_check was given {len(problems)} problems and returned"
                f" {len(verdicts)} verdicts that are not theirs in order; return one Verdict per"
                " problem, with its problem_id"
            )
        return verdicts

    def equal(self, name: str, gold: str, answer: str) -> Verdict:
        """Whether the bare ``answer`` equals ``gold``; the verdict carries ``name`` as its id."""
        with boundary(f"domain {self.name}", f"comparing {name} (errata_equal)"):
            found = self._hooks.first("errata_equal", gold=gold, answer=answer)
        if found is None:
            asked = Problem(id=name, question="(grading)", answer=gold)
            return self.check([asked], [answer])[0]
        return cast(Verdict, found).model_copy(update={"problem_id": name})

    def steps(self, problem: Problem, solution: str) -> list[str]:
        """``solution`` as steps, numbered from 1 by their place."""
        with boundary(f"domain {self.name}", "splitting a solution (errata_steps)"):
            found = self._hooks.first("errata_steps", problem=problem, solution=solution)
        if found is None:
            return [line.strip() for line in solution.splitlines() if line.strip()]
        return list(cast(Sequence[str], found))

    def prompt(self, purpose: str) -> Path | None:
        """The file of the domain's own prompt template for ``purpose``; None if it has none."""
        with boundary(f"domain {self.name}", f"supplying the prompt {purpose} (errata_prompt)"):
            found = self._hooks.first("errata_prompt", purpose=purpose)
        return None if found is None else self._typed("errata_prompt", found, Path)

    def problem(self, draft: Draft) -> Problem | Objection:
        """What an instructor drafted as a problem, or what is wrong with it."""
        with boundary(f"domain {self.name}", "reading a draft (errata_problem)"):
            found = self._hooks.first("errata_problem", draft=draft)
        if isinstance(found, Objection):
            return found
        return (
            plain_problem(draft) if found is None else self._typed("errata_problem", found, Problem)
        )

    def variant(self, problem: Problem, random: Random) -> Problem | Objection:
        """A new problem of the same kind, or why there is none."""
        with boundary(f"domain {self.name}", "making a variant (errata_variant)"):
            found = self._hooks.first("errata_variant", problem=problem, random=random)
        if found is None:
            return Objection(reason="no-variant", detail=f"domain {self.name} makes no variants")
        if isinstance(found, Objection):
            return found
        return self._typed("errata_variant", found, Problem)

    def styles(self, problem: Problem) -> dict[str, str]:
        """Solutions of ``problem`` worked in other ways, by the names of their styles."""
        with boundary(f"domain {self.name}", "working in other styles (errata_styles)"):
            found = self._hooks.first("errata_styles", problem=problem)
            return {} if found is None else dict(cast(Mapping[str, str], found))

    def fingerprints(self, problem: Problem) -> Fingerprints:
        """What makes ``problem`` the same as another."""
        with boundary(f"domain {self.name}", "fingerprinting (errata_fingerprints)"):
            found = self._hooks.first("errata_fingerprints", problem=problem)
        if found is None:
            return text_fingerprints(problem)
        return self._typed("errata_fingerprints", found, Fingerprints)

    def verify(self, candidate: Candidate) -> Objection | None:
        """The first objection that any active plugin's recomputation raises."""
        with boundary(f"domain {self.name}", "recomputing a candidate (errata_verify)"):
            found = self._hooks.every("errata_verify", candidate=candidate)
        return self._typed("errata_verify", found[0], Objection) if found else None

    def _typed(self, hook: str, value: object, kind: type[T]) -> T:
        if not isinstance(value, kind):
            raise ExtensionError(
                f"domain {self.name}: {hook} returned {type(value).__name__}, not {kind.__name__}"
            )
        return value
