"""The selectors. Not covered: selection by a model's judgement of a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from errata.hooks import hookimpl
from errata.parts import Part, Selector, Services
from errata_selection.chain import Chain
from errata_selection.diversity import Diversity
from errata_selection.gradient import OneShotGradient
from errata_selection.one_shot import OneShot
from errata_selection.pass_rate import PassRate
from errata_selection.plain import KeepAll, KeepRandom
from errata_selection.settings import (
    AllSettings,
    ChainSettings,
    DiversitySettings,
    GradientSettings,
    OneShotSettings,
    PassRateSettings,
    RandomSettings,
    StyleOnlySettings,
    StyleSettings,
)
from errata_selection.styling import Styled


def _styled(style: StyleSettings, services: Services, inner: Selector) -> Selector:
    """``inner`` with the choice between styles before it, where one is asked for."""
    return inner if style.choose == "mixed" else Styled(style, services, inner)


def make_one_shot(settings: OneShotSettings, services: Services) -> object:
    """The selector ``one-shot``."""
    return _styled(settings.style, services, OneShot(settings, services))


def make_gradient(settings: GradientSettings, services: Services) -> object:
    """The selector ``one-shot-gradient``."""
    return _styled(settings.style, services, OneShotGradient(settings, services))


def make_pass_rate(settings: PassRateSettings, services: Services) -> object:
    """The selector ``pass-rate``."""
    return _styled(settings.style, services, PassRate(settings, services))


def make_diversity(settings: DiversitySettings, services: Services) -> object:
    """The selector ``diversity``."""
    return Diversity(settings, services)


def make_style(settings: StyleOnlySettings, services: Services) -> object:
    """The selector ``style``."""
    return _styled(settings, services, cast(Selector, KeepAll()))


def make_all(_settings: AllSettings, _services: Services) -> object:
    """The selector ``all``."""
    return KeepAll()


def make_random(settings: RandomSettings, services: Services) -> object:
    """The selector ``random``."""
    return KeepRandom(settings, services.random)


def make_chain(settings: ChainSettings, services: Services) -> object:
    """The selector ``chain``."""
    return Chain(settings, services)


_SCORING = [
    Part(
        name="one-shot",
        kind="selector",
        settings=OneShotSettings,
        make=make_one_shot,
        summary="keeps what helps most as a worked example for held-out cases",
        needs_by=OneShotSettings.capabilities,
    ),
    Part(
        name="one-shot-gradient",
        kind="selector",
        settings=GradientSettings,
        make=make_gradient,
        summary="keeps what helps held-out cases most after one training step on it",
        needs=frozenset({"influence"}),
        needs_by=GradientSettings.capabilities,
    ),
    Part(
        name="pass-rate",
        kind="selector",
        settings=PassRateSettings,
        make=make_pass_rate,
        summary="keeps problems that the target solves now and then",
        needs=frozenset({"sample"}),
        needs_by=PassRateSettings.capabilities,
    ),
]
_OTHERS = [
    Part(
        name="diversity",
        kind="selector",
        settings=DiversitySettings,
        make=make_diversity,
        summary="keeps what together stands for all, by facility location over embeddings",
        requires=("numpy",),
        extra="cluster",
        needs_embedder=True,
    ),
    Part(
        name="style",
        kind="selector",
        settings=StyleOnlySettings,
        make=make_style,
        summary="keeps, of each error type, the solution style that the target learns most from",
        needs_by=StyleOnlySettings.capabilities,
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
    Part(
        name="chain",
        kind="selector",
        settings=ChainSettings,
        make=make_chain,
        summary="runs selectors one after the other, each on what the one before it kept",
        inside=ChainSettings.inside,
    ),
]


class SelectionPlugin:
    """Offers the selectors."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """Every selector."""
        return [*_SCORING, *_OTHERS]
