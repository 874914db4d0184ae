"""Figures of one set: greedy accuracy, maj@k and pass@k.

Sources: pass@k, the unbiased estimate of Chen et al. 2021 (arXiv 2107.03374, section 2.1); maj@k, the
vote of Wang et al. 2022 (arXiv 2203.11171). Not covered: comparisons (``errata compare``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from pydantic import Field

from errata.measure import Z95, accuracy, wilson
from errata.records import Accuracy, Attempt, Outcome, Record, Verdict

Same = Callable[[str, str], bool]


class Share(Record):
    """A share between 0 and 1 with its 95% interval."""

    value: float
    low: float
    high: float


class SetFigures(Record):
    """What a model comes to on one set. ``cut_off`` attempts reached the longest answer, ``unstated``
    ones state no answer in the form that was asked for; both are among those not right, or right by a
    last resort.

    ``majority`` is maj@k with k the number of samples (None without), ``pass_at`` pass@k by k, and
    ``kinds`` right answers and problems by the problems' kind.
    """

    set: str
    greedy: Accuracy
    cut_off: int
    unstated: int
    samples: int = 0
    majority: Accuracy | None = None
    pass_at: dict[int, Share] = Field(default_factory=dict)
    kinds: dict[str, tuple[int, int]] = Field(default_factory=dict)


def set_figures(
    name: str,
    attempts: Sequence[Attempt],
    verdicts: Sequence[Verdict],
    drawn: Mapping[str, Sequence[Verdict]],
    kinds: Mapping[str, str],
    same: Callable[[str], Same],
) -> SetFigures:
    """The figures of one set; ``drawn`` are the verdicts on samples by problem id, in order, as many
    for each problem; ``same(problem_id)`` tells whether two answers to that problem are equal."""
    samples = min((len(found) for found in drawn.values()), default=0)
    by_kind: dict[str, tuple[int, int]] = {}
    for verdict in verdicts:
        right, total = by_kind.get(kinds[verdict.problem_id], (0, 0))
        by_kind[kinds[verdict.problem_id]] = (right + (verdict.outcome == "right"), total + 1)
    votes: list[Outcome] = [vote(found, same(problem)) for problem, found in drawn.items()]
    return SetFigures(
        set=name,
        greedy=accuracy(name, [v.outcome for v in verdicts]),
        cut_off=sum(a.finish == "length" for a in attempts),
        unstated=sum(not v.explicit for v in verdicts),
        samples=samples,
        majority=accuracy(name, votes) if drawn else None,
        pass_at={
            k: mean([pass_at(len(f), rights(f), k) for f in drawn.values()])
            for k in powers(samples)
        },
        kinds={kind: by_kind[kind] for kind in sorted(by_kind)},
    )


def rights(verdicts: Sequence[Verdict]) -> int:
    """How many are right."""
    return sum(verdict.outcome == "right" for verdict in verdicts)


def powers(samples: int) -> list[int]:
    """1, 2, 4, … up to ``samples``, and ``samples`` itself."""
    found = [2**n for n in range(samples.bit_length()) if 2**n < samples]
    return [*found, samples] if samples else []


def pass_at(drawn: int, right: int, k: int) -> float:
    """The unbiased estimate that one of k answers is right, when ``right`` of ``drawn`` >= k are."""
    return 1.0 - math.comb(drawn - right, k) / math.comb(drawn, k)


def vote(verdicts: Sequence[Verdict], same: Same) -> Outcome:
    """The outcome of the answer that most samples give; the first of several. Samples without an
    answer do not vote; "wrong" where none has one."""
    groups: list[tuple[str, Outcome, int]] = []
    for verdict in verdicts:
        if verdict.extracted is None:
            continue
        for place, (answer, outcome, count) in enumerate(groups):
            if same(answer, verdict.extracted):
                groups[place] = (answer, outcome, count + 1)
                break
        else:
            groups.append((verdict.extracted, verdict.outcome, 1))
    return max(groups, key=lambda group: group[2])[1] if groups else "wrong"


def mean(values: Sequence[float]) -> Share:
    """The mean over problems with its 95% interval: Wilson's where every value is 0 or 1, else normal
    from the standard error over problems."""
    count = len(values)
    average = sum(values) / count
    if all(value in (0.0, 1.0) for value in values):
        low, high = wilson(round(sum(values)), count)
        return Share(value=average, low=low, high=high)
    spread = sum((value - average) ** 2 for value in values) / max(1, count - 1)
    margin = Z95 * math.sqrt(spread / count)
    return Share(value=average, low=max(0.0, average - margin), high=min(1.0, average + margin))
