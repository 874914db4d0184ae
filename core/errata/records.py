"""The records of a run: one word per idea, frozen, one JSON object per line on disk.

Every figure in a table or report can be recomputed from these. Nothing here knows a subject: what a
domain needs beyond the common fields lives in ``Problem.data`` and is opaque to the engine.

Not covered: where records are stored (``store.py``) and how figures are made of them (``measure.py``).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from errata.bodies import (
    QA,
    Body,
    Correction,
    Critique,
    Pair,
    Problem,
    Record,
    Span,
    Trajectory,
)

__all__ = [
    "QA",
    "Accuracy",
    "Assignment",
    "Attempt",
    "BadCase",
    "Body",
    "Candidate",
    "Category",
    "Checkpoint",
    "Comparison",
    "Correction",
    "Critique",
    "Diagnosis",
    "ErrorType",
    "Finish",
    "Generation",
    "Lineage",
    "LogLikelihood",
    "Message",
    "Objection",
    "Outcome",
    "Pair",
    "Problem",
    "Proposal",
    "Reason",
    "Record",
    "RoundRecord",
    "Selection",
    "Shortfall",
    "Span",
    "TargetPrompt",
    "TrainingExample",
    "Trajectory",
    "Triage",
    "TypeChange",
    "Verdict",
]

Outcome = Literal["right", "wrong", "undecided"]
Finish = Literal["stop", "length", "repetition", "unanswered"]
Category = Literal[
    "right",
    "model-error",
    "undecided",
    "truncated",
    "format-slip",
    "bad-luck",
    "suspected-wrong-gold",
]
Reason = Literal[
    "unreadable",
    "ill-posed",
    "wrong-answer",
    "no-agreement",
    "duplicate",
    "leak",
    "too-easy",
    "too-hard",
    "over-length",
    "refused",
    "no-variant",
    "unanswered",
]


class Message(Record):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class TargetPrompt(Record):
    """What the target reads, and the regular expressions that mark a finished answer.

    Generation stops once a ``stop`` pattern is found in the generated text.
    """

    messages: tuple[Message, ...]
    stop: tuple[str, ...] = ()


class Generation(Record):
    """What a model wrote. ``tokens`` and ``prompt_tokens`` count the model's own tokens."""

    text: str
    finish: Finish
    prompt_tokens: int = 0
    tokens: int = 0


class LogLikelihood(Record):
    """Natural-log probability of a continuation of ``tokens`` tokens, summed over its tokens.

    ``greedy``: each of them is the likeliest one, so that a greedy answer would begin with it; None
    where the target does not say.
    """

    logprob: float
    tokens: int
    greedy: bool | None = None


class Attempt(Record):
    """One answer of one checkpoint to one problem. ``id`` is ``checkpoint:problem_id``.

    The n-th sample of a checkpoint has ``#n`` at the end of its id. ``model`` is empty for the target;
    an attempt of another model has its name, the checkpoint ``imported``, and an id
    ``imported:problem_id#n``.
    """

    id: str
    problem_id: str
    checkpoint: str
    text: str
    finish: Finish
    prompt_tokens: int = 0
    tokens: int = 0
    model: str = ""


class Verdict(Record):
    """What the domain says of an attempt.

    ``explicit`` is true when the response states its final answer in the form the prompt asked for;
    false when the answer was found only by a last resort, or not at all (``extracted`` is None).
    ``rule`` names the rule that extracted or decided; ``reason`` explains an undecided verdict.
    The engine fills ``attempt_id``; a domain leaves it empty.
    """

    problem_id: str
    outcome: Outcome
    extracted: str | None = None
    explicit: bool = True
    rule: str = ""
    reason: str = ""
    attempt_id: str = ""


class Triage(Record):
    """What becomes of an attempt: only ``model-error`` goes on to diagnosis; the rest is counted.

    Where samples were drawn: of ``samples``, ``solved`` are right and ``agreeing`` give one and the
    same answer ``answer`` against the reference; ``instructor`` is what the instructor answered, if
    it was asked. ``model`` is that of the attempt.
    """

    attempt_id: str
    problem_id: str
    category: Category
    reason: str = ""
    model: str = ""
    samples: int = 0
    solved: int = 0
    agreeing: int = 0
    answer: str = ""
    instructor: str = ""


class BadCase(Record):
    """A problem the target got wrong through an error of its own: the input of a diagnoser.

    ``contrast`` is a right attempt at the same problem, where the run has one: a sample, an attempt of
    an earlier checkpoint, or one of another model; for another model's attempt the other way round.
    """

    problem: Problem
    attempt: Attempt
    verdict: Verdict
    contrast: Attempt | None = None


class Diagnosis(Record):
    """Where and how an attempt first went wrong.

    ``step`` counts from 1 in the list that ``errata_steps`` gives; None when no step can be named.
    ``no_error`` returns the case to the good set. ``failure`` says why there is no diagnosis (an
    instructor that did not answer): such a case has no keyphrase and is counted, not grouped.
    ``details`` is the diagnoser's own.
    """

    problem_id: str
    keyphrase: str
    step: int | None = Field(default=None, ge=1)
    explanation: str = ""
    no_error: bool = False
    failure: str = ""
    details: dict[str, JsonValue] = Field(default_factory=dict)
    attempt_id: str = ""
    by: str = ""


class ErrorType(Record):
    """A kind of error. ``count`` is its number of cases; ``keyphrases`` its commonest phrases.

    ``stability`` is the agreement of the type with those found in resampled cases, from 0 to 1; None
    where it was not measured.
    """

    id: str
    name: str
    description: str = ""
    count: int = 0
    keyphrases: tuple[str, ...] = ()
    stability: float | None = None


class Assignment(Record):
    """The error types of a bad case; empty means "unassigned", which is never a type."""

    attempt_id: str
    problem_id: str
    types: tuple[str, ...] = ()


class Lineage(Record):
    """Where a candidate comes from. ``parents`` are problem ids; ``cost`` is in US dollars.

    ``seed`` makes it again: with an instructor it is the ``replica`` of the last prompt. ``style``
    names how its solution is worked, where a strategy has several ways; empty is the usual one.
    """

    strategy: str
    error_type: str | None = None
    parents: tuple[str, ...] = ()
    model: str | None = None
    prompt_hash: str | None = None
    seed: str | None = None
    cost: float = 0.0
    style: str = ""


class Proposal(Record):
    """What a strategy proposes; the engine gives it an id and a wave and makes it a candidate."""

    body: Body
    lineage: Lineage


class Candidate(Record):
    """A proposal with its place in the run."""

    id: str
    wave: int
    body: Body
    lineage: Lineage


class Objection(Record):
    """Why something was not accepted. ``evidence`` is what a person would want to see."""

    reason: Reason
    detail: str = ""
    by: str = ""
    candidate_id: str = ""
    error_type: str | None = None
    evidence: dict[str, JsonValue] = Field(default_factory=dict)


class Selection(Record):
    """A selector's decision on one candidate. ``uncertainty`` is a standard error of ``score``.

    ``sureness`` is the probability that the candidate belongs on its side of the cut, as far as the
    standard errors of all scores tell; None where nothing was measured.
    """

    candidate_id: str
    rank: int
    kept: bool
    score: float | None = None
    uncertainty: float | None = None
    why: str = ""
    sureness: float | None = None


class TrainingExample(Record):
    """What a trainer receives: prompt, completion, the spans that carry loss, and for preferences
    the rejected completion."""

    id: str
    messages: tuple[Message, ...]
    completion: str
    spans: tuple[Span, ...]
    rejected: str | None = None


class Checkpoint(Record):
    """A state of the target. ``path`` is relative to the run directory; None is the untouched base.

    ``guidance`` is what the target reads before every question. Of the ``examples``, ``replayed`` are
    problems that the target solved already.
    ``metrics`` are the trainer's own figures (losses in nats per token, seconds).
    """

    id: str
    parent: str | None = None
    path: str | None = None
    trainer: str = ""
    examples: int = 0
    replayed: int = 0
    guidance: str = ""
    metrics: dict[str, float] = Field(default_factory=dict)


class Accuracy(Record):
    """Right answers of a checkpoint on one set, with the 95% Wilson interval.

    ``total`` counts every problem; undecided verdicts count as not right and are shown.
    """

    set: str
    total: int
    right: int
    wrong: int
    undecided: int
    accuracy: float
    low: float
    high: float


class Comparison(Record):
    """Paired against another checkpoint on one set: exact two-sided McNemar test (p in 0..1)."""

    set: str
    against: str
    fixed: int
    broken: int
    p_value: float


class TypeChange(Record):
    """Held-out dev cases of an error type, and how many of them the new checkpoint solves."""

    error_type: str
    name: str
    cases: int
    dev_cases: int
    dev_fixed: int


class Shortfall(Record):
    """An error type that got fewer accepted candidates than its quota, and why."""

    error_type: str
    asked: int
    accepted: int
    why: str


class RoundRecord(Record):
    """What a round came to. ``checkpoint`` is the one it made; ``kept`` tells whether it stays."""

    checkpoint: Checkpoint
    accuracies: tuple[Accuracy, ...]
    comparisons: tuple[Comparison, ...] = ()
    kept: bool = True
    why: str = ""
    types: tuple[TypeChange, ...] = ()
