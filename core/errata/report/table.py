"""The summary of a run on a terminal: plain words, readable without color, 80 columns are enough.

Not covered: examples; the page has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from errata.report import surely, words
from errata.report.case_table import print_imported, print_life, print_triage
from errata.report.cost_table import print_spending, print_time
from errata.report.figures import CheckpointFigures, RoundFigures, Summary
from errata.report.terminal import clipped, say, show, table, text
from errata.stages.evaluate import chunks

if TYPE_CHECKING:
    from rich.console import Console

_TYPES_SHOWN = 12
_ROUNDS_ABREAST = 5


def print_summary(summary: Summary, console: Console) -> None:
    """Print every table of the summary; parts that the run has not reached are left out."""
    say(console, f"{summary.name}: {words.ending(summary)}", style="bold")
    say(console, f"domain {summary.domain} · target {summary.target} · seed {summary.seed}")
    _print_accuracy(summary, console)
    for figures in summary.checkpoints:
        if figures.compared_with and figures.why:
            say(console, f"{words.round_name(figures.id)}: {figures.why}")
    print_imported(summary, console)
    print_triage(summary, console)
    for round_ in summary.rounds:
        _print_types(round_, console)
    print_life(summary, console)
    _print_candidates(summary, console)
    for round_ in summary.rounds:
        for lack in round_.shortfalls:
            say(
                console,
                f"{words.round_name(round_.name)}: {lack.accepted} of {lack.asked} candidates"
                f" accepted for {_type_name(round_, lack.error_type)}: {lack.why}",
            )
    print_time(summary, console)
    print_spending(summary, console)


# --- accuracy ---------------------------------------------------------------------------------------


def _print_accuracy(summary: Summary, console: Console) -> None:
    shown = [s.set for s in summary.sets if any(_measured(c, s.set) for c in summary.checkpoints)]
    if not shown:
        return
    heads = ("right", "accuracy", "95% interval", "fixed", "broken", "p")
    grid = table(("", *heads))
    for set_name in shown:
        grid.add_row(text(set_name, style="bold"))
        for figures in summary.checkpoints:
            if _measured(figures, set_name):
                grid.add_row(*_accuracy_row(figures, set_name))
    show(console, "Accuracy", grid)
    say(console, "fixed, broken: problems, against the last checkpoint kept before (p: McNemar)")
    for c in summary.checkpoints:
        doubtful = [f"{a.undecided} of {a.total} on {a.set}" for a in c.accuracies if a.undecided]
        if doubtful:
            say(console, f"undecided, counted as not right, {c.label}: {', '.join(doubtful)}")
    _print_overall(summary, console)


def _print_overall(summary: Summary, console: Console) -> None:
    """From the baseline to the last kept checkpoint, where that is more than one round's step."""
    if not summary.overall or all(
        c.compared_with in (None, summary.baseline) for c in _kept_last(summary)
    ):
        return
    grid = table(("", "baseline", "last kept", "fixed", "broken", "p"))
    for set_name, first, last, paired in words.at_a_glance(summary):
        grid.add_row(
            text(set_name),
            words.percent(first.accuracy),
            words.percent(last.accuracy),
            words.count(paired.fixed),
            words.count(paired.broken),
            words.p_value(paired.p_value),
        )
    labels = {c.id: c.label for c in summary.checkpoints}
    show(console, f"From {labels[summary.baseline]} to {labels[summary.final]}", grid)


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


# --- types ------------------------------------------------------------------------------------------


def _print_types(round_: RoundFigures, console: Console) -> None:
    if not round_.types and not round_.unassigned:
        return
    shown = round_.types[:_TYPES_SHOWN]
    grid = table(
        ("", "cases", "on dev", "dev fixed", "proposed", "accepted", "kept"),
        wrap=True,
    )
    for t in shown:
        fixed = words.count_if(t.dev_fixed)
        made = (words.count_if(number) for number in (t.proposed, t.accepted, t.kept))
        grid.add_row(
            text(clipped(t.name)), words.count(t.cases), words.count(t.dev_cases), fixed, *made
        )
        for s in t.styles:
            made = (words.count_if(number) for number in (s.proposed, s.accepted, s.kept))
            grid.add_row(text(f"  {clipped(s.style)}"), "", "", "", *made)
    grid.add_row(text("(unassigned)"), words.count(round_.unassigned))
    show(console, f"Error types of {words.round_name(round_.name)}", grid)
    theirs = sum(t.others for t in shown)
    if theirs:
        told = (f"{clipped(t.name)} {words.count(t.others)}" for t in shown if t.others)
        say(console, f"{words.count(theirs)} of these cases are other models': {', '.join(told)}")
    for t in shown:
        if t.quota is not None and t.quota.rule == "expected-gain":
            say(console, f"{clipped(t.name)}: {words.count(t.quota.quota)} wanted: {t.quota.why}")
    doubtful = [f"{clipped(t.name)} ({t.stability:.2f})" for t in shown if surely.unstable(t)]
    if doubtful:
        say(console, f"unstable, resampled cases do not give them again: {', '.join(doubtful)}")
    if len(shown) < len(round_.types):
        say(console, f"the {len(shown)} largest of {words.count(len(round_.types))} types")


def _type_name(round_: RoundFigures, type_id: str) -> str:
    return clipped(next((t.name for t in round_.types if t.id == type_id), type_id))


# --- candidates -------------------------------------------------------------------------------


def _print_candidates(summary: Summary, console: Console) -> None:
    made = [r for r in summary.rounds if r.funnel.proposed or r.funnel.fruitless]
    replayed = {c.id: c.training.replayed for c in summary.checkpoints if c.training}
    for group in chunks(made, _ROUNDS_ABREAST):
        grid = table(("", *(words.round_name(r.name) for r in group)), wrap=True)
        for head, cells in _candidate_rows(group, replayed):
            grid.add_row(text(head), *cells)
        show(console, "Candidates", grid)
        for round_ in group:
            if round_.funnel.kept is not None:
                say(console, f"{words.round_name(round_.name)}: {surely.kept(round_)}")
            for choice in round_.style_choices:
                say(
                    console,
                    f"{_type_name(round_, choice.error_type or '')}: {surely.choice(choice)}",
                )
            for near in filter(lambda near: near.named, round_.near):
                console.print(text(f"{words.round_name(round_.name)}: {words.nearness(near)}"))


def _candidate_rows(
    rounds: Sequence[RoundFigures], replayed: Mapping[str, int]
) -> Iterator[tuple[str, list[str]]]:
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
    if any(replayed.values()):
        yield (
            "solved problems replayed",
            [words.count(replayed[r.name]) if r.name in replayed else "" for r in rounds],
        )
    for reason in sorted({reason for f in funnels for reason in f.fruitless}):
        head = f"tries without a candidate: {words.category(reason)}"
        yield head, [words.count(f.fruitless.get(reason, 0)) for f in funnels]
