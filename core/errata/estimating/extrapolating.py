"""From a pilot's measurements to a whole run, by drawing what the run might be like.

Each of the draws takes an error rate (Jeffreys posterior), the bad cases of the problems that were not
tried (binomial), a cost per diagnosis (bootstrap over the pilot's diagnoses), an acceptance rate and a
cost per wave (bootstrap over its waves), and goes through the waves of every type until its quota is
accepted or the type is given up; near-duplicates become commoner as candidates pile up. Expected is
the mean of the draws; the interval holds 95% of them.

Not covered: what the pilot could not see (``errata.estimating.estimate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import exp, inf, log, sqrt
from random import Random

from errata.calls.budget import Cost
from errata.estimating.figures import Costs, Range
from errata.estimating.measured import Measured, Stratum, WaveCost
from errata.recipe import Synthesize
from errata.stages.problems import apportion

_DRAWS = 600
_EXACT = 24  # trials that are drawn one by one; more are drawn as a normal
Vector = tuple[float, float, float]  # requests, tokens, dollars
_NOTHING: Vector = (0.0, 0.0, 0.0)
_SHAPES = (log(0.3), log(10))  # from a few common kinds to all kinds alike


@dataclass(frozen=True)
class Drawn:
    """Draws of one round: how many bad cases, and each stage's cost (None: could not be measured).

    ``short`` is the share of the draws in which a type was given up before its quota was accepted.
    """

    bad_cases: Sequence[float]
    triage: Sequence[Vector] | None
    diagnose: Sequence[Vector] | None
    group: Sequence[Vector] | None
    synthesize: Sequence[Vector] | None
    short: float = 0.0

    @property
    def round(self) -> Sequence[Vector] | None:
        """All stages together."""
        stages = (self.triage, self.diagnose, self.group, self.synthesize)
        whole = [stage for stage in stages if stage is not None]
        if len(whole) < len(stages):
            return None
        return [reduce(_sum, vectors) for vectors in zip(*whole, strict=True)]


def draw(measured: Measured, settings: Synthesize, random: Random) -> Drawn:
    """What one round of the run might be like, many times."""
    strata = (measured.own, measured.imported)
    bad_cases = [sum(_bad(stratum, random) for stratum in strata) for _ in range(_DRAWS)]
    diagnose = _items(bad_cases, measured.cases, measured.bad, random)
    looks = None
    if measured.looks is not None:
        looked = replace(measured.own, bad=min(len(measured.looks), measured.own.tried))
        numbers = [_bad(looked, random) if measured.looks else 0 for _ in range(_DRAWS)]
        looks = _items(numbers, measured.looks, len(measured.looks), random) or [_NOTHING] * _DRAWS
    group = None
    if measured.grouping is not None and measured.cases:
        whole, share = _vector(measured.grouping), len(measured.cases)
        # Naming types costs the same however many cases they have; reading cases costs for each.
        group = [_times(whole, random.uniform(1, max(1, n / share))) for n in bad_cases]
    made, short = None, 0.0
    if measured.waves:
        weights = measured.types
        if settings.per_type == "uniform":
            weights = tuple(int(count > 0) for count in weights)
        names = {f"{place:06}": weight for place, weight in enumerate(weights)}
        quota = [share for share in apportion(settings.total, names).values() if share]
        drawn = [_synthesis(measured, quota, settings, random) for _ in range(_DRAWS)]
        made = [vector for vector, _ in drawn]
        short = sum(accepted < sum(quota) for _, accepted in drawn) / _DRAWS
    return Drawn(bad_cases, looks, diagnose, group, made, short)


def costs(draws: Sequence[Vector], *, priced: bool, times: int = 1) -> Costs:
    """The expected cost and its interval, of ``times`` rounds."""
    requests, tokens, usd = (
        spread([times * vector[place] for vector in draws]) for place in range(3)
    )
    return Costs(requests=requests, tokens=tokens, usd=usd if priced else None)


def spread(draws: Sequence[float]) -> Range:
    """Mean and 95% interval of draws."""
    found = sorted(draws)
    low, high = found[int(0.025 * len(found))], found[-1 - int(0.025 * len(found))]
    return Range(expected=sum(found) / len(found), low=low, high=high)


def _bad(stratum: Stratum, random: Random) -> int:
    rate = random.betavariate(stratum.bad + 0.5, stratum.tried - stratum.bad + 0.5)
    return stratum.bad + _binomial(stratum.attempts - stratum.tried, rate, random)


def _items(
    numbers: Sequence[int], measured: Sequence[Cost], there: int, random: Random
) -> list[Vector] | None:
    """What so many items cost: those the pilot measured what they did (if they are all that were
    ``there``), the others as they might. None when there is nothing to go by."""
    vectors = [_vector(cost) for cost in measured]
    if not vectors:
        return None
    known = len(vectors) == there
    found = []
    for number in numbers:
        rest = number - len(vectors) if known else number
        sample = random.choices(vectors, k=len(vectors))
        noise = random.gauss(0, 1) * sqrt(max(0, rest))
        total = []
        for place in range(3):
            values = [vector[place] for vector in sample]
            mean = sum(values) / len(values)
            deviation = sqrt(sum((value - mean) ** 2 for value in values) / len(values))
            so_far = sum(vector[place] for vector in vectors) if known else 0.0
            total.append(so_far + max(0.0, rest * mean + noise * deviation))
        found.append((total[0], total[1], total[2]))
    return found


# --- synthesis --------------------------------------------------------------------------------------


@dataclass
class _Acceptance:
    """How many of some proposals are accepted when there are ``n`` already.

    So many are ``sound``; of those, one passes beside ``n`` others with a chance of
    (1 + n/scale)^-shape. That is what comes out where each kind of candidate has its own chance of
    meeting another (Gamma distributed with this shape): in proportion to ``n`` at first, and more
    slowly once the common kinds are used up. The scale is the pilot's; the shape it cannot tell, and
    every draw has another.
    """

    sound: float
    shape: float
    scale: float
    n: int = 0

    def of(self, count: int, random: Random) -> int:
        """How many of ``count``."""
        beside = (1 + self.n / self.scale) ** -self.shape
        accepted = _binomial(count, self.sound * beside, random)
        self.n += accepted
        return accepted


def _acceptance(measured: Measured, sample: Sequence[WaveCost], random: Random) -> _Acceptance:
    asked = sum(wave.count for wave in sample)
    sound = sum(wave.sound for wave in sample)
    refused = sum(wave.sound - wave.accepted for wave in sample)
    share = random.betavariate(refused + 0.5, sound - refused + 0.5) if refused else 0.0
    shape = exp(random.uniform(*_SHAPES))
    scale = inf
    if share > 0 and measured.crowd > 0:
        scale = measured.crowd / max((1 - share) ** (-1 / shape) - 1, 1e-9)
    return _Acceptance(random.betavariate(sound + 0.5, asked - sound + 0.5), shape, scale)


def _synthesis(
    measured: Measured, quota: Sequence[int], settings: Synthesize, random: Random
) -> tuple[Vector, int]:
    """What all waves cost, and how many candidates were accepted."""
    sample = random.choices(measured.waves or (), k=len(measured.waves or ()))
    acceptance = _acceptance(measured, sample, random)
    number = proposals = 0
    unfinished = [(wanted, 0) for wanted in quota]
    while unfinished:
        going_on = []
        for wanted, idle in unfinished:
            count = min(settings.wave, wanted)
            accepted = acceptance.of(count, random)
            number, proposals = number + 1, proposals + count
            idle_now = 0 if accepted else idle + 1
            if wanted > accepted and idle_now < settings.idle_waves:
                going_on.append((wanted - accepted, idle_now))
        unfinished = going_on
    counts = [float(wave.count) for wave in sample]
    vectors = [_vector(wave.cost) for wave in sample]
    total = []
    for place in range(3):
        fixed, each = _line(counts, [vector[place] for vector in vectors])
        total.append(number * fixed + proposals * each)
    return (total[0], total[1], total[2]), acceptance.n


def _line(counts: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """What a wave costs: so much for itself, and so much for each proposal (least squares, neither
    below zero)."""
    n, mean_count, mean = len(counts), sum(counts) / len(counts), sum(values) / len(values)
    varied = sum((count - mean_count) ** 2 for count in counts)
    if varied == 0 or n < 3:
        return 0.0, mean / mean_count
    pairs = zip(counts, values, strict=True)
    each = sum((count - mean_count) * (value - mean) for count, value in pairs) / varied
    fixed = mean - each * mean_count
    if each < 0:
        return mean, 0.0
    return (fixed, each) if fixed >= 0 else (0.0, mean / mean_count)


def _binomial(trials: int, rate: float, random: Random) -> int:
    if trials <= _EXACT:
        return sum(random.random() < rate for _ in range(trials))
    drawn = random.gauss(trials * rate, sqrt(trials * rate * (1 - rate)))
    return min(trials, max(0, round(drawn)))


def _vector(cost: Cost) -> Vector:
    return float(cost.requests), float(cost.tokens), cost.usd


def _sum(one: Vector, other: Vector) -> Vector:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _times(vector: Vector, factor: float) -> Vector:
    return vector[0] * factor, vector[1] * factor, vector[2] * factor
