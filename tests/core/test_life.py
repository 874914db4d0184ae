"""Types through rounds: matched, born, shrunk, gone, relapsed; on rounds made for it."""

from __future__ import annotations

from collections import Counter

import pytest

from errata.life import Kind, RoundTypes, lives
from errata.measure import difference, wilson


def kind(name: str, cases: int, start: int = 0, words: str = "") -> Kind:
    problems = frozenset(f"p{n}" for n in range(start, start + cases))
    return Kind(name, name, Counter((words or name).split()), problems, cases)


def rounds(*types: list[Kind], tried: int = 400) -> list[RoundTypes]:
    return [RoundTypes(f"round-{n}", tried, kinds) for n, kinds in enumerate(types, start=1)]


def states(found) -> list[dict[str, str]]:
    return [{life.name: life.life for life in row} for row in found]


def test_a_type_from_birth_to_relapse():
    found = lives(
        rounds(
            [kind("borrow skipped", 60), kind("wrong operation", 50, 100)],
            [kind("borrow skipped", 20), kind("wrong operation", 48, 100)],
            [kind("wrong operation", 46, 100), kind("unit dropped", 9, 300)],
            [kind("borrow skipped", 12), kind("wrong operation", 46, 100)],
        )
    )
    assert states(found) == [
        {"borrow skipped": "born", "wrong operation": "born"},
        {"borrow skipped": "shrunk", "wrong operation": "persistent"},
        {"wrong operation": "persistent", "unit dropped": "born", "borrow skipped": "gone"},
        {"borrow skipped": "relapsed", "wrong operation": "persistent", "unit dropped": "gone"},
    ]
    gone, back = found[2][-1], found[3][0]
    assert (gone.cases, gone.cases_before, gone.low) == (0, 20, 0.0)
    assert (back.cases_before, back.since, back.previous) == (0, "round-1", "borrow skipped")
    assert (back.low, back.high) == wilson(12, 400)


def test_shrunk_only_when_the_interval_says_so():
    for after, life in ((40, "persistent"), (29, "shrunk")):
        (_, (row,)) = lives(rounds([kind("a b", 50)], [kind("a b", after)]))
        assert row.life == life
        assert (row.change_high < 0) == (life == "shrunk")
        assert row.change == pytest.approx((after - 50) / 400)


def test_few_problems_prove_nothing():
    (_, (row,)) = lives(rounds([kind("a b", 5)], [kind("a b", 2)], tried=10))
    assert row.life == "persistent"


def test_back_after_shrinking_is_a_relapse_too():
    found = lives(
        rounds([kind("a", 60)], [kind("a", 20)], [kind("a", 24)], [kind("a", 50)], [kind("a", 50)])
    )
    assert [row[0].life for row in found] == [
        "born", "shrunk", "persistent", "relapsed", "persistent",
    ]  # fmt: skip


def test_renamed_types_are_matched_by_their_cases_and_by_their_words():
    by_cases = lives(rounds([kind("carry lost", 20)], [kind("addition slip", 12)]))
    assert states(by_cases)[1] == {"addition slip": "persistent"}
    assert by_cases[1][0].previous == "carry lost"
    words = "forgot to carry the ten in a sum"
    other = [kind("unit mixed up", 8, 200)]
    one = [kind("carry lost", 20, 0, words), *other]
    two = [kind("lost carry", 18, 300, words), *other]
    assert states(lives(rounds(one, two)))[1]["lost carry"] == "persistent"


def test_strangers_are_not_matched():
    one = [kind("x", 9, 0, "misread a subtractive pair"), kind("y", 9, 20, "misread a plain sum")]
    two = [kind("z", 9, 40, "misread a plain sum"), kind("w", 9, 60, "forgot the last step")]
    found = lives(rounds(one, two))
    assert states(found)[1] == {"z": "persistent", "w": "born", "x": "gone"}


def test_one_to_one_and_the_same_whatever_the_order():
    one = [kind("a", 30, 0, "slip in a sum"), kind("b", 10, 50, "slip in a sum")]
    two = [kind("c", 8, 50, "slip in a sum"), kind("d", 20, 0, "slip in a sum")]
    expected = {"a": "d", "b": "c"}
    for first in (one, one[::-1]):
        for second in (two, two[::-1]):
            (_, row) = lives(rounds(first, second))
            assert {life.previous: life.error_type for life in row} == expected


def test_a_round_without_types():
    assert states(lives(rounds([kind("a", 5)], [], [kind("a", 5)]))) == [
        {"a": "born"}, {"a": "gone"}, {"a": "relapsed"},
    ]  # fmt: skip


def test_newcombe_against_the_published_example():
    # Newcombe (1998), table II, example (a): 56/70 less 48/80, method 10
    low, high = difference((48, 80), (56, 70))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    assert difference((0, 0), (1, 2)) == (-1.0, 1.0)
