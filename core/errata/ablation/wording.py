"""The figures of an ablation in words, the same on the terminal, on the page and in the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from errata.ablation.figures import BASELINE, Ablation, ArmFigures
from errata.report import words

HEADS = (
    "examples",
    "mean",
    "95% over seeds",
    "difference",
    "95% interval",
    "fixed",
    "broken",
    "p",
)


def points(share: float) -> str:
    """A difference in percentage points, with its sign."""
    return f"{100 * share:+.1f}"


def rows(found: Ablation, set_name: str) -> Iterator[tuple[str, list[str]]]:
    """Every arm on a set: its name and a cell for each of ``HEADS``; before the round first."""
    for name in (BASELINE, *found.arms):
        figures = found.of(name, set_name)
        if figures is None:
            yield name, ["", "not finished", *[""] * (len(HEADS) - 2)]
        else:
            yield name, _cells(found, figures)


def _cells(found: Ablation, figures: ArmFigures) -> list[str]:
    mean = words.percent(figures.mean)
    if len(figures.seeds) < len(found.seeds):
        mean += f" ({len(figures.seeds)} of {len(found.seeds)} seeds)"
    cells = [numbers(figures.examples), mean, _interval(figures.low, figures.high)]
    if figures.arm == found.reference:
        return [*cells, "reference", *[""] * 4]
    if figures.difference is None or figures.p_value is None:
        return [*cells, *[""] * 5]
    return [
        *cells,
        points(figures.difference),
        _spread(figures.difference_low, figures.difference_high),
        words.count_if(figures.fixed),
        words.count_if(figures.broken),
        words.p_value(figures.p_value),
    ]


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else words.interval(max(0.0, low), min(1.0, high))


def _spread(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{points(low)} to {points(high)}"


def numbers(examples: Sequence[int]) -> str:
    """``400``, or ``396 to 400`` where seeds differ."""
    if not examples:
        return ""
    low, high = min(examples), max(examples)
    return words.count(low) if low == high else f"{words.count(low)} to {words.count(high)}"


def equality(found: Ablation) -> str:
    """Whether all runs trained on the same number of examples, in a sentence."""
    trained = {(run.arm, run.seed): run.examples for run in found.runs if run.arm != BASELINE}
    if not trained:
        return "no run is finished"
    most = max(trained.values())
    short = [
        f"{arm} {words.count(examples)} at seed {seed}"
        for (arm, seed), examples in sorted(trained.items())
        if examples < most
    ]
    if not short:
        return f"every run trained on {words.count(most)} examples"
    return (
        f"not the same number of examples for all: the most are {words.count(most)};"
        f" fewer have {', '.join(short)}"
    )


def rejected(found: Ablation) -> str:
    """Runs whose checkpoint the gate rejected, in a sentence; nothing where there is none."""
    runs = sorted({(run.arm, run.seed) for run in found.runs if run.kept is False})
    if not runs:
        return ""
    named = ", ".join(f"{arm} at seed {seed}" for arm, seed in runs)
    return f"the gate rejected the checkpoint of {named}; it is counted here all the same"


def seeds_told(found: Ablation) -> str:
    """``seeds 0, 1, 2``."""
    many = "seed" if len(found.seeds) == 1 else "seeds"
    return f"{many} {', '.join(map(str, found.seeds))}"
