"""Figures in plain words, the same on the terminal and on the page."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from errata.life import TypeLife
from errata.records import Comparison
from errata.report.figures import (
    CheckpointFigures,
    Measured,
    NearFigures,
    RoundFigures,
    SecondOpinion,
    Summary,
)
from errata.report.spending import Spending
from errata.run import STAGES

_DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
PURPOSE = {
    "test": "reported, decides nothing",
    "ood": "out of domain: reported, decides nothing",
    "gate": "keeps or rejects a checkpoint",
    "guard": "rejects a checkpoint that is worse on it",
    "dev": "chooses among candidates",
    "train": "bad cases and seeds",
}


def percent(share: float) -> str:
    """``0.4321`` as ``43.2%``."""
    return f"{100 * share:.1f}%"


def interval(low: float, high: float) -> str:
    """Two shares in percent."""
    return f"{100 * low:.1f}–{100 * high:.1f}"


def count(number: int) -> str:
    """With thousands separators."""
    return f"{number:,}"


def count_if(number: int | None) -> str:
    """Nothing where it is not counted yet."""
    return "" if number is None else count(number)


def counted(number: int, thing: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{count(number)} {thing}" if number == 1 else f"{count(number)} {thing}s"


def p_value(value: float) -> str:
    """Three decimals, never 0."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def said_p(value: float) -> str:
    """In a sentence: ``p = 0.388``, ``p < 0.001``."""
    told = p_value(value)
    return f"p < {told[1:]}" if told.startswith("<") else f"p = {told}"


def duration(seconds: float) -> str:
    """``<0.1 s``, ``3.2 s``, ``65 s``, ``12m 05s``, ``3h 02m``."""
    if 0 < seconds < 0.05:
        return "<0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60}m {whole % 60:02d}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02d}m"


def figure(value: float) -> str:
    """A score or a trainer's figure: four significant digits or whole, with a proper minus sign."""
    told = f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return told.replace("-", "\u2212")


def category(name: str) -> str:
    """A triage category or an objection's reason."""
    return name.replace("-", " ")


def purpose(set_name: str) -> str:
    """What a set is for."""
    return PURPOSE.get(set_name.split("/", maxsplit=1)[0], "")


def checkpoint(figures: CheckpointFigures) -> str:
    """``after round 2``; rejected ones are called so."""
    if figures.kept is False:
        return f"{figures.label.removeprefix('after ')}, rejected"
    return figures.label


def round_name(name: str) -> str:
    """A folder of the run: ``base`` is "before", ``round-0`` the warm-up."""
    if name in ("setup", "base"):
        return "before"
    return "warm-up" if name == "round-0" else name.replace("-", " ")


def ending(summary: Summary) -> str:
    """How the run ended, or how far it is."""
    if summary.ended:
        return f"Finished: {summary.ended}."
    if not summary.seconds:
        return "Not finished: no stage is done yet."
    last = summary.seconds[-1]
    return f"Not finished: the last stage done is {last.stage} ({round_name(last.round)})."


SURETY = {"up": "better", "down": "worse", "flat": "within chance"}
_ALPHA = 0.05  # below it, a change is said to be beyond chance


def surety(paired: Comparison) -> str:
    """A key of ``SURETY``: which way a comparison went, if beyond chance."""
    if paired.p_value >= _ALPHA or paired.fixed == paired.broken:
        return "flat"
    return "up" if paired.fixed > paired.broken else "down"


def dollars(amount: float) -> str:
    """``$0.42``; four decimals below ten cents."""
    return f"${amount:.4f}" if 0 < amount < 0.1 else f"${amount:,.2f}"


def paid(spent: Spending) -> str:
    """What a sum of money is for."""
    total = spent.total()
    if not total.requests:
        return "nothing was asked of others"
    return "paid to others" if total.usd else "no price is known"


def apart(sets: Sequence[str]) -> str:
    """Of sets that cannot be compared, why not."""
    return (
        f"No problem in common on {', '.join(sets)}: the runs were asked other problems there, as with"
        " another seed or source, and cannot be compared on it."
    )


def at_a_glance(summary: Summary) -> list[tuple[str, Measured, Measured, Comparison]]:
    """Each set with the baseline's figure, the last kept checkpoint's, and their comparison."""
    by_id = {c.id: {a.set: a for a in c.accuracies} for c in summary.checkpoints}
    first, last = by_id.get(summary.baseline, {}), by_id.get(summary.final, {})
    return [(c.set, first[c.set], last[c.set], c) for c in summary.overall]


def stage_seconds(summary: Summary) -> tuple[list[str], dict[str, dict[str, float]]]:
    """Columns (rounds in order) and seconds by stage and column, stages in the loop's order."""
    columns: list[str] = []
    cells: dict[str, dict[str, float]] = {stage: {} for stage in STAGES}
    for item in summary.seconds:
        column = round_name(item.round)
        if column not in columns:
            columns.append(column)
        row = cells.setdefault(item.stage, {})
        row[column] = row.get(column, 0.0) + item.seconds
    return columns, {stage: row for stage, row in cells.items() if row}


def opinion(found: SecondOpinion) -> str:
    """The second opinion in a sentence."""
    return (
        f"{found.second} beside {found.first} on {counted(found.cases, 'case')}:"
        f" {count(found.located)} where both name a step, the same in"
        f" {_share(found.exact, found.located)}, within one in"
        f" {_share(found.within_one, found.located)}; no error say both"
        f" {count(found.no_error_both)} times, {found.first} alone"
        f" {count(found.no_error_first)}, {found.second} alone"
        f" {count(found.no_error_second)}"
    )


def _share(some: int, total: int) -> str:
    return f"{count(some)} ({percent(some / total)})" if total else "none"


def life_rows(rounds: Sequence[RoundFigures]) -> list[tuple[str, list[TypeLife | None]]]:
    """Each type of ``rounds`` by its latest name, with its life in each of them; the largest first."""
    rows: dict[tuple[str, str], list[TypeLife | None]] = {}
    for place, round_ in enumerate(rounds):
        for life in round_.life:
            row = rows.setdefault((life.since, life.first), [None] * len(rounds))
            row[place] = life
    by_size = sorted(rows.values(), key=lambda row: -max(map(_size, row)))
    return [(_name(row), row) for row in by_size]


def _size(cell: TypeLife | None) -> int:
    return max(cell.cases, cell.cases_before) if cell else 0


def _name(row: Sequence[TypeLife | None]) -> str:
    return next(cell.name for cell in reversed(row) if cell is not None)


def printable(text: str) -> str:
    """With what a terminal would obey (control characters, changes of direction) made visible."""
    return "".join("\ufffd" if _obeyed(c) else c for c in text.replace("\n", " "))


def _obeyed(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or character in _DIRECTIONS


def failures(failed: Mapping[str, int]) -> str:
    """What came to nothing, by what was lacking, to be put after other counts; nothing if none did."""
    if not failed:
        return ""
    kinds = ", ".join(f"{count(number)} {lack}" for lack, number in failed.items())
    return f"; {count(sum(failed.values()))} failed ({kinds})"


def nearness(near: NearFigures) -> str:
    """How near accepted candidates come by one rule that named any, in a sentence."""
    assert near.highest is not None
    middle = "too low to be named" if near.median is None else f"{near.median:.2f}"
    return (
        f"nearest held-out problem of {count(near.accepted)} accepted, by {near.rule}: median {middle},"
        f" highest {near.highest:.2f} ({near.problem_id}, {near.set}); {count(near.leaked)} leaked"
    )
