"""Settings of the strategy and the verifiers: light, a recipe is checked without loading anything.

The threshold 0.7 on ROUGE-L is Self-Instruct's (Wang et al. 2022, arXiv 2212.10560), which SEI
applies to questions and extends to the test sets. The shared run of 13 words is GPT-3's rule for
contamination (Brown et al. 2020, arXiv 2005.14165, appendix C).
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from errata.parts import Settings


class RedrawSettings(Settings):
    """Settings of the strategy ``redraw``."""

    per_seed: int = Field(
        default=8,
        ge=1,
        description="accepted redraws of one bad case at most, for one error type in one round",
    )
    styles: tuple[str, ...] = Field(
        default=("usual",),
        min_length=1,
        description="how solutions are worked, shared evenly among a type's candidates: `usual`, and"
        " names that the domain knows (`steps` for drills)",
    )


class RecomputeSettings(Settings):
    """The verifier ``recompute`` has none."""


class NoveltySettings(Settings):
    """Settings of the verifier ``novelty``."""

    rouge_l: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="ROUGE-L F1 from which two questions of different lineage are duplicates",
    )


class LeakSettings(Settings):
    """Settings of the verifier ``leak``."""

    rouge_l: float = Field(
        default=0.7, gt=0, le=1, description="ROUGE-L F1 from which a question is a leak"
    )
    run: int = Field(default=13, ge=3, description="words in a row whose sharing is a leak")
    template: bool = Field(
        default=True, description="whether the same story with other numbers is a leak"
    )
    reordered: float | None = Field(
        default=0.7,
        gt=0,
        le=1,
        description="F1 of three-word shingles from which a question with its sentences in another"
        " order is a leak; null: no such rule",
    )
    solutions: bool = Field(
        default=True, description="whether solutions are compared with reference solutions too"
    )
    solution_rouge_l: float = Field(
        default=0.8, gt=0, le=1, description="ROUGE-L F1 from which a solution is a leak"
    )
    neighbours: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="cosine similarity from which a question is a leak (0.9 for MiniLM); null: no"
        " such rule; a number needs an embedder",
    )


class LengthSettings(Settings):
    """Settings of the verifier ``length``: words are what blanks separate. 150 words for a question
    are Self-Instruct's; the other limits are ours."""

    question_words: int = Field(default=150, ge=1, description="words in a question at most")
    question_characters: int = Field(
        default=1500, ge=1, description="characters in a question at most"
    )
    solution_words: int = Field(default=400, ge=1, description="words in a solution at most")
    solution_characters: int = Field(
        default=4000, ge=1, description="characters in a solution at most"
    )


class AgreementSettings(Settings):
    """Settings of the verifier ``agreement``. Temperature 0.7 is that of self-consistency (Wang et al.
    2022, arXiv 2203.11171)."""

    samples: int = Field(default=3, ge=1, description="independent solutions by the instructor")
    agree: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="share of them that must come to the candidate's answer",
    )
    temperature: float = Field(
        default=0.7, gt=0, description="sampling temperature of the solutions"
    )

    @property
    def needed(self) -> int:
        """How many solutions must agree."""
        return math.ceil(self.agree * self.samples - 1e-9)


class JudgeSettings(Settings):
    """Settings of the verifier ``judge``."""

    temperature: float | None = Field(
        default=None, ge=0, description="sampling temperature; the instructor's own when null"
    )


class DifficultySettings(Settings):
    """Settings of the verifier ``difficulty``. The band from one in eight to seven in eight is SwS's
    (arXiv 2506.08989)."""

    samples: int = Field(
        default=8, ge=1, description="answers of the target to each candidate; one alone is greedy"
    )
    temperature: float = Field(default=1.0, gt=0, description="sampling temperature of the answers")
    least: float = Field(
        default=0.125, ge=0, le=1, description="share of right answers below which it is too hard"
    )
    most: float = Field(
        default=0.875, ge=0, le=1, description="share of right answers above which it is too easy"
    )

    @model_validator(mode="after")
    def _some_rate_fits(self) -> DifficultySettings:
        if not any(self.fits(right, self.samples) for right in range(self.samples + 1)):
            raise ValueError(
                f"no share of {self.samples} answers lies between least {self.least:g} and most"
                f" {self.most:g}: every candidate would be refused"
            )
        return self

    def fits(self, right: int, of: int) -> bool:
        """Whether ``right`` answers of ``of`` lie in the band."""
        return self.least * of - 1e-9 <= right <= self.most * of + 1e-9


class ExecutableSettings(Settings):
    """Settings of the verifier ``executable``."""

    temperature: float | None = Field(
        default=None, ge=0, description="sampling temperature; the instructor's own when null"
    )
    seconds: float = Field(
        default=10, gt=0, le=600, description="processor seconds of a program, imports included"
    )
    megabytes: int = Field(default=1024, ge=128, description="memory of a program at most")
    isolation: Literal["full", "limits"] = Field(
        default="full",
        description="full: own namespaces and a system call filter, refused where the system has them"
        " not; limits: time, memory and an empty environment alone, for a machine that may be lost",
    )
