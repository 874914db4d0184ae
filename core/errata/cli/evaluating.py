"""``eval``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from errata.cli.bars import bars
from errata.cli.running import cache_folder
from errata.errors import Interrupted
from errata.evaluating.figures import SetFigures
from errata.evaluating.request import Prepared
from errata.evaluating.running import evaluate_model
from errata.report.words import interval, percent

_KINDS = 12  # more kinds than these are left to --json


def evaluate_sets(prepared: Prepared, into: Path | None, *, as_json: bool) -> None:
    """Print a line a set, or a table."""
    name = re.sub(r"[^\w.-]+", "-", prepared.asked.model).strip("-")
    folder = into or Path("runs") / f"eval-{name}"
    try:
        with bars(plain=not as_json) as begin:
            found = evaluate_model(prepared, folder, cache_folder(), begin)
    except KeyboardInterrupt as interrupt:
        raise Interrupted(f"stopped; the same command goes on in {folder}") from interrupt
    if as_json:
        for figures in found:
            print(figures.model_dump_json())
        return
    _print(found)
    Console().print(f"records: {folder}", markup=False, highlight=False, soft_wrap=True)


def _print(found: Sequence[SetFigures]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("set")
    for name in ("right", "accuracy", "95% interval", "undecided", "cut off", "not stated"):
        table.add_column(name, justify="right")
    for figures in found:
        greedy = figures.greedy
        table.add_row(
            figures.set,
            f"{greedy.right}/{greedy.total}",
            percent(greedy.accuracy),
            interval(greedy.low, greedy.high),
            str(greedy.undecided),
            str(figures.cut_off),
            str(figures.unstated),
        )
    console = Console()
    console.print(table)
    for figures in found:
        for line in [*_drawn(figures), *_by_kind(figures)]:
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _drawn(figures: SetFigures) -> list[str]:
    """maj@k and pass@k of a set, each with its interval."""
    if figures.majority is None:
        return []
    vote = figures.majority
    shown = [
        f"maj@{figures.samples} {percent(vote.accuracy)} ({interval(vote.low, vote.high)})",
        *(
            f"pass@{k} {percent(share.value)} ({interval(share.low, share.high)})"
            for k, share in sorted(figures.pass_at.items())
        ),
    ]
    return [f"{figures.set}: {', '.join(shown)}"]


def _by_kind(figures: SetFigures) -> list[str]:
    kinds = {kind: counts for kind, counts in figures.kinds.items() if kind}
    if not 1 < len(kinds) <= _KINDS:
        return []
    shown = (f"{kind} {right}/{total}" for kind, (right, total) in kinds.items())
    return [f"{figures.set} by kind: {', '.join(shown)}"]
