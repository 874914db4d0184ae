"""Intervals, paired tests, and the rule that keeps or rejects a checkpoint."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.measure import accuracy, compare, decide, mcnemar, wilson
from errata.records import Comparison

OUTCOMES = st.sampled_from(["right", "wrong", "undecided"])


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3 (score, no correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # R: prop.test(50, 100, correct = FALSE)
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilson_gives_published_intervals(right, total, low, high):
    found = wilson(right, total)
    assert found == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000), st.data())
def test_wilson_ends_are_where_the_score_test_turns(total, data):
    """The definition: at each end p of the interval, |share - p| is z standard errors of p."""
    right = data.draw(st.integers(0, total))
    low, high = wilson(right, total)
    share = right / total
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            z = abs(share - end) / math.sqrt(end * (1 - end) / total)
            assert z == pytest.approx(1.959963984540054, rel=1e-6)


@given(st.integers(1, 500), st.data())
def test_wilson_is_symmetric_and_shrinks(total, data):
    right = data.draw(st.integers(0, total))
    low, high = wilson(right, total)
    assert wilson(total - right, total) == pytest.approx((1 - high, 1 - low))
    wider = wilson(right * 4, total * 4)
    assert wider[1] - wider[0] < high - low


def test_wilson_of_nothing_knows_nothing():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 9)[0] == 0.0
    assert wilson(9, 9)[1] == 1.0


@pytest.mark.parametrize("discordant", range(11))
def test_mcnemar_counts_outcomes_at_least_as_lopsided(discordant):
    """Brute force: all 2^n ways in which n fair coins can fall."""
    for fixed in range(discordant + 1):
        broken = discordant - fixed
        lopsided = sum(
            abs(2 * sum(coins) - discordant) >= abs(fixed - broken)
            for coins in product((0, 1), repeat=discordant)
        )
        assert mcnemar(fixed, broken) == pytest.approx(lopsided / 2**discordant)


@pytest.mark.parametrize(
    ("fixed", "broken", "p"),
    [
        # R: binom.test(5, 20)$p.value, binom.test(1, 11)$p.value, binom.test(0, 6)$p.value
        (5, 15, 0.04138947),
        (1, 10, 0.01171875),
        (0, 6, 0.03125),
        (0, 0, 1.0),
        (4, 4, 1.0),
    ],
)
def test_mcnemar_gives_known_values(fixed, broken, p):
    assert mcnemar(fixed, broken) == pytest.approx(p, rel=1e-6)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_the_exact_binomial(fixed, broken):
    found = mcnemar(fixed, broken)
    tail = sum(math.comb(fixed + broken, k) for k in range(min(fixed, broken) + 1))
    assert found == pytest.approx(
        float(min(Fraction(1), Fraction(2 * tail, 2 ** (fixed + broken))))
    )
    assert found == mcnemar(broken, fixed)
    assert 0 < found <= 1


def test_mcnemar_of_large_sets_is_quick_and_never_negative():
    assert mcnemar(20_000, 20_000) == 1.0
    assert mcnemar(0, 5000) == 0.0  # below the smallest float
    assert mcnemar(9_800, 10_200) == pytest.approx(0.00477, rel=0.01)


@given(st.lists(OUTCOMES))
def test_accuracy_counts_everything(outcomes):
    found = accuracy("dev", outcomes)
    assert found.total == len(outcomes) == found.right + found.wrong + found.undecided
    assert found.accuracy == (outcomes.count("right") / len(outcomes) if outcomes else 0.0)
    assert found.low <= found.accuracy <= found.high


@given(st.dictionaries(st.integers(0, 30).map(str), st.tuples(OUTCOMES, OUTCOMES)))
def test_comparisons_are_paired(pairs):
    before = {name: first for name, (first, _) in pairs.items()}
    after = {name: second for name, (_, second) in pairs.items()}
    found = compare("gate", "base", before, {**after, "only after": "right"})
    right = [sum(o == "right" for o in side.values()) for side in (before, after)]
    assert found.fixed - found.broken == right[1] - right[0]
    back = compare("gate", "x", after, before)
    assert (back.fixed, back.broken, back.p_value) == (found.broken, found.fixed, found.p_value)


def _comparison(set_name: str, fixed: int, broken: int) -> Comparison:
    p_value = mcnemar(fixed, broken)
    return Comparison(set=set_name, against="base", fixed=fixed, broken=broken, p_value=p_value)


@pytest.mark.parametrize(
    ("fixed", "broken", "kept"),
    [(0, 6, False), (0, 5, True), (6, 0, True), (30, 60, False), (40, 45, True), (0, 0, True)],
)
def test_only_a_significantly_worse_checkpoint_is_rejected(fixed, broken, kept):
    found, why = decide([_comparison("gate", fixed, broken)], ["gate"], 0.05)
    assert found is kept
    assert f"{fixed} fixed, {broken} broken" in why
    assert why.startswith("kept" if kept else "rejected: worse on gate than base")


def test_test_sets_decide_nothing():
    comparisons = [_comparison("test/drills", 0, 50), _comparison("gate", 1, 0)]
    assert decide(comparisons, ["gate"], 0.05)[0]
    assert decide(comparisons, [], 0.05) == (
        True,
        "kept: not significantly worse on any guard set (no guard set)",
    )


def test_the_level_is_the_recipes():
    comparison = _comparison("gate", 0, 6)  # p = 0.03125
    assert not decide([comparison], ["gate"], 0.05)[0]
    assert decide([comparison], ["gate"], 0.03)[0]
    assert decide([comparison], ["gate"], 0.03125)[0]
