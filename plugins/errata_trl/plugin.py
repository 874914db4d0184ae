"""The parts ``sft``, ``dpo`` and ``sft-dpo``: training with TRL, as adapters or of all weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from errata.hooks import hookimpl
from errata.parts import ExampleKind, Part, Services, Settings
from errata_trl.settings import (
    DpoSettings,
    SftDpoSettings,
    SftSettings,
    lacking,
    lacking_in_both,
)
from errata_trl.trainers import SftThenDpo, Training


def make_sft(settings: SftSettings, services: Services) -> object:
    """The trainer; libraries and weights are loaded when it trains."""
    return Training("sft", settings, services)


def make_dpo(settings: DpoSettings, services: Services) -> object:
    """The trainer for preferences; libraries and weights are loaded when it trains."""
    return Training("dpo", settings, services)


def make_sft_dpo(settings: SftDpoSettings, services: Services) -> object:
    """Both, one after the other."""
    return SftThenDpo(settings, services)


class TrlPlugin:
    """Offers three trainers."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """See ``errata.hooks``."""
        return [
            _trainer(
                "sft",
                SftSettings,
                make_sft,
                {"completions"},
                lacking,
                "supervised fine-tuning with TRL: LoRA, QLoRA, or all weights",
            ),
            _trainer(
                "dpo",
                DpoSettings,
                make_dpo,
                {"preferences"},
                lacking,
                "direct preference optimization with TRL: LoRA, QLoRA, or all weights",
            ),
            _trainer(
                "sft-dpo",
                SftDpoSettings,
                make_sft_dpo,
                {"completions", "preferences"},
                lacking_in_both,
                "supervised fine-tuning, then preferences, with TRL",
            ),
        ]


def _trainer(
    name: str,
    settings: type[Settings],
    make: Callable[[Any, Services], object],
    takes: set[ExampleKind],
    check: Callable[[Any], Sequence[str]],
    summary: str,
) -> Part:
    return Part(
        name=name,
        kind="trainer",
        settings=settings,
        make=make,
        summary=summary,
        requires=("torch", "transformers", "trl", "peft", "datasets"),
        extra="trl",
        needs=frozenset({"materialise"}),
        takes=frozenset(takes),
        check=check,
    )
