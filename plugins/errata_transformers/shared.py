"""What prompts begin with in common, so that it is encoded once: runs of neighbours with one beginning.

Not covered: prompts that share a beginning and do not stand beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# A run of its own costs a row of the pass that encodes beginnings; worth it from so many tokens.
_PRICE = 64


@dataclass(frozen=True)
class Run:
    """``count`` prompts in a row whose first ``shared`` tokens are the same."""

    count: int
    shared: int


def runs(prompts: Sequence[Sequence[int]]) -> list[Run]:
    """Neighbours put together such that the fewest tokens are encoded, with a small price per run.

    Every prompt keeps at least one token of its own. What shares nothing is one run of length 0.
    Quadratic in the number of prompts, which come in batches.
    """
    alike = [_common(one, other) for one, other in pairwise(prompts)]
    saved, begins, lengths = [0.0], [0], [0]
    for end in range(1, len(prompts) + 1):
        best, begin, length = saved[end - 1] - _PRICE, end - 1, 0
        shared = len(prompts[end - 1]) - 1
        for start in range(end - 2, -1, -1):
            shared = min(shared, alike[start], len(prompts[start]) - 1)
            found = saved[start] + shared * (end - start - 1) - _PRICE
            if found > best:
                best, begin, length = found, start, shared
        saved.append(best)
        begins.append(begin)
        lengths.append(length)
    found_runs: list[Run] = []
    end = len(prompts)
    while end:
        found_runs.append(Run(end - begins[end], lengths[end]))
        end = begins[end]
    return found_runs[::-1]


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """The number of tokens that both begin with."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))
