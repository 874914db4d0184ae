"""What a run cost, on a terminal: time by stage, and what the ledgers say was paid.

Not covered: what a stage cost in tokens of the target, which is counted by checkpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from errata.report import words
from errata.report.figures import Summary
from errata.report.terminal import clipped, say, show, table, text
from errata.stages.evaluate import chunks

if TYPE_CHECKING:
    from rich.console import Console

_COLUMNS_ABREAST = 6


def print_time(summary: Summary, console: Console) -> None:
    """Time per stage; nothing before a stage is done."""
    columns, rows = words.stage_seconds(summary)
    for group in chunks(columns, _COLUMNS_ABREAST):
        grid = table(("", *group))
        for stage, row in rows.items():
            if any(column in row for column in group):
                cells = (words.duration(row[c]) if c in row else "" for c in group)
                grid.add_row(text(stage), *cells)
        totals = (sum(row.get(c, 0.0) for row in rows.values()) for c in group)
        grid.add_row(text("all stages", style="bold"), *(words.duration(t) for t in totals))
        show(console, "Time per stage", grid)
    if columns:
        say(console, f"in all {words.duration(summary.total_seconds)}")


def print_spending(summary: Summary, console: Console) -> None:
    """Requests, tokens and money by stage, and what the target wrote; nothing before anything is."""
    spent, total = summary.spending, summary.spending.total()
    if not spent.stages and not spent.answered and not spent.unread:
        return
    if spent.stages:
        grid = table(("", "requests", "tokens", "US dollars"))
        for row in spent.stages:
            head = text(f"{row.stage} ({row.who})")
            grid.add_row(
                head, words.count(row.requests), words.count(row.tokens), words.dollars(row.usd)
            )
        grid.add_row(
            text("all stages", style="bold"),
            words.count(total.requests),
            words.count(total.tokens),
            words.dollars(total.usd),
        )
        show(console, "Money and tokens", grid)
    else:
        console.print()
        say(console, "Money and tokens", style="bold")
    say(console, f"{words.dollars(total.usd)}: {words.paid(spent)}")
    if spent.unread:
        say(console, f"a ledger could not be read: {clipped(spent.unread)}")
    wrote = spent.written()
    if wrote.attempts:
        say(
            console,
            f"the target read {words.count(wrote.prompt_tokens)} and wrote"
            f" {words.count(wrote.tokens)} tokens in {words.counted(wrote.attempts, 'answer')}",
        )
