"""Whether the recipe's trainers can use the examples that its strategy makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from errata.parts import ExampleKind, Part
from errata.recipe import Recipe


def example_mistakes(
    recipe: Recipe, chosen: Mapping[str, Part], trainers: Iterable[Part]
) -> list[str]:
    """Mistakes between the parts ``chosen`` by section; ``trainers`` are those there are."""
    trainers = list(trainers)
    found = []
    strategy, trainer, warmup = (chosen.get(name) for name in ("synthesize", "train", "warmup"))
    if strategy and trainer:
        for kind in sorted(strategy.makes - trainer.takes):
            found.append(
                f"train.use: strategy {strategy.name!r} makes {kind}, which trainer"
                f" {trainer.name!r} cannot use{_instead(kind, strategy.makes, trainers)}"
            )
    if trainer and recipe.train and recipe.train.replay and "completions" not in trainer.takes:
        found.append(
            f"train.replay: solved problems are completions, which trainer {trainer.name!r} cannot"
            f" use{_instead('completions', trainer.takes, trainers)}"
        )
    if warmup and "completions" not in warmup.takes:
        found.append(
            f"warmup: reference solutions are completions, which trainer {warmup.name!r} cannot"
            f" use{_instead('completions', frozenset(), trainers)}; set warmup.use"
        )
    return found


def _instead(kind: ExampleKind, also: frozenset[ExampleKind], trainers: Sequence[Part]) -> str:
    """The trainers that can use examples of ``kind``, and those of the kinds in ``also``."""
    able = sorted(part.name for part in trainers if {kind} | also <= part.takes)
    return f"; trainers that can: {', '.join(able)}" if able else ""
