"""Figures of an evaluation, against counting by hand and by brute force."""

from __future__ import annotations

import itertools

import pytest

from errata.evaluating.figures import mean, pass_at, powers, set_figures, vote
from errata.measure import wilson
from errata.records import Attempt, Verdict


def verdict(problem: str, outcome: str, extracted: str | None, *, explicit: bool = True) -> Verdict:
    return Verdict(
        problem_id=problem, outcome=outcome, extracted=extracted, explicit=explicit, rule="x"
    )


@pytest.mark.parametrize(("drawn", "right"), [(5, 0), (5, 1), (5, 3), (6, 6), (4, 2)])
def test_pass_at_k_is_the_share_of_all_choices_with_a_right_one(drawn, right):
    answers = [True] * right + [False] * (drawn - right)
    for k in range(1, drawn + 1):
        chosen = list(itertools.combinations(answers, k))
        expected = sum(any(each) for each in chosen) / len(chosen)
        assert pass_at(drawn, right, k) == pytest.approx(expected)


def test_powers_end_with_the_number_itself():
    assert [powers(n) for n in (0, 1, 2, 5, 8)] == [[], [1], [1, 2], [1, 2, 4, 5], [1, 2, 4, 8]]


def test_the_vote_counts_equal_answers_together():
    def same(one: str, other: str) -> bool:
        return float(one) == float(other)

    found = [
        verdict("p", "wrong", "7"),
        verdict("p", "right", "1/2".replace("1/2", "0.5")),
        verdict("p", "right", "0.50"),
        verdict("p", "wrong", None),
    ]
    assert vote(found, same) == "right"
    assert vote(found, str.__eq__) == "wrong", "letter by letter the first of three wins"
    assert vote([verdict("p", "wrong", None)], same) == "wrong"


def test_the_mean_of_zeros_and_ones_has_wilsons_interval():
    found = mean([1.0, 0.0, 0.0, 1.0, 1.0])
    assert (found.low, found.high) == pytest.approx(wilson(3, 5))
    between = mean([0.5, 0.25, 0.75, 0.5])
    assert between.value == 0.5
    assert between.low == pytest.approx(0.5 - 1.96 * (0.125 / 3) ** 0.5 / 2, abs=1e-3)


def test_figures_of_a_set():
    attempts = [
        Attempt(id=f"eval:{n}", problem_id=str(n), checkpoint="eval", text="", finish=finish)
        for n, finish in enumerate(("stop", "length", "stop", "repetition"))
    ]
    verdicts = [
        verdict("0", "right", "1"),
        verdict("1", "wrong", None, explicit=False),
        verdict("2", "undecided", "x"),
        verdict("3", "wrong", "2", explicit=False),
    ]
    drawn = {
        str(n): [
            verdict(str(n), "right" if n % 2 else "wrong", str(n)),
            verdict(str(n), "wrong", "9"),
        ]
        for n in range(4)
    }
    kinds = {"0": "sum", "1": "sum", "2": "product", "3": ""}
    found = set_figures("s", attempts, verdicts, drawn, kinds, lambda _: str.__eq__)
    assert (found.greedy.right, found.greedy.undecided, found.greedy.total) == (1, 1, 4)
    assert (found.cut_off, found.unstated, found.samples) == (1, 2, 2)
    assert found.kinds == {"": (0, 1), "product": (0, 1), "sum": (1, 2)}
    assert found.pass_at[1].value == 0.25
    assert found.pass_at[2].value == 0.5
    assert found.majority is not None
    assert found.majority.right == 2
