"""Intervals over seeds and paired differences, against figures worked out otherwise."""

from __future__ import annotations

import math
from random import Random

import pytest

from errata.ablation.statistics import over_seeds, paired, t_quantile


@pytest.mark.parametrize(
    ("freedom", "tabled"), [(1, 12.7062), (2, 4.30265), (3, 3.18245), (9, 2.26216), (30, 2.04227)]
)
def test_students_quantiles_are_those_of_the_tables(freedom, tabled):
    assert t_quantile(freedom) == pytest.approx(tabled, abs=2e-4)


def test_mean_over_seeds():
    found = over_seeds([0.40, 0.50, 0.45])
    assert found.value == pytest.approx(0.45)
    # Two degrees of freedom: t = 4.30265, standard deviation 0.05.
    assert found.high - found.value == pytest.approx(4.30265 * 0.05 / math.sqrt(3), abs=1e-4)
    assert over_seeds([0.4]).low is None


def _seed(size: int, fixed: int, broken: int, name: str) -> dict[str, int]:
    changes = [1] * fixed + [-1] * broken + [0] * (size - fixed - broken)
    return {f"{name}{n}": change for n, change in enumerate(changes)}


def test_one_seed_is_the_bootstrap_of_a_mean():
    """For a mean of independent changes its standard error is known."""
    found = paired({"arm": {0: _seed(400, 60, 20, "p")}}, Random(1))["arm"]
    mean = 40 / 400
    error = math.sqrt((80 / 400 - mean**2) / 400)
    assert found.difference.value == pytest.approx(mean)
    assert found.difference.low == pytest.approx(mean - 1.96 * error, abs=0.006)
    assert found.difference.high == pytest.approx(mean + 1.96 * error, abs=0.006)
    assert (found.fixed, found.broken) == (60, 20)
    assert found.p_value == pytest.approx(
        2 * sum(math.comb(80, k) for k in range(21)) / 2**80, rel=1e-9
    )


def test_seeds_that_disagree_widen_the_interval():
    alike = {"arm": {n: _seed(200, 30, 10, f"s{n}-") for n in range(3)}}
    apart = {
        "arm": {
            0: _seed(200, 50, 0, "s0-"),
            1: _seed(200, 40, 10, "s1-"),
            2: _seed(200, 0, 20, "s2-"),
        }
    }
    even, uneven = paired(alike, Random(1))["arm"], paired(apart, Random(1))["arm"]
    assert even.difference.value == pytest.approx(uneven.difference.value)
    width = even.difference.high - even.difference.low
    assert uneven.difference.high - uneven.difference.low > 2 * width
    assert uneven.difference.low < 0 < even.difference.low


def test_problems_that_seeds_share_count_as_one_draw():
    """Three seeds that change the same at the same problems say no more than one."""
    shared = {"arm": {n: _seed(200, 30, 10, "p") for n in range(3)}}
    own = {"arm": {n: _seed(200, 30, 10, f"s{n}-") for n in range(3)}}
    one = {"arm": {0: _seed(200, 30, 10, "p")}}

    def width(arms):
        found = paired(arms, Random(1))["arm"].difference
        return found.high - found.low

    assert width(shared) == pytest.approx(width(one), rel=0.15)
    assert width(own) < 0.75 * width(one)


def test_the_same_draws_for_all_arms_and_always():
    arms = {name: {0: _seed(50, 5, 2, "p"), 1: _seed(50, 1, 4, "q")} for name in ("a", "b")}
    first, again = paired(arms, Random(3)), paired(arms, Random(3))
    assert first == again


def test_nothing_in_common_is_no_difference():
    found = paired({"arm": {0: {}}}, Random(0))["arm"]
    assert (found.difference.value, found.difference.low, found.p_value) == (0.0, None, 1.0)
