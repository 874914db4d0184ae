"""What a trace finds, as it is printed with ``--json``."""

from __future__ import annotations

from typing import Literal

from errata.records import (
    Attempt,
    Candidate,
    Diagnosis,
    ErrorType,
    Message,
    Objection,
    Problem,
    Record,
    Selection,
    TrainingExample,
    TypeChange,
)

Fate = Literal["trained on", "kept", "accepted, not kept", "accepted", "refused", "not decided yet"]


class Exchange(Record):
    """One request to the instructor, with its reply and what it cost this run in US dollars.

    ``usd`` is 0 for a reply that another run had paid for; ``tokens`` are those of prompt and reply.
    """

    about: str
    messages: tuple[Message, ...]
    reply: str
    model: str
    served_by: str
    tokens: int
    usd: float


class TracedCase(Record):
    """A problem that an example was made from, with the target's attempt at it and its diagnosis.

    ``set`` is "candidate" for a problem that was itself made in this round. ``diagnosis`` is None for
    a problem that was no bad case, ``types`` empty for an unassigned one.
    """

    problem: Problem
    set: str
    attempt: Attempt | None = None
    diagnosis: Diagnosis | None = None
    types: tuple[str, ...] = ()


class TracedExample(Record):
    """A candidate: what became of it, what the trainer received (None if nothing), and its origin.

    ``prompt`` is the run's file with the template that it was asked for with, empty where nobody was
    asked or the template is not the run's. ``asked`` made it; ``checked`` are requests about it.
    """

    id: str
    round: str
    fate: Fate
    candidate: Candidate
    example: TrainingExample | None
    objections: tuple[Objection, ...]
    selection: Selection | None
    error_type: ErrorType | None
    cases: tuple[TracedCase, ...]
    prompt: str
    asked: tuple[Exchange, ...]
    checked: tuple[Exchange, ...]


class TracedSolution(Record):
    """A training example that is the reference solution of a problem of the run (warm-up, replay)."""

    id: str
    round: str
    example: TrainingExample
    problem: Problem


class Made(Record):
    """A candidate in short."""

    id: str
    fate: Fate
    question: str
    reasons: tuple[str, ...] = ()
    usd: float = 0.0


class TracedType(Record):
    """An error type of one round: its cases, all that was made against it, and what came of it."""

    round: str
    error_type: ErrorType
    cases: tuple[TracedCase, ...]
    made: tuple[Made, ...]
    change: TypeChange | None


class TracedProblem(Record):
    """A problem, or an attempt at it, in one round: the case it was, and what was made from it."""

    round: str
    case: TracedCase
    made: tuple[Made, ...]


Traced = TracedExample | TracedSolution | TracedType | TracedProblem
