"""The parts ``transformers``: a local causal language model as target, and as instructor.

Not covered: vision models, encoder-decoder models, quantized weights, several GPUs.
"""

from __future__ import annotations

from collections.abc import Sequence

from errata.hooks import hookimpl
from errata.parts import Part, Services
from errata_transformers.instructor import TransformersInstructor
from errata_transformers.settings import TransformersInstructorSettings, TransformersSettings
from errata_transformers.target import TransformersTarget


def make_target(settings: TransformersSettings, services: Services) -> object:
    """The target; its weights are found now and loaded on first use."""
    return TransformersTarget(settings, services.cache)


def make_instructor(settings: TransformersInstructorSettings, services: Services) -> object:
    """The instructor; its weights are found now and loaded on first use."""
    return TransformersInstructor(settings, services.cache)


class TransformersPlugin:
    """Offers the target and the instructor ``transformers``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """One target, one instructor."""
        return [
            Part(
                name="transformers",
                kind="target",
                settings=TransformersSettings,
                make=make_target,
                summary="a local Hugging Face model, batched and greedy; draws samples for triage",
                requires=("torch", "transformers"),
                extra="transformers",
                provides=frozenset(
                    {"generate", "sample", "score", "influence", "probe", "materialise"}
                ),
            ),
            Part(
                name="transformers",
                kind="instructor",
                settings=TransformersInstructorSettings,
                make=make_instructor,
                summary="a local Hugging Face model, requests batched as they come",
                requires=("torch", "transformers"),
                extra="transformers",
            ),
        ]
