"""Planted families of keyphrases are grouped right; the same cases always give the same types."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from errata.calls.typed import Answer
from errata.naming import NAMING
from errata.parts import Grouping
from errata.plugins import Catalogue
from errata.prompting import Prompts, Template
from errata.records import Diagnosis

FAMILIES = {
    "borrow": [
        "forgot to borrow when subtracting",
        "borrow skipped in the subtraction",
        "did not borrow from the tens digit in subtraction",
        "subtraction without borrowing",
        "missing borrow in a difference of two numbers",
        "subtracted digits without borrowing from the next column",
        "no borrow taken while subtracting",
        "borrowing omitted in column subtraction",
    ],
    "units": [
        "hours not converted to minutes",
        "forgot to convert minutes into hours",
        "time unit conversion missing",
        "mixed up minutes and hours",
        "did not convert the hours to minutes",
        "wrong conversion between hours and minutes",
        "time units not converted",
        "converted minutes to hours wrongly",
    ],
    "percent": [
        "percent not divided by one hundred",
        "treated the percentage as a whole number",
        "percentage discount computed wrongly",
        "took the percent of the wrong amount",
        "misread the percentage",
        "percentage applied to the wrong base",
        "wrong percentage of the total",
        "percent calculation mistake",
    ],
}


def diagnoses(phrases: list[str]) -> list[Diagnosis]:
    return [
        Diagnosis(problem_id=f"p{i}", attempt_id=f"a:p{i}", keyphrase=phrase)
        for i, phrase in enumerate(phrases)
    ]


def group(grouper, given: list[Diagnosis]) -> Grouping:
    return asyncio.run(grouper.group(given))


def planted(copies: int) -> tuple[list[Diagnosis], list[str]]:
    rows = [(p, name) for name in FAMILIES for p in FAMILIES[name] for _ in range(copies)]
    Random(1).shuffle(rows)
    return diagnoses([phrase for phrase, _ in rows]), [name for _, name in rows]


def test_planted_families_are_found(make_grouper) -> None:
    given, labels = planted(copies=1)
    grouping = group(make_grouper(), given)
    assert len(grouping.types) == 3
    found = Counter(
        (assignment.types[0], label)
        for assignment, label in zip(grouping.assignments, labels, strict=True)
        if assignment.types
    )
    # Three types, each pure, each of another family, and most cases in them.
    assert len(found) == 3
    assert len({label for _, label in found}) == 3
    assert sum(found.values()) >= 18


def test_frequent_paraphrases_are_not_mixed_and_many_are_one(make_grouper) -> None:
    given, labels = planted(copies=6)
    grouping = group(make_grouper(), given)
    assert len(grouping.types) <= 12
    families = {
        (assignment.types[0], label)
        for assignment, label in zip(grouping.assignments, labels, strict=True)
    }
    assert len(families) == len(grouping.types)


def test_counts_names_and_assignments_agree(make_grouper) -> None:
    given, _ = planted(copies=1)
    grouping = group(make_grouper(), given)
    counts = Counter(t for assignment in grouping.assignments for t in assignment.types)
    assert counts == {t.id: t.count for t in grouping.types}
    assert [(-t.count, t.name) for t in grouping.types] == sorted(
        (-t.count, t.name) for t in grouping.types
    )
    by_id = {t.id: t for t in grouping.types}
    phrases = {d.keyphrase for d in given}
    for error_type in grouping.types:
        assert error_type.name in phrases
        assert set(error_type.keyphrases) <= phrases
        assert error_type.description
    for diagnosis, assignment in zip(given, grouping.assignments, strict=True):
        assert assignment.attempt_id == diagnosis.attempt_id
        assert assignment.problem_id == diagnosis.problem_id
        assert all(type_id in by_id for type_id in assignment.types)


def test_the_order_of_the_cases_does_not_matter(make_grouper) -> None:
    given, _ = planted(copies=2)
    shuffled = list(given)
    Random(9).shuffle(shuffled)
    one, two = group(make_grouper(), given), group(make_grouper(), shuffled)
    assert list(one.types) == list(two.types)
    assert {a.attempt_id: a.types for a in one.assignments} == {
        a.attempt_id: a.types for a in two.assignments
    }


def test_coarsened_runs_repeat(make_grouper) -> None:
    given, _ = planted(copies=8)
    settings = {"max_points": 100, "min_cluster_size": 5}
    assert group(make_grouper(**settings), given) == group(make_grouper(**settings), given)


def test_few_phrases_are_types_each_and_need_no_embedder(make_grouper, counting) -> None:
    phrases = ["Borrow skipped"] * 6 + ["borrow skipped."] * 3 + ["wrong unit"] * 4 + ["off by 1"]
    grouping = group(make_grouper(), diagnoses(phrases))
    assert [(t.id, t.name, t.count) for t in grouping.types] == [
        ("borrow-skipped", "Borrow skipped", 9),
        ("wrong-unit", "wrong unit", 4),
        ("off-by-n", "off by 1", 1),
    ]
    assert counting.texts == []


def test_few_phrases_above_the_limit_join_the_nearest(make_grouper) -> None:
    phrases = (
        ["borrow skipped in the difference"] * 9
        + ["borrow forgotten in the difference"]
        + ["minutes not converted to hours"] * 9
    )
    grouping = group(make_grouper(max_types=2), diagnoses(phrases))
    assert [(t.name, t.count) for t in grouping.types] == [
        ("borrow skipped in the difference", 10),
        ("minutes not converted to hours", 9),
    ]


def test_too_many_clusters_are_merged(make_grouper) -> None:
    given, _ = planted(copies=6)
    assert len(group(make_grouper(), given).types) > 2
    grouping = group(make_grouper(max_types=2), given)
    assert len(grouping.types) == 2


def test_each_distinct_phrase_is_embedded_once(make_grouper, counting) -> None:
    given, _ = planted(copies=4)
    group(make_grouper(), given)
    assert sorted(counting.texts) == sorted(p for family in FAMILIES.values() for p in family)


def test_noise_is_unassigned_and_no_type(make_grouper) -> None:
    given, _ = planted(copies=1)
    strange = diagnoses(["zebra parliament", "violin concerto in D", "glacier", "tax law"])
    strange = [d.model_copy(update={"attempt_id": "x" + d.attempt_id}) for d in strange]
    grouping = group(make_grouper(), [*given, *strange])
    assert [a.types for a in grouping.assignments[-4:]] == [()] * 4


def test_nothing_alike_means_no_types(make_grouper) -> None:
    words = "zebra violin glacier tax moss opera kettle comet ladder pepper quartz sonnet tram"
    given = diagnoses([*words.split(), "wolf", "yacht", "ivory", "jazz"])
    grouping = group(make_grouper(near=0.4), given)
    assert list(grouping.types) == []
    assert [a.types for a in grouping.assignments] == [()] * len(given)


@pytest.mark.parametrize("phrases", [[], ["one"], ["", "  "], ["one", ""]])
def test_next_to_nothing(make_grouper, phrases) -> None:
    grouping = group(make_grouper(), diagnoses(phrases))
    real = [p for p in phrases if p.strip()]
    assert [t.name for t in grouping.types] == real
    assert [bool(a.types) for a in grouping.assignments] == [bool(p.strip()) for p in phrases]


def test_an_explanation_of_the_central_phrase_is_shown(make_grouper) -> None:
    given = diagnoses(["borrow skipped", "borrow skipped"])
    given[1] = given[1].model_copy(update={"explanation": "52 − 17 was written as 45"})
    (error_type,) = group(make_grouper(), given).types
    assert "52 − 17 was written as 45" in error_type.description


def test_parts_are_offered(services) -> None:
    part = Catalogue().find("grouper", "embedding", "test")
    assert part.needs_embedder
    assert group(part.make(part.settings(), services), diagnoses(["a b"])).types[0].id == "a-b"
    assert Catalogue().find("embedder", "sentence-transformers", "test").extra == "cluster"


def test_types_carry_their_stability(make_grouper) -> None:
    given, _ = planted(copies=1)
    grouping = group(make_grouper(), given)
    stable = [t.stability for t in grouping.types]
    assert all(value is not None and 0.6 < value <= 1 for value in stable), "planted types are real"
    assert group(make_grouper(), given).types == grouping.types
    bare = group(make_grouper(resamples=0), given)
    assert [t.stability for t in bare.types] == [None] * len(stable)
    assert [t.name for t in bare.types] == [t.name for t in grouping.types]


def test_resampling_embeds_nothing_again(make_grouper, counting) -> None:
    given, _ = planted(copies=1)
    group(make_grouper(resamples=5), given)
    assert len(counting.texts) == len({d.keyphrase for d in given})


def test_the_same_cases_twice_are_the_same_types(make_grouper) -> None:
    one, two = (group(make_grouper(), planted(copies=copies)[0]) for copies in (1, 2))
    assert [t.name for t in one.types] == [t.name for t in two.types]
    assert [2 * t.count for t in one.types] == [t.count for t in two.types]


def test_an_instructor_names_what_it_can(make_grouper, services) -> None:
    asked = []

    async def ask(prompt):
        asked.append(prompt)
        if len(asked) > 1:
            return Answer(None, failure="no", lack="unanswered")
        reply = {"names": [{"group": 1, "name": "Borrowing", "description": "It is left out."}]}
        return Answer(NAMING.reply.model_validate(reply))

    services.ask = ask
    services.prompts = Prompts({"naming": Template(NAMING.template.read_text())})
    told = diagnoses(["no borrow"] * 3 + ["unit kept"] * 2)
    found = asyncio.run(make_grouper(names="instructor").group(told))
    assert [(t.id, t.name) for t in found.types] == [
        ("borrowing", "Borrowing"),
        ("unit-kept", "unit kept"),
    ]
    assert found.types[0].description == "It is left out."
    assert [a.types for a in found.assignments] == [("borrowing",)] * 3 + [("unit-kept",)] * 2
    assert "no borrow" in asked[0].messages[-1].content
