"""The selectors ``one-shot``, ``all`` and ``random``.

Not covered: selection by influence, and one-shot scored by generated answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from errata.hooks import hookimpl
from errata.parts import Part, Services, Settings
from errata_selection.cut import CutSettings
from errata_selection.one_shot import OneShot
from errata_selection.plain import KeepAll, KeepRandom


class OneShotSettings(CutSettings):
    """Settings of the selector ``one-shot``.

    ``score: likelihood`` asks how much likelier each dev case's reference becomes, per token, with
    the candidate as a worked example. ``continuation`` is that reference: its ``solution`` (the
    answer where a problem has none) or its ``answer`` alone. ``dev_cases`` are shown per candidate,
    half bad cases of its error type, half good ones. ``max_pairs`` bounds the number of
    candidate-case pairs in a round: first there are fewer cases per candidate (never fewer than
    ``min_cases``), then only a random part of the candidates is scored and the rest is not kept.
    """

    score: Literal["likelihood"] = Field(
        default="likelihood",
        description="how much likelier the reference of a dev case becomes, per token",
    )
    continuation: Literal["solution", "answer"] = Field(
        default="solution", description="the reference: the solution, or the answer alone"
    )
    dev_cases: int = Field(
        default=20,
        ge=2,
        description="dev cases per candidate: half bad ones of its type, half good ones",
    )
    min_cases: int = Field(
        default=4, ge=2, description="never fewer dev cases than this because of max_pairs"
    )
    max_pairs: int | None = Field(
        default=None,
        ge=1,
        description="candidate-case pairs scored in a round at most; null: no limit",
    )


class AllSettings(Settings):
    """The selector ``all`` has no settings."""


class RandomSettings(CutSettings):
    """Settings of the selector ``random``: how many are kept."""


def make_one_shot(settings: OneShotSettings, services: Services) -> object:
    """The selector ``one-shot``."""
    return OneShot(settings, services)


def make_all(_settings: AllSettings, _services: Services) -> object:
    """The selector ``all``."""
    return KeepAll()


def make_random(settings: RandomSettings, services: Services) -> object:
    """The selector ``random``."""
    return KeepRandom(settings, services.random)


class SelectionPlugin:
    """Offers the selectors."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """Three selectors."""
        return [
            Part(
                name="one-shot",
                kind="selector",
                settings=OneShotSettings,
                make=make_one_shot,
                summary="keeps what helps most as a worked example for held-out cases",
                needs=frozenset({"score"}),
            ),
            Part(
                name="all",
                kind="selector",
                settings=AllSettings,
                make=make_all,
                summary="keeps every candidate",
            ),
            Part(
                name="random",
                kind="selector",
                settings=RandomSettings,
                make=make_random,
                summary="keeps a random part",
            ),
        ]
