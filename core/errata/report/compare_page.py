"""The page of ``errata compare``: two or more runs on one self-contained HTML file.

A function of the figures alone: what runs are compared by stands in ``comparing.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errata.report import words
from errata.report.comparing import Compared, SetFigures
from errata.report.page import embedded, environment, policy

WIDTH, _LEFT, _RIGHT, _ROW, _TOP, _BOTTOM = 640.0, 176.0, 60.0, 30.0, 8.0, 24.0
_NAME = 24  # characters of a run's name beside its point
_STEPS = (0.05, 0.1, 0.2, 0.25)


@dataclass(frozen=True)
class Dot:
    """A run on a set: its last kept checkpoint with its interval, and where its baseline was."""

    name: str
    y: float
    x: float
    low: float
    high: float
    first: float | None
    value: str
    title: str


@dataclass(frozen=True)
class Dots:
    """The picture of a set, in SVG user units."""

    set: str
    height: float
    dots: Sequence[Dot]
    ticks: Sequence[tuple[float, str]]
    title: str


def compare_page(found: Compared) -> str:
    """The page as text."""
    return (
        environment(400)
        .get_template("compare.html.j2")
        .render(
            found=found,
            pictures={figures.set: picture(found, figures) for figures in found.sets},
            width=WIDTH,
            data=embedded(found),
            policy=policy(live=False),
            live=False,
        )
    )


def picture(found: Compared, figures: SetFigures) -> Dots:
    """A row a run, all from 0 to a round figure above the highest interval."""
    high = max(row.last.high for row in figures.runs)
    step = next((s for s in _STEPS if high / s <= 5), _STEPS[-1])
    top = min(1.0, step * -(-high // step)) or 1.0
    span = WIDTH - _LEFT - _RIGHT

    def across(share: float) -> float:
        return round(_LEFT + span * share / top, 2)

    dots = [
        Dot(
            name=_short(found.names[row.run]),
            y=_TOP + _ROW * (place + 0.5),
            x=across(row.last.accuracy),
            low=across(row.last.low),
            high=across(row.last.high),
            first=across(row.first.accuracy) if row.first.total else None,
            value=words.percent(row.last.accuracy),
            title=f"{found.names[row.run]}: {words.percent(row.last.accuracy)}"
            f" ({words.interval(row.last.low, row.last.high)})",
        )
        for place, row in enumerate(figures.runs)
    ]
    ticks = [step * n for n in range(round(top / step) + 1)]
    return Dots(
        set=figures.set,
        height=_TOP + _ROW * len(dots) + _BOTTOM,
        dots=dots,
        ticks=[(across(tick), f"{tick:.0%}") for tick in ticks],
        title=f"Accuracy on {figures.set}: " + "; ".join(dot.title for dot in dots),
    )


def _short(name: str) -> str:
    """Beginning and end: runs of one study differ at the end of their names."""
    half = _NAME // 2
    return name if len(name) <= _NAME else f"{name[: half - 1]}…{name[-half:]}"
