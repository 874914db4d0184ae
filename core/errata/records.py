"""The records of a run: one word per idea, frozen, one JSON object per line on disk.

Every figure in a table or report can be recomputed from these. Nothing here knows a subject: what a
domain needs beyond the common fields lives in ``Problem.data`` and is opaque to the engine.

Not covered: where records are stored (``store.py``) and how figures are made of them (``measure.py``).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Outcome = Literal["right", "wrong", "undecided"]
Finish = Literal["stop", "length", "repetition"]
Category = Literal["right", "model-error", "undecided", "truncated", "format-slip"]
Reason = Literal[
    "unreadable",
    "wrong-answer",
    "no-agreement",
    "duplicate",
    "leak",
    "too-easy",
    "too-hard",
    "over-length",
    "refused",
    "no-variant",
]


class Record(BaseModel):
    """Frozen, strict base: an unknown field in a record file is an error, never dropped."""

    # A diverged training has a loss of NaN: as the string "NaN" it is valid JSON and reads back.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Message(Record):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Problem(Record):
    """A question with its reference answer.

    ``kind`` is the domain's own subdivision of problems (a subject, a level, a drill kind); it says
    nothing about errors. ``data`` is the domain's (unit tests, generator parameters).
    """

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    solution: str = ""
    source: str = ""
    kind: str = ""
    data: dict[str, JsonValue] = {}


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
    """Natural-log probability of a continuation of ``tokens`` tokens, summed over its tokens."""

    logprob: float
    tokens: int


class Attempt(Record):
    """One answer of one checkpoint to one problem. ``id`` is ``checkpoint:problem_id``."""

    id: str
    problem_id: str
    checkpoint: str
    text: str
    finish: Finish
    prompt_tokens: int = 0
    tokens: int = 0


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
    """What becomes of an attempt: only ``model-error`` goes on to diagnosis; the rest is counted."""

    attempt_id: str
    problem_id: str
    category: Category
    reason: str = ""


class BadCase(Record):
    """A problem the target got wrong through an error of its own: the input of a diagnoser."""

    problem: Problem
    attempt: Attempt
    verdict: Verdict


class Diagnosis(Record):
    """Where and how an attempt first went wrong.

    ``step`` counts from 1 in the list that ``errata_steps`` gives; None when no step can be named.
    ``no_error`` returns the case to the good set. ``details`` is the diagnoser's own.
    """

    problem_id: str
    keyphrase: str
    step: int | None = Field(default=None, ge=1)
    explanation: str = ""
    no_error: bool = False
    details: dict[str, JsonValue] = {}
    attempt_id: str = ""
    by: str = ""


class ErrorType(Record):
    """A kind of error. ``count`` is its number of cases; ``keyphrases`` its commonest phrases."""

    id: str
    name: str
    description: str = ""
    count: int = 0
    keyphrases: tuple[str, ...] = ()


class Assignment(Record):
    """The error types of a bad case; empty means "unassigned", which is never a type."""

    attempt_id: str
    problem_id: str
    types: tuple[str, ...] = ()


class Span(Record):
    """Characters ``start`` (included) to ``end`` (excluded) of a completion that carry loss."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class QA(Record):
    """A new problem with its solution.

    Verified: the solution and the answer. Selected: as a demonstration. Trained: the prompt of the
    problem, then the solution; loss on all of the solution.
    """

    kind: Literal["qa"] = "qa"
    problem: Problem


class Correction(Record):
    """A wrong solution, its first wrong step (from 1), why, and the solution from there (LeMa §3).

    Verified: the answer of ``corrected``. Selected: by its question and right answer. Trained: the
    prompt shows the question and the wrong solution; loss on step, explanation and correction.
    """

    kind: Literal["correction"] = "correction"
    problem: Problem
    wrong_steps: tuple[str, ...]
    wrong_step: int = Field(ge=1)
    explanation: str
    corrected: str


class Trajectory(Record):
    """A solution that goes wrong, notices, and recovers (LEMMA §3).

    Verified: the final answer of ``text``. Selected: by its question and right answer. Trained: the
    prompt of the problem, then ``text``; loss on ``spans`` (all of it when empty).
    """

    kind: Literal["trajectory"] = "trajectory"
    problem: Problem
    text: str
    spans: tuple[Span, ...] = ()


class Pair(Record):
    """A better and a worse continuation of one prefix (RISE §3).

    Verified: ``chosen`` reaches the answer and ``rejected`` does not. Selected: by its question and
    right answer. Trained: as a preference; the shared ``prefix`` carries no loss.
    """

    kind: Literal["pair"] = "pair"
    problem: Problem
    chosen: str
    rejected: str
    prefix: str = ""


class Critique(Record):
    """A response and a critique of it (Critique Fine-Tuning §2).

    Verified: the critique's verdict agrees with the check of ``response``. Selected: by its question
    and right answer. Trained: the prompt shows question and response; loss on the critique.
    """

    kind: Literal["critique"] = "critique"
    problem: Problem
    response: str
    critique: str


Body = Annotated[QA | Correction | Trajectory | Pair | Critique, Field(discriminator="kind")]


class Lineage(Record):
    """Where a candidate comes from. ``parents`` are problem ids; ``cost`` is in US dollars."""

    strategy: str
    error_type: str | None = None
    parents: tuple[str, ...] = ()
    model: str | None = None
    prompt_hash: str | None = None
    seed: str | None = None
    cost: float = 0.0


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
    evidence: dict[str, JsonValue] = {}


class Selection(Record):
    """A selector's decision on one candidate. ``uncertainty`` is a standard error of ``score``."""

    candidate_id: str
    rank: int
    kept: bool
    score: float | None = None
    uncertainty: float | None = None
    why: str = ""


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

    ``metrics`` are the trainer's own figures (losses in nats per token, seconds).
    """

    id: str
    parent: str | None = None
    path: str | None = None
    trainer: str = ""
    examples: int = 0
    metrics: dict[str, float] = {}


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
