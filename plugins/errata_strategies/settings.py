"""Settings of the strategy and the verifiers: light, a recipe is checked without loading anything.

The threshold 0.7 on ROUGE-L is Self-Instruct's (Wang et al. 2022, arXiv 2212.10560), which SEI
applies to questions and extends to the test sets. The shared run of 13 words is GPT-3's rule for
contamination (Brown et al. 2020, arXiv 2005.14165, appendix C).
"""

from __future__ import annotations

from pydantic import Field

from errata.parts import Settings


class RedrawSettings(Settings):
    """Settings of the strategy ``redraw``. A bad case is redrawn at most ``per_seed`` times for one
    error type, rejected tries of earlier waves not counted."""

    per_seed: int = Field(default=8, ge=1)


class RecomputeSettings(Settings):
    """The verifier ``recompute`` has none."""


class NoveltySettings(Settings):
    """Settings of the verifier ``novelty``. ``rouge_l``: F1 from which two questions of different
    lineage count as one."""

    rouge_l: float = Field(default=0.7, gt=0, le=1)


class LeakSettings(Settings):
    """Settings of the verifier ``leak``. ``rouge_l``: F1 from which a question counts as leaked;
    ``run``: length in words of a shared run that counts as a leak; ``template``: whether the same
    story with other numbers does."""

    rouge_l: float = Field(default=0.7, gt=0, le=1)
    run: int = Field(default=13, ge=3)
    template: bool = True


class LengthSettings(Settings):
    """Settings of the verifier ``length``: the most words (separated by blanks) and characters that
    a question and a solution may have. 150 words for a question are Self-Instruct's."""

    question_words: int = Field(default=150, ge=1)
    question_characters: int = Field(default=1500, ge=1)
    solution_words: int = Field(default=400, ge=1)
    solution_characters: int = Field(default=4000, ge=1)
