"""Geometry of the page's pictures, in SVG user units; the template draws them.

Two kinds: accuracy over checkpoints, one panel a set, all with the same scale; and the distribution
of selection scores. Every picture has its figures in words beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from errata.report import words
from errata.report.figures import CheckpointFigures, Measured, Scores, Summary

WIDTH, HEIGHT = 320.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 38.0, 14.0, 22.0, 30.0
_LABELLED = 6  # more checkpoints than this leave no room for a figure at each
_STEPS = (0.05, 0.1, 0.2, 0.25)


@dataclass(frozen=True)
class Point:
    """A checkpoint on a set. ``state`` is before, baseline, kept, rejected or open."""

    x: float
    y: float
    y_low: float
    y_high: float
    state: str
    tick: str
    value: str
    title: str


@dataclass(frozen=True)
class Panel:
    """Accuracy on one set. ``line`` joins the checkpoints that were kept."""

    set: str
    purpose: str
    points: Sequence[Point]
    ticks: Sequence[tuple[float, str]]
    line: str
    baseline: float | None
    title: str


@dataclass(frozen=True)
class Bar:
    """A bin of scores: kept ones below, the others on top of them."""

    x: float
    width: float
    kept: float
    left_out: float
    title: str


@dataclass(frozen=True)
class Histogram:
    """Selection scores of a round; heights are in user units from the floor ``floor``."""

    bars: Sequence[Bar]
    floor: float
    ends: tuple[str, str]
    cut: float | None
    title: str


def panels(summary: Summary) -> list[Panel]:
    """A panel for each set that some checkpoint has finished."""
    found = {
        s.set: [(c, a) for c in summary.checkpoints for a in c.accuracies if _on(a, s.set)]
        for s in summary.sets
    }
    highs = [a.high for pairs in found.values() for _, a in pairs]
    if not highs:
        return []
    step = next((s for s in _STEPS if max(highs) / s <= 5), _STEPS[-1])
    top = min(1.0, step * -(-max(highs) // step))
    ticks = [step * n for n in range(round(top / step) + 1)]
    places = [c.id for c in summary.checkpoints]
    return [_panel(summary, name, found[name], places, ticks) for name in found if found[name]]


def _on(measured: Measured, set_name: str) -> bool:
    return measured.set == set_name and measured.complete


def _panel(
    summary: Summary,
    name: str,
    pairs: Sequence[tuple[CheckpointFigures, Measured]],
    places: Sequence[str],
    ticks: Sequence[float],
) -> Panel:
    def height(share: float) -> float:
        room = HEIGHT - _TOP - _BOTTOM
        return round(HEIGHT - _BOTTOM - room * share / ticks[-1], 2)

    span = WIDTH - _LEFT - _RIGHT
    points = [
        Point(
            x=round(_LEFT + span * (places.index(c.id) + 0.5) / len(places), 2),
            y=height(a.accuracy),
            y_low=height(a.low),
            y_high=height(a.high),
            state=_state(summary, c),
            tick=_tick(c, len(places)),
            value=words.percent(a.accuracy)
            if len(places) <= _LABELLED or c.id in (summary.baseline, summary.final)
            else "",
            title=f"{words.checkpoint(c)}: {words.percent(a.accuracy)}"
            f" ({words.interval(a.low, a.high)}), {a.right} of {a.total}",
        )
        for c, a in pairs
    ]
    kept = [p for p in points if p.state not in ("rejected", "open")]
    return Panel(
        set=name,
        purpose=words.purpose(name),
        points=points,
        ticks=[(height(tick), f"{tick:.0%}") for tick in ticks],
        line=" ".join(f"{p.x},{p.y}" for p in kept),
        baseline=next((p.y for p in points if p.state == "baseline"), None),
        title=f"Accuracy on {name}: " + "; ".join(p.title for p in points),
    )


def _state(summary: Summary, checkpoint: CheckpointFigures) -> str:
    if checkpoint.id == summary.baseline:
        return "baseline"
    if checkpoint.compared_with is None:
        return "before"
    return {None: "open", True: "kept", False: "rejected"}[checkpoint.kept]


def _tick(checkpoint: CheckpointFigures, count: int) -> str:
    """Names under the axis; where there are many, only the numbers of rounds (the warm-up is 0)."""
    name = words.round_name(checkpoint.id)
    if count < _LABELLED:
        return name
    return checkpoint.id.removeprefix("round-") if checkpoint.compared_with else ""


def histogram(scores: Scores) -> Histogram:
    """The distribution of ``scores``."""
    floor, span = HEIGHT - _BOTTOM, WIDTH - 2 * _RIGHT
    highest = max(b.kept + b.left_out for b in scores.bins)
    unit = (floor - _TOP) / highest
    width = span / len(scores.bins)
    cut = None
    if scores.lowest_kept is not None and scores.high > scores.low:
        share = (scores.lowest_kept - scores.low) / (scores.high - scores.low)
        cut = round(_RIGHT + span * share, 2)
    return Histogram(
        bars=list(_bars(scores, width, unit)),
        floor=floor,
        ends=(words.figure(scores.low), words.figure(scores.high)),
        cut=cut,
        title=f"Scores of {scores.scored} candidates, from {words.figure(scores.low)} to"
        f" {words.figure(scores.high)}",
    )


def _bars(scores: Scores, width: float, unit: float) -> Iterator[Bar]:
    for place, b in enumerate(scores.bins):
        yield Bar(
            x=round(_RIGHT + place * width + 0.5, 2),
            width=round(width - 1, 2),
            kept=round(b.kept * unit, 2),
            left_out=round(b.left_out * unit, 2),
            title=f"{words.figure(b.low)} to {words.figure(b.high)}: {b.kept} kept,"
            f" {b.left_out} left out",
        )
