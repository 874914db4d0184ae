"""An ablation on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errata.ablation import wording
from errata.ablation.figures import Ablation
from errata.report.terminal import say, show, table, text

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN = ("mean", "difference", "95% interval", "fixed", "broken", "p")  # 80 columns hold no more


def print_ablation(found: Ablation, console: Console) -> None:
    """One table a set; the rest stands on the page."""
    for set_name in found.sets:
        grid = table(("", *_SHOWN), wrap=True)
        for name, cells in wording.rows(found, set_name):
            by_head = dict(zip(wording.HEADS, cells, strict=True))
            grid.add_row(text(name), *(by_head[head] for head in _SHOWN))
        title = f"{set_name}: mean of {wording.seeds_told(found)}, against {found.reference}"
        show(console, title, grid)
    if found.sets:
        say(
            console,
            "difference: percentage points, 95% interval by bootstrap over problems and seeds; fixed,"
            " broken: problems of all seeds (p: McNemar)",
        )
    for line in (wording.equality(found), wording.rejected(found), *missing(found)):
        if line:
            say(console, line)


def missing(found: Ablation) -> list[str]:
    """Runs that have not finished, in a sentence."""
    return [f"not finished: {'; '.join(found.missing)}"] if found.missing else []
