"""The pictures of the worked example as SVG: a heat map of shares, and bars of types.

Every figure stands in the picture as text; color only repeats it. Not covered: what is shown
(``eight_models.py``).
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from eight_models import Cell, Shares

from errata.report.svg import document, text

_STYLE = """\
    text { fill: #1d2730; } .small { font-size: 11px; } .soft { fill: #51606f; font-size: 11px; }
    .mid { text-anchor: middle; } .end { text-anchor: end; } .cell { fill: #b35c00; }
    .out { fill: none; stroke: #1d2730; stroke-width: 2; } .bar { fill: #b35c00; fill-opacity: 0.62; }
    .whisker { stroke: #1d2730; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e8eef3; } .soft { fill: #a9b8c5; }
      .cell, .bar { fill: #f0a24b; } .out { stroke: #e8eef3; } .whisker { stroke: #e8eef3; }
    }"""
_LABELS, _CELL, _ROW, _HEAD = 340, 108, 40, 58
_DARKEST = 0.62  # opacity of the largest share: text stays readable on it


def heat_map(found: Shares, label: str) -> str:
    """Rows down, models across; a cell is the share of the model's errors, with its interval."""
    columns = [*found.models, None]
    width = _LABELS + _CELL * len(columns) + 10
    height = _HEAD + _ROW * len(found.rows) + 34
    highest = max(found.cells[row, model].share for row, _ in found.rows for model in found.models)
    lines = []
    for place, model in enumerate(columns):
        x = _LABELS + _CELL * (place + 0.5)
        lines += [
            text(x, 22, model or "all models", "mid"),
            text(x, 40, f"{found.errors[model]:,} errors", "mid soft"),
        ]
    marked = set(found.standing_out())
    for number, (row, name) in enumerate(found.rows):
        y = _HEAD + _ROW * number
        lines.append(text(_LABELS - 10, y + 25, _short(name, 46), "end"))
        for place, model in enumerate(columns):
            cell, x = found.cells[row, model], _LABELS + _CELL * place
            title = f"{name}, {model or 'all models'}: {_said(cell, found.errors[model])}"
            lines.append(_heat(cell, x, y, cell.share / highest, title))
            if model is not None and (row, model) in marked:
                lines.append(
                    f'<rect class="out" x="{x + 3}" y="{y + 3}" width="{_CELL - 6}"'
                    f' height="{_ROW - 6}" rx="3"/>'
                )
    lines.append(
        text(
            _LABELS,
            height - 10,
            "share of the model's errors; below it the 95% interval; framed: differs from the other"
            " models (p < 5% over all cells)",
            "soft",
        )
    )
    return document(width, height, label, _STYLE, lines)


def _heat(cell: Cell, x: float, y: float, strength: float, title: str) -> str:
    opacity = round(_DARKEST * min(1.0, strength), 3)
    return (
        f"<g><title>{escape(title)}</title>"
        f'<rect class="cell" x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_ROW - 2}"'
        f' fill-opacity="{opacity}"/>'
        + text(x + _CELL / 2, y + 18, f"{cell.share:.1%}", "mid")
        + text(x + _CELL / 2, y + 32, f"{100 * cell.low:.1f}–{100 * cell.high:.1f}", "mid small")
        + "</g>"
    )


def bars(found: Shares) -> str:
    """Share of all errors by type, with intervals."""
    span, row_height = 430, 26
    width, height = _LABELS + span + 140, 20 + row_height * len(found.rows) + 34
    highest = max(found.cells[row, None].high for row, _ in found.rows)
    lines = []
    for number, (row, name) in enumerate(found.rows):
        cell, y = found.cells[row, None], 14 + row_height * number
        low, end, high = (
            round(_LABELS + span * share / highest, 1)
            for share in (cell.low, cell.share, cell.high)
        )
        middle = y + 9
        lines += [
            f"<g><title>{escape(f'{name}: {_said(cell, found.errors[None])}')}</title>",
            text(_LABELS - 10, y + 14, _short(name, 46), "end"),
            f'<rect class="bar" x="{_LABELS}" y="{y}" width="{round(end - _LABELS, 1)}" height="18"/>',
            f'<path class="whisker" d="M{low} {middle} H{high}"/>',
            f'<path class="whisker" d="M{low} {middle - 4} v8 M{high} {middle - 4} v8"/>',
            text(high + 8, y + 14, f"{cell.share:.1%}  ({cell.count:,})"),
            "</g>",
        ]
    note = f"share of {found.errors[None]:,} errors of all models, 95% interval, number of cases"
    lines.append(text(_LABELS, height - 10, note, "soft"))
    return document(width, height, "How often each type occurs over all models", _STYLE, lines)


def _said(cell: Cell, total: int) -> str:
    return f"{cell.count} of {total}, {cell.share:.1%} ({100 * cell.low:.1f}–{100 * cell.high:.1f})"


def _short(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "…"
