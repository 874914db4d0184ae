"""``compare``: runs beside each other on a terminal, as JSON, or on a page of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from errata.errors import UserError
from errata.report import words
from errata.report.compare_page import compare_page
from errata.report.comparing import Compared, compared
from errata.report.terminal import clipped, say, show, table, text
from errata.store import Store

_DIFFERENCES = 20


def compare_runs(directories: Sequence[Path], page: Path | None, *, as_json: bool) -> None:
    """Print how runs compare, and write the page. Raises UserError for fewer than two runs."""
    if len(directories) < 2:
        raise UserError("compare: two run directories or more are needed, one was given")
    stores = [Store(path) for path in directories]
    for store in stores:
        store.manifest()
    found = compared(stores)
    if page is not None:
        page.write_text(compare_page(found), encoding="utf-8")
    if as_json:
        print(found.model_dump_json(indent=1))
        return
    console = Console()
    print_compared(found, console)
    if page is not None:
        console.print(f"page: {page}", markup=False, highlight=False, soft_wrap=True)


def print_compared(found: Compared, console: Console) -> None:
    """A table a set, and where the recipes differ."""
    if found.apart:
        say(console, words.apart(found.apart))
    elif not found.sets:
        say(console, "No set has been measured by all of these runs.")
    for figures in found.sets:
        grid = table(
            ("", "right", "accuracy", "95% interval", "from", "fixed", "broken", "p"), wrap=True
        )
        for row in figures.runs:
            paired = row.paired
            grid.add_row(
                text(clipped(found.names[row.run])),
                f"{words.count(row.last.right)}/{words.count(row.last.total)}",
                words.percent(row.last.accuracy),
                words.interval(row.last.low, row.last.high),
                words.percent(row.first.accuracy) if row.first.total else "",
                words.count_if(paired.fixed if paired else None),
                words.count_if(paired.broken if paired else None),
                words.p_value(paired.p_value) if paired else "",
            )
        shared = f"{figures.set}: {words.counted(figures.shared, 'problem')} in common"
        show(console, shared, grid)
    if found.sets:
        say(
            console,
            "the last kept checkpoint of each run, from its baseline; fixed, broken: problems, against"
            f" {clipped(found.names[0])} (p: McNemar, each set for itself)",
        )
    _print_differences(found, console)


def _print_differences(found: Compared, console: Console) -> None:
    if not found.differences:
        say(console, "The recipes do not differ.")
        return
    console.print()
    say(console, "Where the recipes differ", style="bold")
    for difference in found.differences[:_DIFFERENCES]:
        values = " · ".join(clipped(value or "–") for value in difference.values)
        say(console, f"{difference.key}: {values}")
    rest = len(found.differences) - _DIFFERENCES
    if rest > 0:
        say(console, f"and {rest} more")
