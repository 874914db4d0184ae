"""``ablation.svg``: accuracy of every arm, a dot a seed, the mean with its interval over seeds.

Every figure stands in the picture as text too. Not covered: sets beyond the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from errata.ablation import wording
from errata.ablation.figures import BASELINE, Ablation, ArmFigures
from errata.report import words
from errata.report.svg import document, text

_STYLE = """\
    text { fill: #1d2730; } .soft { fill: #51606f; font-size: 11px; } .end { text-anchor: end; }
    .mid { text-anchor: middle; } .grid { stroke: #51606f; stroke-opacity: 0.25; }
    .reference { stroke: #51606f; stroke-dasharray: 4 3; }
    .seed { fill: #b35c00; fill-opacity: 0.4; } .mean { fill: #b35c00; }
    .whisker { stroke: #b35c00; stroke-width: 1.5; fill: none; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e8eef3; } .soft { fill: #a9b8c5; } .grid, .reference { stroke: #a9b8c5; }
      .seed, .mean { fill: #f0a24b; } .whisker { stroke: #f0a24b; }
    }"""
_LABELS, _SPAN, _ROW, _TOP, _SAID = 210.0, 420.0, 30.0, 44.0, 250.0
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)


def picture(found: Ablation) -> str:
    """The picture of the first set; one that says so where nothing is finished."""
    width = _LABELS + _SPAN + _SAID
    if not found.sets:
        return document(
            width, 60, "Nothing is finished", _STYLE, [text(20, 34, "no run is finished yet")]
        )
    name = found.sets[0]
    shown = [f for arm in (BASELINE, *found.arms) if (f := found.of(arm, name)) is not None]
    scale = _Scale.around(found, shown, name)
    height = _TOP + _ROW * len(shown) + 46
    lines = [text(_LABELS, 20, f"Accuracy on {name}, {wording.seeds_told(found)}")]
    bottom = _TOP + _ROW * len(shown)
    for tick in scale.ticks:
        x = scale.x(tick)
        lines.append(f'<path class="grid" d="M{x} {_TOP - 8} V{bottom}"/>')
        lines.append(text(x, bottom + 16, f"{tick:.0%}", "mid soft"))
    reference = found.of(found.reference, name)
    if reference is not None:
        x = scale.x(reference.mean)
        lines.append(f'<path class="reference" d="M{x} {_TOP - 8} V{bottom}"/>')
    for place, figures in enumerate(shown):
        lines += _row(found, figures, scale, _TOP + _ROW * place + 8)
    note = (
        f"dots: seeds; bar: mean with its 95% interval over seeds; right of it: difference to"
        f" {found.reference} in points, 95% by bootstrap"
    )
    lines.append(text(_LABELS, bottom + 36, note, "soft"))
    return document(width, height, f"Accuracy of the arms of {found.name} on {name}", _STYLE, lines)


class _Scale:
    """Shares to places across."""

    def __init__(self, low: float, high: float) -> None:
        wanted = max(high - low, 0.01)
        step = next((s for s in _STEPS if wanted / s <= 7), _STEPS[-1])
        first, last = int(low / step), -int(-high / step // 1)
        self.ticks = [step * number for number in range(first, max(last, first + 1) + 1)]

    @classmethod
    def around(cls, found: Ablation, shown: list[ArmFigures], name: str) -> _Scale:
        """Room for every seed and every mean; intervals may be cut off at the ends."""
        shares = [run.accuracy for run in found.runs if run.set == name]
        shares += [f.mean for f in shown]
        ends = [end for f in shown for end in (f.low, f.high) if end is not None]
        room = (max(shares) - min(shares)) * 0.5 + 0.02
        low = max(0.0, min([*shares, *(max(e, min(shares) - room) for e in ends)]))
        return cls(low, min(1.0, max([*shares, *(min(e, max(shares) + room) for e in ends)])))

    def x(self, share: float) -> float:
        """The place of a share, within the picture."""
        low, high = self.ticks[0], self.ticks[-1]
        return round(_LABELS + _SPAN * min(1.0, max(0.0, (share - low) / (high - low))), 1)


def _row(found: Ablation, figures: ArmFigures, scale: _Scale, y: float) -> Iterator[str]:
    said = f"{words.percent(figures.mean)}"
    if figures.difference is not None:
        low, high = figures.difference_low, figures.difference_high
        said += f"   {wording.points(figures.difference)}"
        if low is not None and high is not None:
            said += f" ({wording.points(low)} to {wording.points(high)})"
    runs = found.runs_of(figures.arm, figures.set)
    told = ", ".join(f"seed {run.seed}: {words.percent(run.accuracy)}" for run in runs)
    yield f"<g><title>{escape(f'{figures.arm}: {said}; {told}')}</title>"
    yield text(_LABELS - 12, y + 5, figures.arm, "end")
    if figures.low is not None and figures.high is not None:
        low_x, high_x = scale.x(figures.low), scale.x(figures.high)
        yield f'<path class="whisker" d="M{low_x} {y} H{high_x}"/>'
    for run in runs:
        yield f'<circle class="seed" cx="{scale.x(run.accuracy)}" cy="{y}" r="5"/>'
    yield f'<rect class="mean" x="{scale.x(figures.mean) - 2}" y="{y - 9}" width="4" height="18"/>'
    yield text(_LABELS + _SPAN + 14, y + 5, said)
    yield "</g>"
