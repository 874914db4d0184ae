"""What this plugin offers: the strategy ``redraw`` and the verifiers ``recompute``, ``novelty``,
``leak`` and ``length``.

Not covered: strategies and verifiers that ask an instructor.
"""

from __future__ import annotations

from collections.abc import Sequence

from errata.hooks import hookimpl
from errata.parts import Part
from errata_strategies.leak import Leak
from errata_strategies.novelty import Novelty
from errata_strategies.redraw import Redraw
from errata_strategies.settings import (
    LeakSettings,
    LengthSettings,
    NoveltySettings,
    RecomputeSettings,
    RedrawSettings,
)
from errata_strategies.verifiers import Length, Recompute


class StrategiesPlugin:
    """Entry object of the plugin."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """The strategy and the verifiers."""
        return [
            Part(
                name="redraw",
                kind="strategy",
                settings=RedrawSettings,
                make=Redraw,
                summary="Bad cases again with other numbers, computed by the domain.",
            ),
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
                summary="Not near any evaluation problem (exact, template, 13 words, ROUGE-L).",
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
        ]
