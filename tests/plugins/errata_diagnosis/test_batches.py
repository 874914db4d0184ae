"""Planted types, a misbehaving instructor: exactly the planted types come back, none wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from errata.parts import Grouping
from errata.records import Diagnosis
from scripted.typing import TYPES, WORDINGS, meant

FAULTS = ("left-out", "invented", "useless", "broken", "broken-entries", "twins")
MATH = Path(__file__).parents[3] / "domains" / "errata_math" / "templates"


def diagnoses(phrases: Sequence[str]) -> list[Diagnosis]:
    return [
        Diagnosis(problem_id=f"p{i}", attempt_id=f"a:p{i}", keyphrase=phrase)
        for i, phrase in enumerate(phrases)
    ]


def planted(phrases: int, cases: int = 0) -> list[Diagnosis]:
    """So many distinct phrases, and some more cases of them in other spellings."""
    random = Random(3)
    chosen = random.sample(sorted(WORDINGS), phrases)
    again = [f" {random.choice(chosen).upper()}." for _ in range(cases)]
    rows = [*chosen, *again]
    random.shuffle(rows)
    return diagnoses(rows)


def plain(keyphrase: str) -> str:
    return keyphrase.strip(" .").lower()


def check(given: Sequence[Diagnosis], grouping: Grouping) -> list[Diagnosis]:
    """No case in a wrong type, counts that agree; the cases that are unassigned."""
    names = {t.id: t.name for t in grouping.types}
    counts: Counter[str] = Counter()
    unassigned = []
    for diagnosis, assignment in zip(given, grouping.assignments, strict=True):
        assert assignment.attempt_id == diagnosis.attempt_id
        assert assignment.problem_id == diagnosis.problem_id
        wanted = meant(plain(diagnosis.keyphrase))
        assert {names[t] for t in assignment.types} <= set(wanted)
        counts.update(assignment.types)
        if not assignment.types:
            unassigned.append(diagnosis)
    assert counts == {t.id: t.count for t in grouping.types}
    assert [t.count for t in grouping.types] == sorted(counts.values(), reverse=True)
    return unassigned


@pytest.mark.parametrize("templates", ["generic", "math"])
def test_the_planted_types_come_back(templates, make_instructor, make_asking):
    server = make_instructor(*FAULTS, "mute")

    def supplied(name: str) -> Path | None:
        path = MATH / f"{name}.md"
        return path if templates == "math" and path.exists() else None

    given = planted(600, cases=400)
    grouping, grouper = make_asking(server, supplied=supplied).group(given)
    unassigned = check(given, grouping)
    assert {t.name for t in grouping.types} == set(TYPES)
    assert [t.id for t in grouping.types] == [
        t.name.lower().replace(" ", "-") for t in grouping.types
    ]
    assert all(t.description == f"It is {t.name}." for t in grouping.types)
    # exactly those are unassigned about which the instructor never says anything
    assert {plain(d.keyphrase) for d in unassigned} == {
        plain(d.keyphrase) for d in given if "with a fair" in plain(d.keyphrase)
    }
    assert grouper.tally["unassigned"] == server.planted["mute"] > 10
    assert grouper.tally["left out"] > server.planted["left-out"] > 70  # and the useless names
    assert grouper.tally["invented"] > server.planted["invented"] > 100  # and those in merges
    assert grouper.tally["refused"] > 0
    assert server.planted["broken"] > 0
    assert grouper.tally["merged"] >= 5
    assert grouper.tally["unanswered"] == 0


def test_a_distinct_phrase_is_asked_about_once(make_instructor, make_asking):
    server = make_instructor()
    given = planted(250, cases=500)
    grouping, grouper = make_asking(server).group(given)
    assert check(given, grouping) == []
    shown = Counter(
        p for prompt in server.prompts for p in re.findall(r"^\d+\. (.*)", prompt, re.M)
    )
    assert len(shown) == 250
    assert set(shown.values()) == {1}
    assert server.requests == {"sort": 3, "merge": 1}
    assert sum(t.count for t in grouping.types) == 750
    assert grouper.tally["unassigned"] == 0


def test_batches_are_shuffled_and_descriptions_go_with_the_names(make_instructor, make_asking):
    server = make_instructor()
    make_asking(server).group(planted(250))
    first = re.findall(r"^\d+\. (.*)", server.prompts[0], re.M)
    assert len(first) == 100
    assert first != sorted(first)
    assert "Type 1: " not in server.prompts[0]
    assert "(It is Borrowing left out.)" in server.prompts[1]


def test_the_order_of_the_cases_does_not_matter_and_nothing_is_paid_twice(
    make_instructor, make_asking
):
    server = make_instructor(*FAULTS)
    given = planted(300, cases=100)
    one, _ = make_asking(server).group(given)
    sent = len(server.prompts)
    other_order = Random(8).sample(given, len(given))
    two, _ = make_asking(server).group(other_order)
    assert len(server.prompts) == sent
    assert list(one.types) == list(two.types)
    assert {a.attempt_id: a.types for a in one.assignments} == {
        a.attempt_id: a.types for a in two.assignments
    }


def test_a_batch_without_a_reply_is_unassigned_and_counted(make_instructor, make_asking):
    server = make_instructor("dead")
    given = diagnoses([*sorted(WORDINGS)[:500], "stops early with a game"])
    grouping, grouper = make_asking(server).group(given)
    unassigned = check(given, grouping)
    assert len(unassigned) == grouper.tally["unassigned"] == grouper.tally["unanswered"] == 100
    assert "stops early with a game" in {d.keyphrase for d in unassigned}


def test_nothing_but_failures_gives_no_types(make_instructor, make_asking):
    server = make_instructor("dead")
    given = diagnoses(["stops early with a game", "", "  "])
    grouping, _ = make_asking(server).group(given)
    assert list(grouping.types) == []
    assert [a.types for a in grouping.assignments] == [(), (), ()]


def test_no_cases_no_calls(make_instructor, make_asking):
    server = make_instructor()
    grouping, _ = make_asking(server).group([])
    assert (list(grouping.types), list(grouping.assignments)) == ([], [])
    assert server.prompts == []


def test_a_useless_name_twice_leaves_its_phrases_unassigned(make_instructor, make_asking):
    server = make_instructor("stubborn")
    given = planted(200)
    grouping, grouper = make_asking(server).group(given)
    unassigned = check(given, grouping)
    assert {t.name for t in grouping.types} == set(TYPES) - {"Condition overlooked"}
    assert {meant(d.keyphrase)[0] for d in unassigned} == {"Condition overlooked"}
    assert len(unassigned) == grouper.tally["unassigned"]
    told = [prompt for prompt in server.prompts if "cannot be used" in prompt]
    assert len(told) == 2
    assert "“Miscellaneous errors” fits any error" in told[0]


def test_a_case_may_have_several_types_up_to_a_limit(make_instructor, make_asking):
    server = make_instructor()
    two = "no borrow with books and also unit kept with pies"
    three = f"{two} and also decimal moved with teams"
    given = diagnoses([*sorted(WORDINGS)[::20], two, three])
    grouping, _ = make_asking(server).group(given)
    check(given, grouping)
    assert [len(a.types) for a in grouping.assignments[-2:]] == [2, 2]
    grouping, _ = make_asking(server).group(given, types_per_case=1)
    assert [len(a.types) for a in grouping.assignments[-2:]] == [1, 1]
    grouping, _ = make_asking(server).group(given, types_per_case=3)
    assert [len(a.types) for a in grouping.assignments[-2:]] == [2, 3]


def test_types_beyond_the_limit_are_dissolved(make_instructor, make_asking):
    server = make_instructor("twins", "no-merge")
    given = planted(300)
    grouping, grouper = make_asking(server).group(given, max_types=6)
    assert len(grouping.types) == 6
    assert server.requests["merge"] == 2  # asked again, because too many were left
    assert "At most 6 types can be kept" in server.prompts[-2]
    assert grouper.tally["dissolved"] > 0
    counts = Counter(t for a in grouping.assignments for t in a.types)
    assert counts == {t.id: t.count for t in grouping.types}
    assert sum(not a.types for a in grouping.assignments) == grouper.tally["unassigned"] > 0


def test_while_sorting_twice_the_limit_may_be_found(make_instructor, make_asking):
    server = make_instructor("no-merge")
    grouping, grouper = make_asking(server).group(planted(300), max_types=2)
    assert grouper.tally["dissolved"] == 2
    assert len(grouping.types) == 2
    assert any("one type too many" in prompt for prompt in server.prompts)
    assert any("No new type can be made" in prompt for prompt in server.prompts)


def test_strict_is_the_way_of_the_paper(make_instructor, make_asking):
    server = make_instructor("left-out", "twins")
    given = planted(450, cases=50)
    grouping, grouper = make_asking(server).group(given, strict=True, max_types=3)
    shown = [re.findall(r"^\d+\. (.*)", prompt, re.M) for prompt in server.prompts]
    flat = [phrase for batch in shown for phrase in batch]
    assert flat == sorted({" ".join(d.keyphrase.split()) for d in given})
    assert [len(batch) for batch in shown[:4]] == [100] * 4
    assert "- Wrong operation\n" in server.prompts[-1]
    assert not any("It is " in prompt for prompt in server.prompts)  # names only
    assert set(server.requests) == {"sort"}  # no merge, nothing asked again
    both = {name for name, (other, _) in TYPES.items()} | {other for other, _ in TYPES.values()}
    assert {t.name for t in grouping.types} <= both
    assert len(grouping.types) > len(TYPES)  # near-equal types pile up
    assert grouper.tally["unassigned"] >= server.planted["left-out"] > 0
    again, _ = make_asking(server).group(given, strict=True)
    assert again == grouping
