"""Error types followed through the rounds: what the page shows of each, and opens with a click.

A type of one round is the type of the next by its life (``errata.life``). A type whose cases are all
other models' has no life and stands for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errata.life import TypeLife
from errata.report import words
from errata.report.figures import RoundFigures, TypeFigures

_UNFOLLOWED = "of other models"


@dataclass(frozen=True)
class Moment:
    """A type in one round: its life there, and its figures (None where it is gone)."""

    round: RoundFigures
    life: TypeLife | None
    type: TypeFigures | None


@dataclass(frozen=True)
class Thread:
    """A type through the rounds, by its latest name; ``state`` is its life in the last of them."""

    id: str
    name: str
    state: str
    moments: Sequence[Moment]

    @property
    def latest(self) -> TypeFigures:
        """Its figures in the last round that has it."""
        return next(m.type for m in reversed(self.moments) if m.type is not None)

    @property
    def cases(self) -> int:
        """Its cases in that round."""
        return self.latest.cases

    @property
    def story(self) -> list[str]:
        """What became of it, round by round."""
        return [_told(moment) for moment in self.moments]


def threads(rounds: Sequence[RoundFigures]) -> list[Thread]:
    """Every type of every round, the largest first."""
    rows: dict[tuple[str, str], list[Moment]] = {}
    for round_ in rounds:
        types = {t.id: t for t in round_.types}
        for life in round_.life:
            moment = Moment(round_, life, types.pop(life.error_type, None))
            rows.setdefault((life.since, life.first), []).append(moment)
        for left in types.values():
            rows[round_.name, f"\0{left.id}"] = [Moment(round_, None, left)]
    known = [row for row in rows.values() if any(m.type for m in row)]
    known.sort(key=lambda row: -max(m.type.cases for m in row if m.type))
    return [
        Thread(f"type-{place}", _name(row), _state(row[-1]), row)
        for place, row in enumerate(known, start=1)
    ]


def scale(found: Sequence[Thread]) -> float:
    """The rate that the longest bar stands for: the highest end of an interval."""
    highs = [m.life.high for thread in found for m in thread.moments if m.life]
    return max([0.001, *highs])


def _name(row: Sequence[Moment]) -> str:
    return next(m.type.name for m in reversed(row) if m.type is not None)


def _state(moment: Moment) -> str:
    return moment.life.life if moment.life else _UNFOLLOWED


def _told(moment: Moment) -> str:
    where = words.round_name(moment.round.name)
    if moment.life is None:
        cases = moment.type.cases if moment.type else 0
        return f"{where}: {words.counted(cases, 'case')} of other models"
    if moment.type is None or moment.life.life == "gone":
        return f"{where}: gone"
    told = (
        f"{where}: {moment.life.life}, {words.counted(moment.life.cases, 'case')}"
        f" ({words.percent(moment.life.rate)} of the problems tried)"
    )
    t = moment.type
    if t.kept is not None:
        told += f", {words.counted(t.kept, 'candidate')} kept against it"
    if t.dev_fixed is not None and t.dev_cases:
        told += (
            f", then {words.count(t.dev_fixed)} of {words.count(t.dev_cases)} held-out cases solved"
        )
    return told
