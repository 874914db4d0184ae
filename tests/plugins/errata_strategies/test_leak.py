"""Planted leaks of each kind are caught with their evidence; what is not a leak passes."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest

from errata.records import Problem
from errata_strategies.leak import Leak
from errata_strategies.settings import LeakSettings

STORY = (
    "Mia bakes 24 muffins on Monday and twice as many on Tuesday, then gives 15 of them to her "
    "neighbor. How many muffins does she have left?"
)
OTHER = "A train travels 60 miles per hour for 3 hours. How far does it go in total?"


def problem(text: str, name: str = "new") -> Problem:
    return Problem(id=name, question=text, answer="1")


def judge(services, candidate, **settings):
    return asyncio.run(Leak(LeakSettings(**settings), services).verify(candidate))


@pytest.fixture
def guarded(make_services, make_drill):
    return make_services(
        {
            "train": [problem(OTHER, "seed")],
            "dev": [problem("Nothing here resembles anything else at all.", "d1")],
            "gate": [make_drill(12, 30)],
            "test/gsm8k": [problem(STORY, "t1")],
            "ood/svamp": [problem("Ann has 3 red pens and 5 blue pens. How many pens?", "o1")],
        }
    )


@pytest.mark.parametrize(
    ("text", "rule", "near"),
    [
        (STORY.upper().replace(",", " ,"), "exact", ("t1", "test/gsm8k")),
        (STORY.replace("24", "96").replace("15", "7"), "template", ("t1", "test/gsm8k")),
        (
            (
                "Yesterday was warm. Mia bakes 24 muffins on Monday and twice as many on Tuesday, then "
                "gives it up. Far away in another town an old man sells forty pies for six dollars "
                "each to whoever happens to come along. What does he earn?"
            ),
            "run",
            ("t1", "test/gsm8k"),
        ),
        (
            (
                "Mia bakes 24 cakes on Monday and three times as many on Friday, then gives 15 of "
                "those to her neighbor. How many cakes does she still have left?"
            ),
            "rouge-l",
            ("t1", "test/gsm8k"),
        ),
        ("Ann has 31 red pens and 52 blue pens. How many pens?", "template", ("o1", "ood/svamp")),
    ],
)
def test_each_kind_of_leak_is_caught(guarded, make_candidate, text, rule, near) -> None:
    objection = judge(guarded, make_candidate(problem(text)))
    assert objection is not None
    assert (objection.reason, objection.by) == ("leak", "leak")
    assert objection.evidence["rule"] == rule
    assert (objection.evidence["near"], objection.evidence["set"]) == near
    if rule == "run":
        assert objection.evidence["score"] >= 13
        assert "mia bakes 24 muffins on monday" in objection.evidence["words"]
    if rule == "rouge-l":
        assert 0.7 <= objection.evidence["score"] < 1


def test_what_is_near_train_only_is_no_leak(guarded, make_candidate) -> None:
    assert judge(guarded, make_candidate(problem(OTHER.replace("60", "45")), "seed")) is None


def test_a_lineage_from_train_does_not_excuse_an_evaluation_template(
    guarded, make_candidate
) -> None:
    candidate = make_candidate(problem(STORY.replace("24", "9")), "seed")
    assert judge(guarded, candidate).evidence["rule"] == "template"


def test_drills_leak_only_when_they_are_the_same(guarded, make_candidate, make_drill) -> None:
    assert judge(guarded, make_candidate(make_drill(12, 30))).evidence["rule"] == "exact"
    assert judge(guarded, make_candidate(make_drill(12, 31))) is None
    assert judge(guarded, make_candidate(make_drill(30, 12))) is None


def test_settings_switch_rules(guarded, make_candidate) -> None:
    other_numbers = make_candidate(problem(STORY.replace("24", "9").replace("15", "8")))
    found = judge(guarded, other_numbers, template=False)
    assert found.evidence["rule"] == "rouge-l"
    assert judge(guarded, other_numbers, template=False, rouge_l=0.99) is None
    assert judge(guarded, other_numbers, template=False, rouge_l=0.99, run=5) is not None


def test_gsm8k_train_against_test(make_services, make_candidate) -> None:
    data = Path(__file__).parents[4] / "shared/data"
    if not data.exists():
        pytest.skip("shared/data not found beside the checkout: GSM8K is not shipped whole")

    def read(name: str) -> list[Problem]:
        with gzip.open(data / f"gsm8k.{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return [Problem(id=r["id"], question=r["question"], answer=r["answer"]) for r in rows]

    test = read("test")
    leak = Leak(LeakSettings(), make_services({"train": [], "test/gsm8k": test}))
    copies = [asyncio.run(leak.verify(make_candidate(p))) for p in test[:200]]
    assert [c.evidence["rule"] for c in copies] == ["exact"] * 200
    found = [asyncio.run(leak.verify(make_candidate(p))) for p in read("train")[:1000]]
    # The two halves of GSM8K are all but disjoint (4 shared 13-word runs in the whole).
    assert sum(f is not None for f in found) <= 10
