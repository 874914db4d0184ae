"""Planted leaks of each kind are caught with their evidence; what is not a leak passes."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
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
    assert judge(guarded, other_numbers, template=False, rouge_l=0.99, reordered=None) is None
    assert (
        judge(guarded, other_numbers, template=False, rouge_l=0.99, reordered=None, run=5)
        is not None
    )


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


def test_the_same_story_with_numbers_in_words(guarded, make_candidate) -> None:
    told = STORY.replace("24", "ninety-six").replace("15", "two dozen")
    found = judge(guarded, make_candidate(problem(told)))
    assert (found.evidence["rule"], found.evidence["near"]) == ("template", "t1")


LONG = (
    "Tom owns a bakery near the old harbor. Every morning he bakes 40 loaves of rye bread. His "
    "sister sells the loaves for 3 dollars each. On Sundays the shop stays closed all day. How "
    "much do they earn in a week?"
)


@pytest.mark.parametrize("numbers", [False, True])
def test_sentences_in_another_order(make_services, make_candidate, numbers) -> None:
    services = make_services({"train": [], "test/a": [problem(LONG, "t")]})
    one, two, three, four, last = LONG.split(". ")
    text = ". ".join([four, two, one, three, last])
    if numbers:
        text = text.replace("40", "sixty").replace("3", "7")
    found = judge(services, make_candidate(problem(text)), run=50)
    assert found.evidence["rule"] == "reordered"
    assert found.evidence["score"] == 1
    assert judge(services, make_candidate(problem(text)), run=50, reordered=None) is None


def test_solutions_are_compared(make_services, make_candidate) -> None:
    told = (
        "First we work out how many loaves leave the oven in the six days on which the shop is open. "
        "Then the price of a loaf gives the takings, which come to 720 dollars."
    )
    guarded_problem = problem(LONG, "t").model_copy(update={"solution": told})
    services = make_services({"train": [], "test/a": [guarded_problem]})
    copied = problem("Something else entirely?").model_copy(
        update={"solution": told.replace("720", "12")}
    )
    found = judge(services, make_candidate(copied))
    assert (found.evidence["rule"], found.evidence["near"]) == ("solution-run", "t")
    assert judge(services, make_candidate(copied), run=40).evidence["rule"] == "solution-rouge-l"
    assert judge(services, make_candidate(copied), solutions=False) is None
    short = problem("Something else entirely?").model_copy(update={"solution": "3+4=7\n#### 7"})
    assert judge(services, make_candidate(short)) is None


class Topics:
    """Embeds by the first letter of a text, and counts what it was given."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def embed(self, texts):
        self.calls.append(len(texts))
        near = {"M": [1.0, 0.0], "A": [0.0, 1.0], "N": [0.6, 0.8]}
        return [near.get(text[0], [0.95, 0.31224989991991997]) for text in texts]


def test_neighbours_in_meaning(guarded, make_candidate) -> None:
    topics = Topics()
    services = replace(guarded, embedder=lambda: topics)
    leak = Leak(LeakSettings(neighbours=0.9), services)
    asked = [make_candidate(problem(text, text[:1])) for text in ("Zebra?", "Quite so?")]
    leak.look_ahead(asked)
    assert topics.calls == [3, 2]
    found = asyncio.run(leak.verify(asked[0]))
    assert (found.evidence["rule"], found.evidence["near"]) == ("neighbours", "t1")
    assert found.evidence["score"] == 0.95
    assert topics.calls == [3, 2]
    assert leak.embedding_seconds > 0
    assert asyncio.run(Leak(LeakSettings(neighbours=0.96), services).verify(asked[0])) is None


def test_neighbours_without_an_embedder_say_so(guarded) -> None:
    services = replace(guarded, embedder=lambda: {}["embed"])
    with pytest.raises(LookupError, match="needs an embedder"):
        Leak(LeakSettings(neighbours=0.9), services)


def by_rule(near):
    return {one.rule: one for one in near.near}


def test_the_nearest_problem_of_what_passes(guarded, make_candidate) -> None:
    leak = Leak(LeakSettings(), guarded)
    half = make_candidate(problem("Mia bakes 24 cakes on Monday and eats all of them at home."))
    assert asyncio.run(leak.verify(half)) is None
    near = leak.nearest(half)
    assert (near.candidate_id, near.by, near.leak) == (half.id, "leak", "")
    found = by_rule(near)["rouge-l"]
    assert (found.problem_id, found.set, found.leaked) == ("t1", "test/gsm8k", False)
    assert 0.3 <= found.score < 0.7
    assert leak.nearest(make_candidate(problem("Zzz?"))).near == ()


def test_what_leaked_is_named_by_every_rule_that_says_so(guarded, make_candidate) -> None:
    leak = Leak(LeakSettings(), guarded)
    copy = make_candidate(problem(STORY))
    objection = asyncio.run(leak.verify(copy))
    near = leak.nearest(copy)
    assert near.leak == objection.evidence["rule"] == "exact"
    leaking = {rule: one.problem_id for rule, one in by_rule(near).items() if one.leaked}
    assert leaking == dict.fromkeys(["exact", "template", "run", "rouge-l", "reordered"], "t1")
    assert leak.nearest(copy) == near  # asked again: computed anew, the same
