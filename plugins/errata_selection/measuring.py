"""What a dev case gives when a candidate is shown as its worked example.

Measurements of one candidate on one part of the dev cases are made together and remembered together.
Several candidates go into one call, so that the hardware has something to do, and always the same
ones, so that a resumed run repeats the numbers.

Not covered: which candidates see which cases (``racing.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import exp
from typing import Protocol, cast

from pydantic import JsonValue

from errata.parts import Memo, Scores, Services
from errata.records import Candidate, Correction, LogLikelihood, Pair, Problem, Trajectory

# Pairs that are scored at once, at most, so that progress is seen and little is lost.
_CHUNK = 64
Pairs = Sequence[tuple[Candidate, Sequence[Problem]]]


class Measure(Protocol):
    """Values of dev cases; higher is better. ``unit`` completes "mean … over n dev cases"."""

    unit: str

    def at_once(self, cases: int) -> int:
        """How many candidates with so many cases go into one call of ``values``."""
        ...

    def prepare(self, problems: Sequence[Problem], memo: Memo) -> Iterator[int]:
        """Measure what all candidates are compared with; yields how many cases are done each time."""
        ...

    def values(self, pairs: Pairs) -> list[dict[str, float]]:
        """By candidate: the value of each of its cases."""
        ...


class _Scored:
    """What measures of a dev case's reference have in common; each says what it makes of a score."""

    def __init__(self, services: Services, continuation: str) -> None:
        self._services, self._continuation = services, continuation

    def at_once(self, cases: int) -> int:
        """As many as fill a batch of the target, which encodes each demonstration once; no more than
        some seconds' worth."""
        return _filling(min(_CHUNK, self._services.target().batch_size), cases)

    def values(self, pairs: Pairs) -> list[dict[str, float]]:
        """See ``Measure``."""
        asked = [(problem, demonstration(c)) for c, problems in pairs for problem in problems]
        scored = iter(self._scored(asked))
        return [{p.id: self._value(p, next(scored)) for p in problems} for _, problems in pairs]

    def _value(self, problem: Problem, score: LogLikelihood) -> float:
        raise NotImplementedError

    def _scored(self, asked: Sequence[tuple[Problem, Problem | None]]) -> list[LogLikelihood]:
        """Each problem's reference after its demonstration, if any."""
        target = cast(Scores, self._services.target())
        prompts = [self._services.domain.target_prompt(each, shown) for each, shown in asked]
        references = [reference(problem, self._continuation) for problem, _ in asked]
        return list(target.score(prompts, references))


class Probability(_Scored):
    """p(reference | candidate, question): how probably the target, sampling, writes just the reference.

    A share of right answers without its jumps: cases far from being solved say nothing, as they do
    there, those at the border say how near they are. Nothing is measured without a demonstration,
    which is the same for all candidates. Not covered: right answers by another way than the
    reference's; and references of hundreds of tokens, of which every probability is next to nothing.
    """

    unit = "probability of the reference"

    def prepare(self, problems: Sequence[Problem], memo: Memo) -> Iterator[int]:
        """Nothing to do."""
        del memo
        yield len(problems)

    def _value(self, problem: Problem, score: LogLikelihood) -> float:
        del problem
        return exp(score.logprob)


class Likelihood(_Scored):
    """log p(reference | candidate, question) − log p(reference | question), per token of the reference.

    Without a demonstration each case is scored once, into ``memo`` under ``case:ID``.
    """

    unit = "gain in nats per token"

    def __init__(self, services: Services, continuation: str) -> None:
        super().__init__(services, continuation)
        self._alone: dict[str, float] = {}

    def prepare(self, problems: Sequence[Problem], memo: Memo) -> Iterator[int]:
        """See ``Measure``."""
        missing: list[Problem] = []
        for problem in problems:
            value = memo.get(f"case:{problem.id}")
            if isinstance(value, int | float):
                self._alone[problem.id] = float(value)
            else:
                missing.append(problem)
        yield len(self._alone)
        for start in range(0, len(missing), _CHUNK):
            part = missing[start : start + _CHUNK]
            scored = self._scored([(problem, None) for problem in part])
            for problem, score in zip(part, scored, strict=True):
                self._alone[problem.id] = value = _per_token(score)
                memo.put(f"case:{problem.id}", value)
            yield len(part)

    def _value(self, problem: Problem, score: LogLikelihood) -> float:
        return _per_token(score) - self._alone[problem.id]


class Answers:
    """1 for a right greedy answer, 0 for any other; undecided counts as not right.

    Nothing is measured without a demonstration: that a bad case is answered wrong and a good one right
    is what made it one.
    """

    unit = "accuracy"

    def __init__(self, services: Services) -> None:
        self._services = services

    def at_once(self, cases: int) -> int:
        """As many as fill a batch of the target."""
        return _filling(self._services.target().batch_size, cases)

    def prepare(self, problems: Sequence[Problem], memo: Memo) -> Iterator[int]:
        """Nothing to do."""
        del memo
        yield len(problems)

    def values(self, pairs: Pairs) -> list[dict[str, float]]:
        """See ``Measure``."""
        target, domain = self._services.target(), self._services.domain
        asked = [(candidate, problem) for candidate, cases in pairs for problem in cases]
        prompts = [domain.target_prompt(p, demonstration(candidate)) for candidate, p in asked]
        texts: list[str] = []
        for start in range(0, len(prompts), target.batch_size):
            batch = prompts[start : start + target.batch_size]
            texts += [generation.text for generation in target.generate(batch)]
        verdicts = domain.check([problem for _, problem in asked], texts)
        right = [float(verdict.outcome == "right") for verdict in verdicts]
        found, place = [], 0
        for _, cases in pairs:
            part = right[place : place + len(cases)]
            found.append({problem.id: value for problem, value in zip(cases, part, strict=True)})
            place += len(cases)
        return found


class Remembered:
    """A measure whose values are in ``memo`` as soon as they are known, under ``candidate:ID`` (other
    parts of the cases under ``candidate:ID:PART``)."""

    def __init__(self, measure: Measure, memo: Memo) -> None:
        self._measure, self._memo = measure, memo

    def values(self, pairs: Pairs, part: str) -> Iterator[tuple[Candidate, dict[str, float]]]:
        """The values of every pair, in order, a call's worth at a time."""
        widest = max((len(cases) for _, cases in pairs), default=0)
        size = self._measure.at_once(widest)
        for start in range(0, len(pairs), size):
            chunk = pairs[start : start + size]
            known = [self._known(candidate, cases, part) for candidate, cases in chunk]
            if any(values is None for values in known):
                measured = self._measure.values(chunk)
                for (candidate, _), values, new in zip(chunk, known, measured, strict=True):
                    if values is None:
                        self._memo.put(_key(candidate, part), cast(JsonValue, new))
                known = list(measured)
            for (candidate, _), values in zip(chunk, known, strict=True):
                yield candidate, values or {}

    def _known(
        self, candidate: Candidate, cases: Sequence[Problem], part: str
    ) -> dict[str, float] | None:
        stored = self._memo.get(_key(candidate, part))
        if not isinstance(stored, Mapping) or set(stored) != {problem.id for problem in cases}:
            return None
        return {
            name: float(value) for name, value in stored.items() if isinstance(value, int | float)
        }


def _per_token(score: LogLikelihood) -> float:
    return score.logprob / max(1, score.tokens)


def _filling(batch_size: int, cases: int) -> int:
    """How many candidates with so many cases fill a batch."""
    return max(1, batch_size // max(1, cases))


def _key(candidate: Candidate, part: str) -> str:
    return f"candidate:{candidate.id}" + (f":{part}" if part else "")


def reference(problem: Problem, continuation: str) -> str:
    """What a dev case should say: its solution, or its answer where that is asked for or all it has."""
    return (problem.solution if continuation == "solution" else "") or problem.answer


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
