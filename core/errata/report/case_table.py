"""Wrong answers on a terminal: triage, the second opinion, other models, the life of error types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from errata.life import TypeLife
from errata.report import words
from errata.report.case_figures import SAMPLED
from errata.report.figures import BOTH, RoundFigures, Summary, TriageCounts
from errata.report.terminal import clipped, say, show, table, text
from errata.stages.evaluate import chunks

if TYPE_CHECKING:
    from rich.console import Console

_BOTH = "both"
_ABREAST = 2  # rounds with a rate and an interval each
_LIVES = 16  # types followed through the rounds


def print_imported(summary: Summary, console: Console) -> None:
    """What became of the files of attempts of other models."""
    for found in summary.imported:
        left = {
            "of no problem here": found.unmatched,
            "of problems outside train": found.held_out,
            "repeated": found.repeated,
        }
        rest = "".join(f"; {words.count(n)} {what}" for what, n in left.items() if n)
        say(
            console,
            f"{found.source}: {words.count(found.matched)} of {words.count(found.rows)} rows are"
            f" attempts at train problems{rest}",
        )


def print_triage(summary: Summary, console: Console) -> None:
    """Categories of the attempts, what samples showed, how far diagnosis reached."""
    rows = [(round_, counts) for round_ in summary.rounds for counts in round_.triage]
    if not rows:
        return
    named = [_row(f"{words.round_name(r.name)}, {_set(c)}", c) for r, c in rows]
    sampled = [row for row, (_, c) in zip(named, rows, strict=True) if c.sampled]
    names = [name for name in rows[0][1].categories if name not in SAMPLED]
    grid = table(("", "attempts", *(words.category(name) for name in names)))
    for head, counts in named:
        cells = (words.count(counts.categories[name]) for name in names)
        grid.add_row(text(head), words.count(counts.attempts), *cells)
    show(console, "Attempts at train and dev", grid)
    if sampled:
        _print_sampled(sampled, console)
    others = [
        _row(f"{words.round_name(r.name)}, {c.set}", c)
        for r in summary.rounds
        for c in r.other_models
    ]
    if others:
        grid = table(("", "attempts", *(words.category(name) for name in names)), wrap=True)
        for head, counts in others:
            cells = (words.count(counts.categories[name]) for name in names)
            grid.add_row(text(clipped(head)), words.count(counts.attempts), *cells)
        show(console, "Attempts of other models", grid)
    for round_ in summary.rounds:
        _say_diagnosed(round_, console)


def _row(head: str, counts: TriageCounts) -> tuple[str, TriageCounts]:
    return head, counts


def _set(counts: TriageCounts) -> str:
    return _BOTH if counts.set == BOTH else counts.set


def _print_sampled(rows: Sequence[tuple[str, TriageCounts]], console: Console) -> None:
    heads = ("wrong", "samples", "bad luck", "suspected wrong gold", "model error")
    grid = table(("", *heads))
    for head, counts in rows:
        found = counts.categories
        numbers = (counts.sampled, counts.samples, *(found[c] for c in SAMPLED))
        cells = (words.count(n) for n in (*numbers, found["model-error"]))
        grid.add_row(text(head), *cells)
    show(console, "Wrong answers looked at again", grid)


def _say_diagnosed(round_: RoundFigures, console: Console) -> None:
    found, name = round_.diagnoses, words.round_name(round_.name)
    if found.diagnosed or found.failed:
        theirs = f" ({words.count(found.others)} of other models)" if found.others else ""
        say(
            console,
            f"{name}: {words.count(found.diagnosed)} of {words.count(found.bad_cases)} model"
            f" errors{theirs} diagnosed; {words.count(found.located)} with a first wrong step,"
            f" {words.count(found.no_error)} found to be no error{words.failures(found.failed)}",
        )
    if round_.second_opinion is not None:
        say(console, f"{name}: {words.opinion(round_.second_opinion)}")


def print_life(summary: Summary, console: Console) -> None:
    """Error types through the rounds: share of the problems tried, and what became of them."""
    rounds = [round_ for round_ in summary.rounds if round_.life]
    if len(rounds) < 2:
        return
    for group in chunks(rounds, _ABREAST):
        grid = table(("", *(words.round_name(r.name) for r in group)), wrap=True)
        rows = words.life_rows(group)
        for name, cells in rows[:_LIVES]:
            grid.add_row(text(clipped(name)), *(_cell(cell) for cell in cells))
        show(console, "Error types through the rounds", grid)
        if len(rows) > _LIVES:
            say(console, f"the {_LIVES} largest of {words.count(len(rows))} types")
    tried = rounds[-1].life[0].tried
    say(
        console,
        f"cases per {words.count(tried)} problems tried, in percent with 95% intervals; shrunk, and"
        " relapsed after having shrunk: the interval of the change does not reach 0",
    )


def _cell(life: TypeLife | None) -> str:
    if life is None:
        return ""
    return f"{life.life} {100 * life.rate:.1f} ({words.interval(life.low, life.high)})"
