"""The summary of a run on a terminal: plain words, readable without color, 80 columns are enough.

Not covered: examples; the page has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from errata.report import words
from errata.report.figures import BOTH, CheckpointFigures, RoundFigures, Summary
from errata.stages.evaluate import chunks

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_TYPES_SHOWN = 12
_NAME_SHOWN = 70  # characters of a type's name
_BOTH = "both"
_ROUNDS_ABREAST = 5


def print_summary(summary: Summary, console: Console) -> None:
    """Print every table of the summary; parts that the run has not reached are left out."""
    _say(console, f"{summary.name}: {words.ending(summary)}", style="bold")
    _say(console, f"domain {summary.domain} · target {summary.target} · seed {summary.seed}")
    _print_accuracy(summary, console)
    for figures in summary.checkpoints:
        if figures.compared_with and figures.why:
            _say(console, f"{words.round_name(figures.id)}: {figures.why}")
    _print_triage(summary, console)
    for round_ in summary.rounds:
        _print_types(round_, console)
    _print_candidates(summary, console)
    for round_ in summary.rounds:
        for lack in round_.shortfalls:
            _say(
                console,
                f"{words.round_name(round_.name)}: {lack.accepted} of {lack.asked} candidates"
                f" accepted for {_type_name(round_, lack.error_type)}: {lack.why}",
            )
    _print_time(summary, console)


# --- accuracy ---------------------------------------------------------------------------------------


def _print_accuracy(summary: Summary, console: Console) -> None:
    shown = [s.set for s in summary.sets if any(_measured(c, s.set) for c in summary.checkpoints)]
    if not shown:
        return
    heads = ("right", "accuracy", "95% interval", "fixed", "broken", "p")
    table = _table(("", *heads))
    for set_name in shown:
        table.add_row(_text(set_name, style="bold"))
        for figures in summary.checkpoints:
            if _measured(figures, set_name):
                table.add_row(*_accuracy_row(figures, set_name))
    _show(console, "Accuracy", table)
    _say(console, "fixed, broken: problems, against the last checkpoint kept before (p: McNemar)")
    for c in summary.checkpoints:
        doubtful = [f"{a.undecided} of {a.total} on {a.set}" for a in c.accuracies if a.undecided]
        if doubtful:
            _say(console, f"undecided, counted as not right, {c.label}: {', '.join(doubtful)}")
    _print_overall(summary, console)


def _print_overall(summary: Summary, console: Console) -> None:
    """From the baseline to the last kept checkpoint, where that is more than one round's step."""
    if not summary.overall or all(
        c.compared_with in (None, summary.baseline) for c in _kept_last(summary)
    ):
        return
    table = _table(("", "baseline", "last kept", "fixed", "broken", "p"))
    for set_name, first, last, paired in words.at_a_glance(summary):
        table.add_row(
            _text(set_name),
            words.percent(first.accuracy),
            words.percent(last.accuracy),
            words.count(paired.fixed),
            words.count(paired.broken),
            words.p_value(paired.p_value),
        )
    labels = {c.id: c.label for c in summary.checkpoints}
    _show(console, f"From {labels[summary.baseline]} to {labels[summary.final]}", table)


def _kept_last(summary: Summary) -> list[CheckpointFigures]:
    return [c for c in summary.checkpoints if c.id == summary.final]


def _measured(figures: CheckpointFigures, set_name: str) -> bool:
    return any(a.set == set_name for a in figures.accuracies)


def _accuracy_row(figures: CheckpointFigures, set_name: str) -> Iterator[str]:
    found = next(a for a in figures.accuracies if a.set == set_name)
    yield f"  {words.checkpoint(figures)}"
    if not found.complete:
        yield f"{words.count(found.total)}/{words.count(found.problems)} so far"
        return
    yield f"{words.count(found.right)}/{words.count(found.total)}"
    yield words.percent(found.accuracy)
    yield words.interval(found.low, found.high)
    for paired in figures.comparisons:
        if paired.set == set_name:
            yield words.count(paired.fixed)
            yield words.count(paired.broken)
            yield words.p_value(paired.p_value)


# --- triage, types ----------------------------------------------------------------------------------


def _print_triage(summary: Summary, console: Console) -> None:
    rows = [(round_, counts) for round_ in summary.rounds for counts in round_.triage]
    if not rows:
        return
    names = list(rows[0][1].categories)
    table = _table(("", "attempts", *(words.category(name) for name in names)))
    for round_, counts in rows:
        table.add_row(
            _text(
                f"{words.round_name(round_.name)}, {_BOTH if counts.set == BOTH else counts.set}"
            ),
            words.count(counts.attempts),
            *(words.count(counts.categories[name]) for name in names),
        )
    _show(console, "Attempts at train and dev", table)
    for round_ in summary.rounds:
        found = round_.diagnoses
        if found.diagnosed:
            _say(
                console,
                f"{words.round_name(round_.name)}: {words.count(found.diagnosed)} of"
                f" {words.count(found.bad_cases)} model errors diagnosed;"
                f" {words.count(found.located)} with a first wrong step,"
                f" {words.count(found.no_error)} found to be no error",
            )


def _print_types(round_: RoundFigures, console: Console) -> None:
    if not round_.types and not round_.unassigned:
        return
    shown = round_.types[:_TYPES_SHOWN]
    table = _table(
        ("", "cases", "on dev", "dev fixed", "proposed", "accepted", "kept"),
        wrap=True,
    )
    for t in shown:
        fixed = words.count_if(t.dev_fixed)
        made = (words.count_if(number) for number in (t.proposed, t.accepted, t.kept))
        table.add_row(
            _text(_clipped(t.name)), words.count(t.cases), words.count(t.dev_cases), fixed, *made
        )
    table.add_row(_text("(unassigned)"), words.count(round_.unassigned))
    _show(console, f"Error types of {words.round_name(round_.name)}", table)
    if len(shown) < len(round_.types):
        _say(console, f"the {len(shown)} largest of {words.count(len(round_.types))} types")


def _type_name(round_: RoundFigures, type_id: str) -> str:
    return _clipped(next((t.name for t in round_.types if t.id == type_id), type_id))


def _clipped(name: str) -> str:
    return name if len(name) <= _NAME_SHOWN else name[: _NAME_SHOWN - 1] + "…"


# --- candidates, time -------------------------------------------------------------------------------


def _print_candidates(summary: Summary, console: Console) -> None:
    made = [r for r in summary.rounds if r.funnel.proposed or r.funnel.fruitless]
    for group in chunks(made, _ROUNDS_ABREAST):
        table = _table(("", *(words.round_name(r.name) for r in group)), wrap=True)
        for head, cells in _candidate_rows(group):
            table.add_row(_text(head), *cells)
        _show(console, "Candidates", table)


def _candidate_rows(rounds: Sequence[RoundFigures]) -> Iterator[tuple[str, list[str]]]:
    funnels = [r.funnel for r in rounds]
    yield "proposed", [words.count(f.proposed) for f in funnels]
    yield "objected to", [words.count(f.objected) for f in funnels]
    by = [{(o.reason, o.by): o.candidates for o in f.objections} for f in funnels]
    totals = Counter[tuple[str, str]]()
    for counts in by:
        totals.update(counts)
    for reason, verifier in sorted(totals, key=lambda key: (-totals[key], key)):
        head = f"  {words.category(reason)} (by {verifier})"
        yield head, [words.count(counts.get((reason, verifier), 0)) for counts in by]
    yield "accepted", [words.count(f.accepted) for f in funnels]
    yield "kept for training", [words.count_if(f.kept) for f in funnels]
    for reason in sorted({reason for f in funnels for reason in f.fruitless}):
        head = f"tries without a candidate: {words.category(reason)}"
        yield head, [words.count(f.fruitless.get(reason, 0)) for f in funnels]


def _print_time(summary: Summary, console: Console) -> None:
    columns, rows = words.stage_seconds(summary)
    for group in chunks(columns, _ROUNDS_ABREAST + 1):
        table = _table(("", *group))
        for stage, row in rows.items():
            if any(column in row for column in group):
                cells = (words.duration(row[c]) if c in row else "" for c in group)
                table.add_row(_text(stage), *cells)
        totals = (sum(row.get(c, 0.0) for row in rows.values()) for c in group)
        table.add_row(_text("all stages", style="bold"), *(words.duration(t) for t in totals))
        _show(console, "Time per stage", table)
    if columns:
        _say(console, f"in all {words.duration(summary.total_seconds)}")


# --- rich -------------------------------------------------------------------------------------------


def _table(heads: Sequence[str], *, wrap: bool = False) -> Table:
    """A table whose first column is words and whose others are numbers; a rule, but no frame."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    first, *numbers = heads
    table.add_column(first, no_wrap=not wrap, overflow="fold")
    for head in numbers:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _show(console: Console, title: str, table: Table) -> None:
    console.print()
    _say(console, title, style="bold")
    console.print(table)


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(_text(line, style=style), soft_wrap=False)


def _text(content: str, style: str = "") -> Text:
    """Literal text: no markup, and nothing a terminal would obey."""
    from rich.text import Text

    return Text(words.printable(content), style=style)
