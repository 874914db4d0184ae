"""Settings of the strategy and the verifiers: light, a recipe is checked without loading anything.

The threshold 0.7 on ROUGE-L is Self-Instruct's (Wang et al. 2022, arXiv 2212.10560), which SEI
applies to questions and extends to the test sets. The shared run of 13 words is GPT-3's rule for
contamination (Brown et al. 2020, arXiv 2005.14165, appendix C).
"""

from __future__ import annotations

from pydantic import Field

from errata.parts import Settings


class RedrawSettings(Settings):
    """Settings of the strategy ``redraw``."""

    per_seed: int = Field(
        default=8,
        ge=1,
        description="accepted redraws of one bad case at most, for one error type in one round",
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
