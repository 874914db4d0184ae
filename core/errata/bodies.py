"""Problems, and the bodies of candidates: what training data consist of.

Every other record is in ``records.py``, which has these too: import them from there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Record(BaseModel):
    """Frozen, strict base: an unknown field in a record file is an error, never dropped."""

    # A diverged training has a loss of NaN: as the string "NaN" it is valid JSON and reads back.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


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
