"""What this plugin offers: a strategy for each published method, and verifiers.

Not covered: the verifiers that ask a model (``verifier_parts.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

from errata.hooks import hookimpl
from errata.parts import Part
from errata_strategies.alike import ALIKE
from errata_strategies.controls import (
    SameDistribution,
    SameDistributionSettings,
    SelfInstruct,
    SelfInstructSettings,
)
from errata_strategies.correct_only import CorrectOnly, CorrectOnlySettings
from errata_strategies.correcting import CORRECT
from errata_strategies.generic import Generic, GenericSettings
from errata_strategies.inject_prompt import InjectPrompt, InjectPromptSettings
from errata_strategies.leak import Leak
from errata_strategies.lema import PURPOSES as LEMA_PURPOSES
from errata_strategies.lema import Lema, LemaSettings
from errata_strategies.lemma import PURPOSES as LEMMA_PURPOSES
from errata_strategies.lemma import Lemma, LemmaSettings
from errata_strategies.llm2llm import Llm2Llm, Llm2LlmSettings
from errata_strategies.novelty import Novelty
from errata_strategies.redraw import Redraw
from errata_strategies.rephrase import PURPOSES as REPHRASE_PURPOSES
from errata_strategies.rephrase import Rephrase, RephraseSettings
from errata_strategies.rise import EDIT, Rise, RiseSettings
from errata_strategies.sei import SIMILAR, Sei, SeiSettings
from errata_strategies.settings import (
    LeakSettings,
    LengthSettings,
    NoveltySettings,
    RecomputeSettings,
    RedrawSettings,
)
from errata_strategies.styles import asked_styles
from errata_strategies.verifier_parts import ASKING_VERIFIERS
from errata_strategies.verifiers import Length, Recompute

STRATEGIES = (
    Part(
        name="redraw",
        kind="strategy",
        settings=RedrawSettings,
        styles=asked_styles,
        make=Redraw,
        summary="Bad cases again with other numbers, computed by the domain.",
    ),
    Part(
        name="sei",
        kind="strategy",
        settings=SeiSettings,
        make=Sei,
        summary="New problems of an error type from examples of it (Self-Error-Instruct).",
        needs_instructor=True,
        prompts=(SIMILAR,),
    ),
    Part(
        name="lema",
        kind="strategy",
        settings=LemaSettings,
        make=Lema,
        summary="Corrections of bad cases, plain solutions, and problems evolved from them (LeMa).",
        needs_instructor=True,
        prompts=LEMA_PURPOSES,
    ),
    Part(
        name="lemma",
        kind="strategy",
        settings=LemmaSettings,
        make=Lemma,
        summary="Solutions that go wrong with an error of the type, notice it and recover (LEMMA).",
        needs_instructor=True,
        prompts=LEMMA_PURPOSES,
    ),
    Part(
        name="llm2llm",
        kind="strategy",
        settings=Llm2LlmSettings,
        make=Llm2Llm,
        summary="One similar problem for each bad case (LLM2LLM).",
        needs_instructor=True,
        prompts=(ALIKE,),
    ),
    Part(
        name="rise",
        kind="strategy",
        settings=RiseSettings,
        make=Rise,
        summary="Preference pairs: a small error put into the target's own right solutions (RISE).",
        makes=frozenset({"preferences"}),
        needs_instructor=True,
        prompts=(EDIT,),
    ),
    Part(
        name="correct-only",
        kind="strategy",
        settings=CorrectOnlySettings,
        make=CorrectOnly,
        summary="Reference or corrected solutions of the bad cases, nothing new (baseline).",
        prompts=(CORRECT,),
    ),
    Part(
        name="generic",
        kind="strategy",
        settings=GenericSettings,
        make=Generic,
        summary="Reference solutions of unrelated problems: what the answer format is worth (control).",
    ),
    Part(
        name="self-instruct",
        kind="strategy",
        settings=SelfInstructSettings,
        styles=asked_styles,
        make=SelfInstruct,
        summary="New problems from random train problems, solved and unsolved (control).",
        prompts=(ALIKE,),
    ),
    Part(
        name="same-distribution",
        kind="strategy",
        settings=SameDistributionSettings,
        styles=asked_styles,
        make=SameDistribution,
        summary="New problems whose seeds have the benchmark's mixture of kinds (control).",
        prompts=(ALIKE,),
    ),
    Part(
        name="rephrase",
        kind="strategy",
        settings=RephraseSettings,
        make=Rephrase,
        summary="Rephrased and backward questions, blind to errors (MetaMath).",
        needs_instructor=True,
        prompts=REPHRASE_PURPOSES,
    ),
    Part(
        name="inject-prompt",
        kind="strategy",
        settings=InjectPromptSettings,
        make=InjectPrompt,
        summary="The error types as guidance in the target's prompt, without training.",
    ),
)

VERIFIERS = (
    Part(
        name="recompute",
        kind="verifier",
        settings=RecomputeSettings,
        make=Recompute,
        summary="The domain computes the candidate again.",
    ),
    Part(
        name="novelty",
        kind="verifier",
        settings=NoveltySettings,
        make=Novelty,
        summary="Not in the train set, and not accepted before (exact, ROUGE-L).",
        requires=("rapidfuzz",),
        extra="strategies",
    ),
    Part(
        name="leak",
        kind="verifier",
        settings=LeakSettings,
        make=Leak,
        summary="Not near any evaluation problem: copies, numbers, order, solutions, meaning.",
        requires=("rapidfuzz",),
        extra="strategies",
    ),
    Part(
        name="length",
        kind="verifier",
        settings=LengthSettings,
        make=Length,
        summary="Question and solution within limits of words and characters.",
    ),
)


class StrategiesPlugin:
    """Entry object of the plugin."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """Strategies and verifiers."""
        return [*STRATEGIES, *VERIFIERS, *ASKING_VERIFIERS]
