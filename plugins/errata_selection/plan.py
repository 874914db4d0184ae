"""Which dev cases each candidate is scored on, within the budget of pairs.

Not covered: cases are drawn evenly, not by difficulty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from errata.parts import DevCases
from errata.records import Candidate, Problem


@dataclass(frozen=True)
class Cases:
    """The dev cases of one error type; the same ones for all of its candidates."""

    bad: tuple[Problem, ...]
    good: tuple[Problem, ...]

    def __len__(self) -> int:
        return len(self.bad) + len(self.good)

    def first(self, size: int) -> Cases:
        """The first ``size`` cases, half of each kind."""
        half = max(1, size // 2) if size < len(self) else len(self)
        return Cases(self.bad[:half], self.good[:half])

    def once(self) -> list[Problem]:
        """Bad and good cases, each once."""
        return list({problem.id: problem for problem in (*self.bad, *self.good)}.values())

    def ids(self) -> tuple[tuple[str, ...], ...]:
        """The ids of the bad cases, and of the good ones."""
        return tuple(tuple(problem.id for problem in half) for half in (self.bad, self.good))


@dataclass(frozen=True)
class Plan:
    """The cases of each error type (None: candidates without one), and the ids to be scored."""

    cases: Mapping[str | None, Cases]
    scored: frozenset[str]

    def of(self, candidate: Candidate) -> Cases:
        """The cases of a candidate."""
        return self.cases[candidate.lineage.error_type or None]

    def problems(self, candidates: Sequence[Candidate]) -> list[Problem]:
        """The cases of all ``candidates``, each once, by id."""
        found = {p.id: p for candidate in candidates for p in self.of(candidate).once()}
        return [found[name] for name in sorted(found)]

    def refuse_empty(self, dev: DevCases) -> None:
        """Raise ValueError where an error type has no dev case at all."""
        empty = sorted(name or "(none)" for name, chosen in self.cases.items() if not chosen)
        if empty:
            raise ValueError(
                f"selection has no dev case at all for error type {', '.join(empty)}: found"
                f" {len(dev.all_bad)} bad and {len(dev.good)} good dev cases; give the recipe a"
                " larger dev set"
            )


def make_plan(
    candidates: Sequence[Candidate],
    dev: DevCases,
    per_candidate: int,
    fewest: int,
    max_pairs: int | None,
    random: Random,
) -> Plan:
    """Draw at most ``per_candidate`` cases per error type, half bad and half good.

    When candidates × cases exceeds ``max_pairs``, there are fewer cases for everyone, at least
    ``fewest``; when that is still too many, a random part of the candidates is scored. Where one half
    has too few cases the other does not grow, so that halves stay comparable between types.
    """
    size = cases_each(len(candidates), per_candidate, fewest, max_pairs)
    types = sorted({candidate.lineage.error_type or "" for candidate in candidates})
    half = max(1, size // 2)
    # Drawn in full length first, so that a smaller budget takes a part of the same cases.
    good = _draw(dev.good, max(1, per_candidate // 2), random)[:half]
    chosen: dict[str | None, Cases] = {}
    for name in types:
        pool = dev.bad.get(name) or dev.all_bad
        bad = _draw(pool, max(1, per_candidate // 2), random)[:half]
        chosen[name or None] = Cases(bad=bad, good=good)
    return Plan(cases=chosen, scored=affordable(candidates, chosen, max_pairs, random))


def cases_each(candidates: int, wanted: int, fewest: int, max_pairs: int | None) -> int:
    """How many cases each of the candidates sees: fewer than ``wanted``, but not than ``fewest``,
    where ``max_pairs`` does not suffice."""
    if max_pairs is None or not candidates:
        return wanted
    return min(wanted, max(fewest, max_pairs // candidates))


def _draw(pool: Sequence[Problem], number: int, random: Random) -> tuple[Problem, ...]:
    """At most ``number`` problems, drawn without replacement, whatever order the pool is in."""
    ordered = sorted(pool, key=lambda problem: problem.id)
    return tuple(random.sample(ordered, min(number, len(ordered))))


def affordable(
    candidates: Sequence[Candidate],
    cases: Mapping[str | None, Cases],
    max_pairs: int | None,
    random: Random,
) -> frozenset[str]:
    """All candidates, or as many, drawn at random, as ``max_pairs`` pays for."""
    prices = {
        candidate.id: len(cases[candidate.lineage.error_type or None]) for candidate in candidates
    }
    if max_pairs is None or sum(prices.values()) <= max_pairs:
        return frozenset(prices)
    drawn = sorted(prices)
    random.shuffle(drawn)
    chosen: list[str] = []
    left = max_pairs
    for name in drawn:
        if prices[name] > left:
            break
        left -= prices[name]
        chosen.append(name)
    return frozenset(chosen)
