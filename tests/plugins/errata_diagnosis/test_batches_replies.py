"""Single replies of an instructor, and what the grouper ``instructor-batches`` makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from errata.parts import Grouping
from errata.records import Diagnosis

PHRASES = ["adds wrongly", "borrows wrongly", "carries wrongly", "divides wrongly"]


def new(name: str, *phrases: Any) -> dict[str, Any]:
    return {"name": name, "description": f"About {name}.", "phrases": list(phrases)}


def merge(name: str, *types: int) -> dict[str, Any]:
    return {"types": list(types), "name": name, "description": f"About {name}."}


@pytest.fixture
def grouped(make_instructor, make_asking, monkeypatch) -> Callable[..., dict[str, set[str]]]:
    def group(*replies: object, count: int = 4, **settings: Any) -> dict[str, set[str]]:
        """The phrases of each type after these replies, in order; every one of them is asked for."""
        server = make_instructor()
        said = [reply if isinstance(reply, str) else json.dumps(reply) for reply in replies]
        monkeypatch.setattr(server, "_answer", lambda prompt, again: said.pop(0))
        given = [
            Diagnosis(problem_id=f"p{i}", attempt_id=f"a:p{i}", keyphrase=phrase)
            for i, phrase in enumerate(PHRASES[:count])
        ]
        asking = make_asking(server)
        # in the order given, so that a reply can say which phrase it means
        asking.services.random = lambda name: type("Still", (), {"shuffle": lambda self, x: None})()
        grouping, grouper = asking.group(given, **settings)
        assert said == []
        group.prompts, group.tally = server.prompts, grouper.tally  # type: ignore[attr-defined]  # for a look
        group.grouping = grouping  # type: ignore[attr-defined]  # for a look
        return by_name(given, grouping)

    return group


def by_name(given: list[Diagnosis], grouping: Grouping) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {t.name: set() for t in grouping.types}
    names = {t.id: t.name for t in grouping.types}
    for diagnosis, assignment in zip(given, grouping.assignments, strict=True):
        for type_id in assignment.types:
            found[names[type_id]].add(diagnosis.keyphrase)
    return found


def test_a_reply_that_sorts_nothing_is_asked_for_again(grouped):
    assert grouped({"existing": [], "new": []}, {"new": [new("Arithmetic", 1, 2, 3, 4)]}) == {
        "Arithmetic": set(PHRASES)
    }
    assert grouped.tally["left out"] == 4


def test_a_list_left_out_of_a_reply_is_empty(grouped):
    found = grouped(
        {"new": [new("Sums", 1), new("Borrowing", 2)]},
        {"existing": [{"type": 1, "phrases": [1]}, {"type": 2, "phrases": ["phrase 2"]}]},
        {"merges": []},
        batch=2,
    )
    assert found == {
        "Sums": {PHRASES[0], PHRASES[2]},
        "Borrowing": {PHRASES[1], PHRASES[3]},
    }


def test_a_near_equal_name_is_the_same_type(grouped):
    found = grouped(
        {"new": [new("Calculation errors", 1, 2)]},
        {"existing": [], "new": [new("General Calculation Error", 1, 2)]},
        batch=2,
    )
    assert found == {"Calculation errors": set(PHRASES)}


def test_a_type_without_phrases_is_none(grouped):
    found = grouped({"new": [new("Sums", 1, 2, 3, 4), new("Ghosts"), new("More ghosts", 17, 0)]})
    assert found == {"Sums": set(PHRASES)}
    assert grouped.tally["invented"] == 2


def test_the_first_types_of_a_phrase_count(grouped):
    found = grouped(
        {"new": [new("Sums", 1), new("Signs", 1), new("Columns", 1, 2, 3, 4)]}, {"merges": []}
    )
    assert found == {"Sums": {PHRASES[0]}, "Signs": {PHRASES[0]}, "Columns": set(PHRASES[1:])}


FOUR = {"new": [new("Sums", 1), new("Borrowing", 2), new("Carrying", 3), new("Quotients", 4)]}


def test_a_type_is_merged_once(grouped):
    found = grouped(
        FOUR, {"merges": [merge("Columns", 1, 2), merge("Digits", 2, 3), merge("Alone", 4)]}
    )
    assert found == {
        "Columns": {PHRASES[0], PHRASES[1]},
        "Carrying": {PHRASES[2]},
        "Quotients": {PHRASES[3]},
    }
    assert grouped.tally["merged"] == 1
    assert grouped.grouping.types[0].description == "About Columns."


def test_overlapping_merges_leave_the_rest_of_theirs(grouped):
    found = grouped(FOUR, {"merges": [merge("Columns", 1, 2), merge("Digits", 2, 3, 4)]})
    assert found == {
        "Columns": {PHRASES[0], PHRASES[1]},
        "Digits": {PHRASES[2], PHRASES[3]},
    }


def test_what_is_merged_under_the_name_of_another_type_joins_it(grouped):
    found = grouped(FOUR, {"merges": [merge("quotient errors", 1, 2)]})
    assert {frozenset(phrases) for phrases in found.values()} == {
        frozenset({PHRASES[0], PHRASES[1], PHRASES[3]}),
        frozenset({PHRASES[2]}),
    }


def test_a_useless_name_for_what_is_merged_is_not_taken(grouped):
    found = grouped(
        {"new": [new("Sums", 1), new("Borrowing", 2, 3), new("Quotients", 4)]},
        {"merges": [merge("Other errors", 1, 2)]},
    )
    assert set(found) == {"Borrowing", "Quotients"}
    assert grouped.grouping.types[0].description == "About Borrowing."


def test_no_reply_about_merging_leaves_the_types(grouped):
    found = grouped(FOUR, "I would rather not.", "Really not.")
    assert len(found) == 4


def test_phrases_of_dissolved_types_are_sorted_into_the_others(grouped):
    found = grouped(
        {"new": [new("Sums", 1, 2), new("Carrying", 3)]},
        {"existing": [], "new": []},  # phrase 4, asked about again: nothing
        {"merges": []},
        {"merges": []},
        {"existing": [{"type": 1, "phrases": [1]}], "new": [new("Carrying", 1)]},
        max_types=1,
    )
    assert found == {"Sums": set(PHRASES[:3])}
    assert grouped.tally["dissolved"] == 1
    assert grouped.tally["unassigned"] == 1
    assert "No new type can be made" in grouped.prompts[-1]


def test_phrases_in_two_types_stay_when_one_is_dissolved(grouped):
    found = grouped(
        {"new": [new("Sums", 1, 2, 3, 4), new("Carrying", 3)]},
        {"merges": []},
        {"merges": []},
        max_types=1,
    )
    assert found == {"Sums": set(PHRASES)}


def test_strict_takes_names_as_they_are(grouped):
    def named(name: str, *phrases: int) -> dict[str, Any]:
        return {"name": name, "phrases": list(phrases), "explanation": f"About {name}."}

    found = grouped(
        {"groups": [named("Calculation errors", 1), named("Miscellaneous", 2)]},
        {"groups": [named("Calculation error", 1, 99), named("Calculation errors", 2)]},
        batch=2,
        strict=True,
    )
    assert found == {
        "Calculation errors": {PHRASES[0], PHRASES[3]},
        "Miscellaneous": {PHRASES[1]},
        "Calculation error": {PHRASES[2]},
    }
    assert grouped.tally["invented"] == 1


def test_strict_goes_on_after_a_batch_without_a_reply(grouped):
    found = grouped(
        "no",
        "still no",
        {"groups": [{"name": "Late", "phrases": [1, 2], "explanation": ""}]},
        batch=2,
        strict=True,
    )
    assert found == {"Late": set(PHRASES[2:])}
    assert grouped.tally["unanswered"] == grouped.tally["unassigned"] == 2


def test_ids_stay_when_types_are_found_in_another_order(grouped):
    grouped(FOUR, {"merges": []})
    one = {t.name: t.id for t in grouped.grouping.types}
    other = {"new": list(reversed(FOUR["new"]))}
    grouped(json.dumps(other) + " ", {"merges": []}, types_per_case=1)
    assert {t.name: t.id for t in grouped.grouping.types} == one
