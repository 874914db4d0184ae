"""Stage *problems*: disjoint sets, proportional draws, whole shares."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.domain import Domain
from errata.errors import ProblemsError
from errata.fingerprints import Fingerprints
from errata.hooks import hookimpl
from errata.plugins import Active
from errata.recipe import Source
from errata.records import Problem
from errata.seeds import stream
from errata.stages import problems as stage
from errata.stages.problems import Reading, apportion, draw, reading_order

WEIGHTS = st.dictionaries(st.text(max_size=3), st.integers(0, 1000), max_size=8)


@given(st.integers(0, 5000), WEIGHTS)
def test_shares_are_whole_and_fair(total, weights):
    shares = apportion(total, weights)
    weight = sum(weights.values())
    assert shares.keys() == weights.keys()
    assert sum(shares.values()) == (total if weight else 0)
    for name, share in shares.items():
        exact = total * weights[name] / weight if weight else 0
        assert abs(share - exact) < 1
        assert weights[name] or not share
        assert total > weight or share <= weights[name]
    assert shares == apportion(total, dict(reversed(weights.items())))


def test_the_largest_remainders_are_rounded_up():
    assert apportion(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert apportion(3, {"a": 10, "b": 1, "c": 1}) == {"a": 3, "b": 0, "c": 0}


def _stream(name: str) -> Random:
    return stream(0, name)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=4), st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_draws_are_disjoint_and_proportional(sizes, dev, gate):
    train = {f"train/{n}": [f"{n}-{k}" for k in range(size)] for n, size in enumerate(sizes)}
    wanted = {"dev": dev, "gate": gate}
    if dev + gate >= sum(sizes):
        with pytest.raises(ProblemsError, match=f"train has {sum(sizes)} problems"):
            draw(train, wanted, _stream)
        return
    drawn = draw(train, wanted, _stream)
    assert drawn == draw(train, wanted, _stream)
    assert drawn.keys() <= {problem_id for ids in train.values() for problem_id in ids}
    for name, size in wanted.items():
        assert sum(place == name for place in drawn.values()) == size
    for number, size in enumerate(sizes):
        mine = sum(i.startswith(f"{number}-") and place == "dev" for i, place in drawn.items())
        assert abs(mine - dev * size / sum(sizes)) < 1


class Lists:
    """Sources are lists of numbers; a question is a number modulo 100."""

    def __init__(self, endless: bool = False) -> None:
        self.endless = endless

    @hookimpl
    def errata_problems(self, source) -> Iterator[Problem]:
        numbers = [int(n) for n in source.split(",")]
        while True:
            for n in numbers:
                yield Problem(id=str(n), question=f"what is {n % 100}", answer="1")
            if not self.endless:
                return


def _reading(endless: bool = False) -> Reading:
    return Reading(Domain("lists", Active({"lists": Lists(endless)})), 0)


def test_what_an_earlier_set_has_is_dropped_and_listed():
    reading = _reading()
    assert [p.id for p in reading.read("test", Source(source="1,2,3"))] == ["1", "2", "3"]
    assert [p.id for p in reading.read("train", Source(source="101,4,102,4"))] == ["4"]
    assert [(d.problem_id, d.set, d.same_as) for d in reading.dropped] == [
        ("101", "train", "1"),
        ("102", "train", "2"),
        ("4", "train", "4"),
    ]


def test_the_limit_counts_new_problems():
    reading = _reading()
    list(reading.read("test", Source(source="1,2")))
    found = reading.read("train", Source(source="1,2,3,4,5", limit=2))
    assert [p.id for p in found] == ["3", "4"]


def test_ids_of_two_sources_may_meet():
    fresh = count()

    class Other(Lists):
        @hookimpl
        def errata_fingerprints(self, problem):
            return Fingerprints(exact=str(next(fresh)))  # no two problems are the same

    reading = Reading(Domain("other", Active({"other": Other()})), 0)
    list(reading.read("test", Source(source="1")))
    assert [p.id for p in reading.read("train", Source(source="1,2"))] == ["train/1", "2"]


def test_a_set_that_others_have_already_is_said():
    reading = _reading()
    list(reading.read("test", Source(source="1,2")))
    with pytest.raises(
        ProblemsError, match="set train: source '1,2', split 'train', gave no problem"
    ):
        list(reading.read("train", Source(source="1,2")))


def test_a_generator_that_has_no_more_is_no_endless_wait(monkeypatch):
    monkeypatch.setattr(stage, "_EXHAUSTED", 50)
    reading = _reading(endless=True)
    assert len(list(reading.read("test", Source(source="1,2,3", limit=3)))) == 3
    with pytest.raises(ProblemsError, match="set train: 50 problems in a row were already there"):
        list(reading.read("train", Source(source="1,2,3,4", limit=2)))


def test_what_is_never_trained_on_is_read_first():
    names = ["train/a", "test", "ood/x", "train", "ood/b"]
    sources = {name: Source(source="1") for name in names}
    assert reading_order(sources) == ["ood/b", "ood/x", "test", "train", "train/a"]
