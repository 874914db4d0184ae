"""How the candidates of a round are shared among the error types, and why each gets what it gets.

``proportional`` is the paper's rule (SEI, section 3.3): in proportion to a type's cases. But the types
that fail most are not always the ones that can be mended. ``expected-gain`` weighs a type's cases with
the share of them that training is expected to mend, learnt from the held-out dev cases of earlier
rounds: of a type that was there before (``errata.life`` matches types over rounds), how many dev cases
the checkpoint of that round solved. The share is taken as the mean of a Beta posterior plus one
standard deviation, so that what was tried little gets its try; the prior is worth ``PRIOR_CASES`` cases
with the share of all types together. A part ``FLOOR`` of the total is shared evenly, so that no type is
starved on the word of a few cases.

In a first round nothing is known of any type: all shares are the prior's, and what is left is
proportional with the floor.

Not covered: what a candidate more would mend (the share is that of the round, whatever its quota was),
and who deserves the credit where types overlap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from errata.records import Record
from errata.sections import Rule
from errata.stages.problems import apportion

QUOTAS = "quotas.jsonl"
PRIOR_CASES = 4.0
PRIOR_SHARE = 0.5  # where no type was ever measured
FLOOR = 0.2
_SCALE = 1_000_000  # weights are apportioned as whole numbers


@dataclass(frozen=True)
class Mended:
    """Dev cases of a type in earlier rounds, and how many of them the round's checkpoint solved."""

    dev_cases: int = 0
    dev_fixed: int = 0


class Quota(Record):
    """How many accepted candidates an error type is to get, and why.

    ``cases`` are its train cases. With ``expected-gain``, ``dev_fixed`` of ``dev_cases`` were mended in
    earlier rounds and ``expected`` is the share taken for it (0 to 1, None with the other rules).
    """

    error_type: str
    quota: int
    rule: Rule
    cases: int
    dev_cases: int = 0
    dev_fixed: int = 0
    expected: float | None = None
    why: str


def quotas(
    cases: Mapping[str, int], total: int, rule: Rule, mended: Mapping[str, Mended] | None = None
) -> dict[str, Quota]:
    """Shares of ``total`` by type id; ``cases`` counts each type's train cases, ``mended`` what earlier
    rounds showed of it.

    A type without train cases gets nothing.
    """
    if rule == "expected-gain":
        return _expected_gain(cases, total, mended or {})
    weights = {t: n if rule == "proportional" else int(n > 0) for t, n in cases.items()}
    shares, all_cases = apportion(total, weights), sum(cases.values())
    types = sum(n > 0 for n in cases.values())
    return {
        t: Quota(
            error_type=t,
            quota=shares[t],
            rule=rule,
            cases=n,
            why=_nothing(n)
            or (f"{n} of {all_cases} cases" if rule == "proportional" else f"one of {types} types"),
        )
        for t, n in cases.items()
    }


def _nothing(cases: int) -> str:
    return "" if cases else "no train case"


def _expected_gain(
    cases: Mapping[str, int], total: int, mended: Mapping[str, Mended]
) -> dict[str, Quota]:
    known = [found for found in mended.values() if found.dev_cases]
    tried = sum(found.dev_cases for found in known)
    fixed = sum(found.dev_fixed for found in known)
    prior = (fixed + PRIOR_SHARE * PRIOR_CASES) / (tried + PRIOR_CASES)
    seen = {t: mended.get(t, Mended()) for t in cases}
    expected = {t: _expected(seen[t], prior) for t in cases}
    even = round(FLOOR * total)
    floor = apportion(even, {t: int(n > 0) for t, n in cases.items()})
    gains = {t: round(_SCALE * n * expected[t]) for t, n in cases.items()}
    gained = apportion(total - even, gains)
    all_cases = sum(cases.values())
    return {
        t: Quota(
            error_type=t,
            quota=floor[t] + gained[t],
            rule="expected-gain",
            cases=n,
            dev_cases=seen[t].dev_cases,
            dev_fixed=seen[t].dev_fixed,
            expected=round(expected[t], 6),
            why=_nothing(n)
            or f"{n} of {all_cases} cases, {_said(seen[t], expected[t], tried)};"
            f" {floor[t]} of it from the {FLOOR:.0%} shared evenly",
        )
        for t, n in cases.items()
    }


def _expected(seen: Mended, prior: float) -> float:
    """Mean and one standard deviation of the Beta posterior, at most 1."""
    a = prior * PRIOR_CASES + seen.dev_fixed
    b = (1 - prior) * PRIOR_CASES + seen.dev_cases - seen.dev_fixed
    spread = math.sqrt(a * b / (a + b + 1)) / (a + b)
    return min(1.0, a / (a + b) + spread)


def _said(seen: Mended, expected: float, tried: int) -> str:
    if seen.dev_cases:
        return (
            f"{seen.dev_fixed} of {seen.dev_cases} held-out ones mended in earlier rounds, taken as"
            f" {expected:.0%}"
        )
    if tried:
        return f"not measured before, taken as {expected:.0%}"
    return f"nothing measured before of any type, all taken as {expected:.0%}"
