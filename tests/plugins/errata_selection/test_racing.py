"""Races and how sure a cut is, against worths that are known."""

from __future__ import annotations

from random import Random
from statistics import fmean

import pytest

from errata_selection.comparing import Worth, common_spread, gap, sureness, worth
from errata_selection.racing import Race, sizes


def drawn(means: dict[str, float], cases: int, noise: float, seed: int) -> dict[str, Worth]:
    random = Random(seed)
    ids = [[f"{half}{n}" for n in range(cases // 2)] for half in ("bad", "good")]
    values = {
        name: {case: random.gauss(mean, noise) for half in ids for case in half}
        for name, mean in means.items()
    }
    spread = common_spread([worth(each, ids).halves for each in values.values()])
    return {name: worth(each, ids, spread) for name, each in values.items()}


def test_looks_double_up_to_all_cases() -> None:
    assert sizes(4, 20, racing=True) == [4, 8, 16, 20]
    assert sizes(4, 20, racing=False) == [20]
    assert sizes(4, 3, racing=True) == [3]


def test_halving_never_goes_below_the_cut_and_settles_what_is_left() -> None:
    worths = drawn({name: -place for place, name in enumerate("abcdefgh")}, 4, 0.01, 0)
    race = Race({"": list("hgfedcba")}, {"": 3})
    race.halve(worths, 2)
    assert sorted(race.running()) == list("abcd")
    race.halve(worths, 2)
    assert race.running() == []
    assert race.finish(worths) == {"a", "b", "c"}


def test_a_sequential_race_drops_and_settles_only_what_is_sure() -> None:
    worths = drawn({"a": 5.0, "b": 0.1, "c": 0.0, "d": -5.0}, 8, 0.5, 1)
    race = Race({"": list("abcd")}, {"": 2})
    spread = common_spread([each.halves for each in worths.values()])
    race.look(worths, spread, 0.99)
    assert race.settled == {"a"}
    assert race.dropped == {"d"}
    assert sorted(race.running()) == ["b", "c"]


def test_groups_race_by_themselves() -> None:
    worths = drawn({"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}, 4, 0.01, 2)
    race = Race({"s": ["a", "b"], "t": ["c", "d"]}, {"s": 1, "t": 1})
    assert race.finish(worths) == {"a", "c"}


def test_paired_differences_are_surer_than_the_scores() -> None:
    ids = [["b1", "b2", "b3"], ["g1", "g2", "g3"]]
    hard = {"b1": 0.0, "b2": 4.0, "b3": 8.0, "g1": 1.0, "g2": 5.0, "g3": 9.0}
    better = {name: value + 1 for name, value in hard.items()}
    spread = common_spread([worth(each, ids).halves for each in (hard, better)])
    one, other = worth(better, ids, spread), worth(hard, ids, spread)
    difference, error = gap(one, other, spread)
    assert difference == pytest.approx(1)
    assert one.error is not None
    assert error < one.error * 2**0.5
    alone = worth({"b1": 1.0, "b2": 5.0, "g1": 2.0}, ids, spread)
    unpaired = gap(alone, other, spread)[1]
    assert unpaired > one.error


def test_a_cut_through_noise_is_no_surer_than_chance_and_a_clear_one_is_sure() -> None:
    same = drawn(dict.fromkeys((f"c{n:02}" for n in range(40)), 0.0), 20, 1.0, 3)
    best = frozenset(sorted(same, key=lambda name: -same[name].score)[:10])
    noise = sureness(same, best)
    assert fmean(noise[name] for name in best) < 0.6
    clear = drawn({f"c{n:02}": float(n > 29) * 9 for n in range(40)}, 20, 1.0, 4)
    best = frozenset(f"c{n:02}" for n in range(30, 40))
    assert min(sureness(clear, best).values()) > 0.95


def test_sureness_is_what_it_says() -> None:
    """Of the kept candidates as many belong above the cut as their sureness adds up to."""
    said, true = 0.0, 0
    for seed in range(30):
        random = Random(seed)
        means = {f"c{n:02}": random.gauss(0, 0.5) for n in range(60)}
        worths = drawn(means, 10, 1.5, seed)
        kept = frozenset(sorted(worths, key=lambda name: -worths[name].score)[:15])
        best = set(sorted(means, key=lambda name: -means[name])[:15])
        said += sum(sureness(worths, kept)[name] for name in kept)
        true += len(kept & best)
    assert said == pytest.approx(true, rel=0.12)
