"""``group``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from errata.cli.bars import bars
from errata.cli.running import cache_folder
from errata.errors import Interrupted
from errata.grouping import Totals, group_rows, make_grouper, placed, read_rows, totals
from errata.plugins import Catalogue
from errata.records import ErrorType
from errata.stability import UNSTABLE

_SHOWN = 3


def group_file(path: Path, use: str, seed: int, changes: Sequence[str], *, as_json: bool) -> None:
    """Print a line a row and the totals, or a table of the types."""
    rows = read_rows(path)
    try:
        with bars(plain=False) as begin:
            progress = begin("grouping")
            grouper = make_grouper(Catalogue(), use, changes, seed, cache_folder(), progress)
            grouping = group_rows(rows, grouper, use)
    except KeyboardInterrupt as interrupt:
        raise Interrupted(
            "stopped; what was embedded is kept, the next time is faster"
        ) from interrupt
    found = totals(rows, grouping)
    if as_json:
        for row in placed(grouping):
            print(row.model_dump_json())
        print(found.model_dump_json(exclude_none=True))
    else:
        _print_types(grouping.types, found, len(rows))


def _print_types(types: Sequence[ErrorType], found: Totals, rows: int) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("type")
    table.add_column("cases", justify="right")
    table.add_column("stability", justify="right")
    table.add_column("central phrases", overflow="fold")
    for error_type in types:
        stability = error_type.stability
        shown = "" if stability is None else f"{stability:.2f}"
        if stability is not None and stability < UNSTABLE:
            shown = f"unstable {shown}"
        phrases = "; ".join(error_type.keyphrases[:_SHOWN])
        table.add_row(_plain(error_type.name), str(error_type.count), shown, _plain(phrases))
    table.add_row("(unassigned)", str(found.unassigned))
    console = Console()
    console.print(table)
    console.print(f"{rows} rows, {found.types} types", highlight=False)
    if found.ami is not None:
        console.print(
            f"against the labels: AMI {found.ami:.3f}, ARI {found.ari:.3f}, V-measure"
            f" {found.v_measure:.3f} (unassigned is a class of its own)",
            highlight=False,
        )


def _plain(text: str) -> str:
    """Text in which rich finds no markup."""
    return text.replace("[", r"\[")
