"""The table of ``selection.py`` as a picture: what every rule costs, how far it agrees, what it trains.

Every figure stands in the picture as text too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log10
from statistics import fmean

from errata.report.svg import document, text

STYLE = """\
    text { fill: #1d2730; } .soft { fill: #51606f; font-size: 11px; } .end { text-anchor: end; }
    .mid { text-anchor: middle; } .grid { stroke: #51606f; stroke-opacity: 0.25; }
    .reference { stroke: #51606f; stroke-dasharray: 4 3; }
    .bar { fill: #b35c00; fill-opacity: 0.5; } .each { fill: #b35c00; fill-opacity: 0.4; }
    .mean { fill: #b35c00; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e8eef3; } .soft { fill: #a9b8c5; } .grid, .reference { stroke: #a9b8c5; }
      .bar, .each, .mean { fill: #f0a24b; }
    }"""
LABELS, SPAN, GAP, ROW, TOP = 220.0, 190.0, 70.0, 28.0, 52.0


@dataclass(frozen=True)
class Row:
    """One rule: its tokens as a share of the paper's, overlap of each draw and test accuracy of each
    seed, each where it is measured."""

    name: str
    price: float | None
    overlaps: Sequence[float] = ()
    accuracies: Sequence[float] = ()


@dataclass(frozen=True)
class Panel:
    """Where shares from ``low`` to ``high`` lie across."""

    left: float
    low: float
    high: float

    def x(self, share: float) -> float:
        """The place of a share, in SVG user units."""
        within = (share - self.low) / (self.high - self.low)
        return round(self.left + SPAN * min(1.0, max(0.0, within)), 1)


def picture(rows: Sequence[Row], chance: float, before: float) -> str:
    """The rules one below the other; ``chance`` is the overlap of kept sets drawn at random, ``before``
    the test accuracy after the warm-up alone."""
    first, second, third = (LABELS + (SPAN + GAP) * place for place in range(3))
    tested = [before, *chain.from_iterable(row.accuracies for row in rows)]
    room = 0.1 * (max(tested) - min(tested)) + 0.005
    prices = Panel(first, -3.0, 0.0)
    overlaps = Panel(second, 0.0, 1.0)
    accuracies = Panel(third, max(0.0, min(tested) - room), max(tested) + room)
    bottom = TOP + ROW * len(rows)
    lines = [
        text(first, 20, "tokens, of the paper's"),
        text(first, 36, "logarithmic", "soft"),
        text(second, 20, "agreement of the kept set"),
        text(second, 36, f"dashed: chance, {chance:.2f}", "soft"),
        text(third, 20, "test accuracy after training"),
        text(third, 36, f"dashed: the warm-up alone, {before:.1%}", "soft"),
    ]
    for panel, place in ((overlaps, chance), (accuracies, before)):
        lines.append(f'<path class="reference" d="M{panel.x(place)} {TOP - 10} V{bottom - 6}"/>')
    for tenth in (-2.0, -1.0):
        lines.append(f'<path class="grid" d="M{prices.x(tenth)} {TOP - 10} V{bottom - 6}"/>')
        lines.append(text(prices.x(tenth), bottom + 10, f"{10**tenth:g}", "mid soft"))
    for number, row in enumerate(rows):
        y = TOP + ROW * number + 6
        lines += [text(LABELS - 12, y + 5, row.name, "end"), *_price(row, prices, y)]
        lines += _dots(row.overlaps, overlaps, y, ".2f")
        lines += _dots(row.accuracies, accuracies, y, ".1%")
    note = "dots: draws of dev cases, seeds of training; bar: their mean"
    lines.append(text(second, bottom + 26, note, "soft"))
    return document(LABELS + 3 * (SPAN + GAP), bottom + 40, "Rules of selection", STYLE, lines)


def _price(row: Row, panel: Panel, y: float) -> Iterator[str]:
    if row.price is None:
        return
    if not row.price:
        yield text(panel.left, y + 5, "nothing", "soft")
        return
    width = round(panel.x(log10(row.price)) - panel.left, 1)
    yield f'<rect class="bar" x="{panel.left}" y="{y - 8}" width="{width}" height="16"/>'
    yield text(panel.left + width + 6, y + 5, f"{row.price:.3g}")


def _dots(values: Sequence[float], panel: Panel, y: float, form: str) -> Iterator[str]:
    if not values:
        return
    mean = fmean(values)
    for value in values if len(values) > 1 else ():
        yield f'<circle class="each" cx="{panel.x(value)}" cy="{y}" r="5"/>'
    yield f'<rect class="mean" x="{panel.x(mean) - 2}" y="{y - 9}" width="4" height="18"/>'
    yield text(panel.left + SPAN + 8, y + 5, format(mean, form))


def rows_of(
    figures: Mapping[str, Sequence[Mapping[str, float]]],
    accuracies: Mapping[str, Sequence[float]],
    paper: str,
) -> list[Row]:
    """The rows of ``selection.py``'s table; ``paper`` is the rule whose tokens the others' are compared
    with."""
    tokens = {name: fmean(r["tokens"] for r in own) for name, own in figures.items()}
    whole = tokens.get(paper)
    return [
        Row(
            name,
            tokens[name] / whole if whole and name in tokens else None,
            [r["overlap"] for r in figures.get(name, ())],
            accuracies.get(name, ()),
        )
        for name in dict.fromkeys([*figures, *accuracies])
    ]
