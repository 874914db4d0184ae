"""One-shot selection: a candidate is worth what it gives the target as a worked example.

After Self-Error-Instruct (arXiv 2505.22591, section 3.4), with log-likelihood in place of exact match:
for each dev case the gain is log p(reference | candidate, question) − log p(reference | question), per
token of the reference; the score is the mean of the mean gain over bad cases and that over good cases.
Differences from the paper: likelihood, not generated answers; bad cases are those of the candidate's
own error type where it has any; the mean's standard error is reported. Not covered: candidates in
company, two that help in the same way may both be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance
from typing import TYPE_CHECKING

from pydantic import JsonValue

from errata.parts import DevCases, Memo, Scores, Services
from errata.records import Candidate, Correction, Pair, Problem, Selection, Trajectory
from errata_selection.cut import above
from errata_selection.plan import Cases, Plan, make_plan

if TYPE_CHECKING:
    from errata_selection.plugin import OneShotSettings

# Baselines are scored this many at a time, so that progress is seen and little is lost.
_CHUNK = 64


@dataclass(frozen=True)
class Gain:
    """A candidate's score in nats per token, and its standard error."""

    score: float
    error: float | None
    bad: int
    good: int


class OneShot:
    """The selector ``one-shot``; works with any target that can score."""

    def __init__(self, settings: OneShotSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order. Scores go into ``memo`` under ``case:ID`` and
        ``candidate:ID`` as soon as they are known. Raises ValueError when there are no dev cases."""
        if not candidates:
            return []
        settings = self._settings
        plan = make_plan(
            candidates,
            cases,
            settings.dev_cases,
            settings.min_cases,
            settings.max_pairs,
            self._services.random("one-shot"),
        )
        empty = sorted(name or "(none)" for name, chosen in plan.cases.items() if not chosen)
        if empty:
            raise ValueError(
                f"one-shot selection has no dev case at all for error type {', '.join(empty)}:"
                f" found {len(cases.all_bad)} bad and {len(cases.good)} good dev cases; give the"
                " recipe a larger dev set"
            )
        gains = self._gains(candidates, plan, memo)
        return self._decide(candidates, gains)

    def _gains(self, candidates: Sequence[Candidate], plan: Plan, memo: Memo) -> dict[str, Gain]:
        """The gain of every candidate that the plan pays for."""
        target = self._services.target()
        if not isinstance(target, Scores):
            raise ValueError(
                f"one-shot selection needs a target that can score; {type(target).__name__} cannot"
            )
        wanted = [candidate for candidate in candidates if candidate.id in plan.scored]
        problems = {
            problem.id: problem
            for candidate in wanted
            for problem in _all(plan.cases[candidate.lineage.error_type or None])
        }
        total = len(problems) + sum(
            len(plan.cases[candidate.lineage.error_type or None]) for candidate in wanted
        )
        progress = _Progress(self._services, total)
        alone = self._alone(target, problems, memo, progress)
        gains: dict[str, Gain] = {}
        for candidate in wanted:
            shown = plan.cases[candidate.lineage.error_type or None]
            found = self._with(target, candidate, shown, memo)
            progress.add(len(shown))
            gains[candidate.id] = _gain(shown, found, alone)
        return gains

    def _alone(
        self,
        target: Scores,
        problems: Mapping[str, Problem],
        memo: Memo,
        progress: _Progress,
    ) -> dict[str, float]:
        """Log-likelihood per token of each dev case's reference without a demonstration."""
        known: dict[str, float] = {}
        missing: list[Problem] = []
        ordered = sorted(problems)
        for name in ordered:
            value = memo.get(f"case:{name}")
            if isinstance(value, int | float):
                known[name] = float(value)
            else:
                missing.append(problems[name])
        progress.add(len(known))
        for start in range(0, len(missing), _CHUNK):
            part = missing[start : start + _CHUNK]
            for problem, value in zip(part, self._score(target, part, None), strict=True):
                memo.put(f"case:{problem.id}", value)
                known[problem.id] = value
            progress.add(len(part))
        return known

    def _with(
        self, target: Scores, candidate: Candidate, shown: Cases, memo: Memo
    ) -> dict[str, float]:
        """Log-likelihood per token of each case's reference with the candidate as demonstration."""
        problems = _all(shown)
        stored = memo.get(f"candidate:{candidate.id}")
        if isinstance(stored, dict) and set(stored) == {problem.id for problem in problems}:
            return {
                name: float(value)
                for name, value in stored.items()
                if isinstance(value, int | float)
            }
        values = self._score(target, problems, demonstration(candidate))
        found = {problem.id: value for problem, value in zip(problems, values, strict=True)}
        record: dict[str, JsonValue] = dict(found)
        memo.put(f"candidate:{candidate.id}", record)
        return found

    def _score(
        self, target: Scores, problems: Sequence[Problem], shown: Problem | None
    ) -> list[float]:
        """Log-likelihood per token of each problem's reference."""
        prompts = [self._services.domain.target_prompt(problem, shown) for problem in problems]
        solution = self._settings.continuation == "solution"
        references = [
            (problem.solution if solution else "") or problem.answer for problem in problems
        ]
        found = target.score(prompts, references)
        return [each.logprob / max(1, each.tokens) for each in found]

    def _decide(
        self, candidates: Sequence[Candidate], gains: Mapping[str, Gain]
    ) -> list[Selection]:
        """Rank by score, ties by id; keep what is above the cut."""
        order = sorted(gains, key=lambda name: (-gains[name].score, name))
        kept = above(order, candidates, self._settings)
        missing = sorted({candidate.id for candidate in candidates} - set(order))
        ranks = {name: rank for rank, name in enumerate([*order, *missing], start=1)}
        return [
            _selection(candidate.id, ranks[candidate.id], gains.get(candidate.id), kept)
            for candidate in candidates
        ]


def demonstration(candidate: Candidate) -> Problem:
    """The candidate as a worked example: its question with a right solution."""
    body = candidate.body
    problem = body.problem
    right = problem.solution
    if isinstance(body, Correction):
        right = right or body.corrected
    elif isinstance(body, Trajectory):
        right = right or body.text
    elif isinstance(body, Pair):
        right = right or body.prefix + body.chosen
    return problem.model_copy(update={"solution": right})


def _all(cases: Cases) -> list[Problem]:
    """Bad and good cases, each once."""
    once = {problem.id: problem for problem in (*cases.bad, *cases.good)}
    return list(once.values())


def _gain(cases: Cases, found: Mapping[str, float], alone: Mapping[str, float]) -> Gain:
    """Mean of the two half means; its standard error from the spread within each half."""
    halves = [
        [found[problem.id] - alone[problem.id] for problem in half]
        for half in (cases.bad, cases.good)
        if half
    ]
    error = None
    if all(len(half) > 1 for half in halves):
        error = sqrt(sum(variance(half) / len(half) for half in halves)) / len(halves)
    return Gain(
        score=fmean(fmean(half) for half in halves),
        error=error,
        bad=len(cases.bad),
        good=len(cases.good),
    )


def _selection(name: str, rank: int, gain: Gain | None, kept: frozenset[str]) -> Selection:
    """The record of one decision."""
    if gain is None:
        return Selection(candidate_id=name, rank=rank, kept=False, why="not scored: max_pairs")
    return Selection(
        candidate_id=name,
        rank=rank,
        kept=name in kept,
        score=gain.score,
        uncertainty=gain.error,
        why=f"gain in nats per token over {gain.bad} bad and {gain.good} good dev cases",
    )


class _Progress:
    """Counts pairs for the services' progress."""

    def __init__(self, services: Services, total: int) -> None:
        self._report = services.progress
        self._total = total
        self._done = 0

    def add(self, number: int) -> None:
        """``number`` more are done."""
        self._done += number
        self._report(self._done, self._total)
