"""What candidates are worth on the same dev cases, how sure that is, and how sure a cut is.

A score is the mean of the means over bad and good cases (Self-Error-Instruct, arXiv 2505.22591, section
3.4). Standard errors come from the spread of the values within each half, drawn towards the spread of
all candidates, because a handful of right-or-wrong cases often has none of its own.

Not covered: that cases may depend on each other, and looking many times (a race does).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, variance

_NORMAL = NormalDist()
_DRAW = 2  # the common spread counts like so many cases of one's own
Halves = tuple[tuple[float, ...], ...]  # of bad cases, of good ones; either may be empty
Spread = tuple[float | None, ...]  # the common variance within each half


@dataclass(frozen=True)
class Worth:
    """A score, its standard error (None where nothing tells), and the halves it is made of."""

    score: float
    error: float | None
    halves: Halves
    names: tuple[tuple[str, ...], ...]

    @property
    def cases(self) -> int:
        """How many cases it rests on."""
        return sum(map(len, self.halves))


def common_spread(all_halves: Sequence[Halves]) -> Spread:
    """Mean variance within the bad and within the good half; None where none has two values."""
    found = []
    for halves in zip(*all_halves, strict=True):
        own = [variance(half) for half in halves if len(half) > 1]
        found.append(fmean(own) if own else None)
    return tuple(found)


def worth(
    values: Mapping[str, float], cases: Sequence[Sequence[str]], spread: Spread = ()
) -> Worth:
    """The worth of one candidate with ``values`` by case; ``cases`` are the ids of each half.

    Cases without a value are passed over. Raises ValueError when there is no value at all.
    """
    names = tuple(tuple(name for name in half if name in values) for half in cases)
    halves = tuple(tuple(values[name] for name in half) for half in names)
    if not any(halves):
        raise ValueError("no case has a value")
    return Worth(
        fmean(fmean(half) for half in halves if half), _error(halves, spread), halves, names
    )


def gap(one: Worth, other: Worth, spread: Spread) -> tuple[float, float]:
    """How far ``one`` is above ``other``, and the standard error of that.

    Where both saw the same cases, it is that of the differences case by case.
    """
    if one.names == other.names:
        differences = tuple(
            tuple(a - b for a, b in zip(mine, theirs, strict=True))
            for mine, theirs in zip(one.halves, other.halves, strict=True)
        )
        error = _error(differences, tuple(None if each is None else 2 * each for each in spread))
    else:
        error = sqrt(sum((each.error or 0.0) ** 2 for each in (one, other)))
    return one.score - other.score, error or 0.0


def chance_above(difference: float, error: float) -> float:
    """The probability that a true difference is above zero."""
    if error == 0:
        return 0.5 if difference == 0 else float(difference > 0)
    return _NORMAL.cdf(difference / error)


def _error(halves: Halves, spread: Spread) -> float | None:
    """Standard error of the mean of the means; None where a half has no spread to go by."""
    there = [
        (half, each) for half, each in zip(halves, spread or (None, None), strict=True) if half
    ]
    squares = [_drawn(half, each) / len(half) for half, each in there if each is not None]
    return sqrt(sum(squares)) / len(there) if len(squares) == len(there) else None


def _drawn(half: Sequence[float], spread: float) -> float:
    """The variance of a half, drawn towards the common one."""
    own = variance(half) if len(half) > 1 else 0.0
    free = len(half) - 1
    return (free * own + _DRAW * spread) / (free + _DRAW)


def sureness(worths: Mapping[str, Worth], kept: frozenset[str]) -> dict[str, float]:
    """The probability of each candidate to belong on its side of the cut.

    Empirical Bayes: true worths are normal with the mean of the scores and what their variance has
    beyond that of the errors; each candidate's own is then normal around its score, drawn to that
    mean. The cut lies where as many are expected above it as are kept. When the scores spread no more
    than their errors do, everybody is above it with the same probability: the cut is luck. Empty where
    a standard error is missing.
    """
    if not worths or any(each.error is None for each in worths.values()):
        return {}
    errors = {name: float(each.error or 0.0) for name, each in worths.items()}
    number = len(kept & worths.keys())
    if number in (0, len(worths)):
        return dict.fromkeys(worths, 1.0)
    centre = fmean(each.score for each in worths.values())
    seen = variance([each.score for each in worths.values()])
    true = seen - fmean(error**2 for error in errors.values())
    if true <= 1e-12 * max(seen, 1.0):
        share = number / len(worths)
        return {name: share if name in kept else 1 - share for name in worths}
    beliefs = {}
    for name, each in worths.items():
        weight = true / (true + errors[name] ** 2)
        mean = centre + weight * (each.score - centre)
        beliefs[name] = (mean, sqrt(weight) * errors[name])
    cut = _level(list(beliefs.values()), number)
    above = {
        name: chance_above(mean - cut, deviation) for name, (mean, deviation) in beliefs.items()
    }
    return {name: p if name in kept else 1 - p for name, p in above.items()}


def _level(beliefs: Sequence[tuple[float, float]], number: int) -> float:
    """Where ``number`` of the normal ``beliefs`` (mean, deviation) are expected above; bisection."""
    widest = max(deviation for _, deviation in beliefs)
    low = min(mean for mean, _ in beliefs) - 8 * widest
    high = max(mean for mean, _ in beliefs) + 8 * widest
    for _ in range(60):
        middle = (low + high) / 2
        above = sum(chance_above(mean - middle, deviation) for mean, deviation in beliefs)
        low, high = (middle, high) if above > number else (low, middle)
    return (low + high) / 2
