"""Accuracy, intervals, paired tests, and the rule that keeps or rejects a checkpoint.

Sources: Wilson (1927), score interval; Newcombe (1998), Statistics in Medicine 17:873, interval of a
difference (method 10); McNemar (1947), exact binomial form. Not covered: several seeds, maj@k and
pass@k.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from errata.records import Accuracy, Comparison, Outcome

Z95 = 1.959963984540054  # two-sided 95% quantile of the normal distribution


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95% Wilson score interval of ``right`` out of ``total``; (0, 1) when total is 0."""
    if total == 0:
        return 0.0, 1.0
    share = right / total
    spread = Z95**2 / total
    centre = share + spread / 2
    margin = Z95 * math.sqrt((share * (1 - share) + spread / 4) / total)
    low, high = (centre - margin) / (1 + spread), (centre + margin) / (1 + spread)
    # At the ends the interval ends there exactly; rounding would leave it a hair short.
    return 0.0 if right == 0 else low, 1.0 if right == total else high


def difference(before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float]:
    """The 95% interval of the share ``after`` less the share ``before``, each (count, total).

    Newcombe's method 10, from the two Wilson intervals; as for unpaired shares, so it is wider than
    need be where the same problems stand in both. (-1, 1) when a total is 0.
    """
    if not before[1] or not after[1]:
        return -1.0, 1.0
    old, new = before[0] / before[1], after[0] / after[1]
    old_low, old_high = wilson(*before)
    new_low, new_high = wilson(*after)
    change = new - old
    return (
        change - math.hypot(new - new_low, old_high - old),
        change + math.hypot(new_high - new, old - old_low),
    )


def mcnemar(fixed: int, broken: int) -> float:
    """The exact two-sided p value that fixed and broken cases are equally likely."""
    discordant = fixed + broken
    ways = tail = 1  # subsets of size 0, then of size 0 to k
    for k in range(1, min(fixed, broken) + 1):
        ways = ways * (discordant - k + 1) // k
        tail += ways
    return float(min(1.0, 2 * tail / 2**discordant))


def accuracy(set_name: str, outcomes: Iterable[Outcome]) -> Accuracy:
    """Right answers among all; undecided ones count as not right."""
    counts = {"right": 0, "wrong": 0, "undecided": 0}
    for outcome in outcomes:
        counts[outcome] += 1
    total = sum(counts.values())
    low, high = wilson(counts["right"], total)
    return Accuracy(
        set=set_name,
        total=total,
        accuracy=counts["right"] / total if total else 0.0,
        low=low,
        high=high,
        **counts,
    )


def compare(
    set_name: str, against: str, before: Mapping[str, Outcome], after: Mapping[str, Outcome]
) -> Comparison:
    """Paired comparison over the problems that both checkpoints tried (outcome by problem id)."""
    both = before.keys() & after.keys()
    fixed = sum(before[p] != "right" and after[p] == "right" for p in both)
    broken = sum(before[p] == "right" and after[p] != "right" for p in both)
    p_value = mcnemar(fixed, broken)
    return Comparison(set=set_name, against=against, fixed=fixed, broken=broken, p_value=p_value)


def decide(
    comparisons: Sequence[Comparison], guards: Sequence[str], alpha: float
) -> tuple[bool, str]:
    """Whether a checkpoint stays, and why.

    It is rejected when it is significantly worse (p < ``alpha``, more broken than fixed) on any
    guard set. Test sets never take part.
    """
    guarded = [c for c in comparisons if c.set in guards]
    for c in guarded:
        if c.broken > c.fixed and c.p_value < alpha:
            return False, (
                f"rejected: worse on {c.set} than {c.against}"
                f" ({c.fixed} fixed, {c.broken} broken, p = {c.p_value:.3g})"
            )
    shown = "; ".join(f"{c.set}: {c.fixed} fixed, {c.broken} broken" for c in guarded)
    return True, f"kept: not significantly worse on any guard set ({shown or 'no guard set'})"
