"""Names that say nothing, ids, and names asked of an instructor for clusters."""

from __future__ import annotations

import pytest

from errata.naming import NAMING, Cluster, Label, name_clusters, sameness, type_ids, useless
from scripted.typing import TYPES

SAY_NOTHING = [
    "",
    "  ",
    "—",
    "Miscellaneous",
    "Miscellaneous Errors",
    "Other",
    "Others",
    "Other errors and issues",
    "General errors",
    "Various mistakes",
    "Unknown error type",
    "Type 3",
    "Cluster 12",
    "N/A",
    "None",
    "No error",
    "no errors detected",
    "No mistakes found.",
    "There is no error",
    "No calculation error",
    "No apparent mistake in the solution",
    "Correct process",
    "Correct Processes",
    "Correct",
    "Correct answer",
    "correct reasoning",
    "All correct",
    "x" * 101,
    "forgets to carry; drops the sign",
    "Forgets to carry, drops the sign",
]
SAY_SOMETHING = [
    "Calculation errors",
    "General calculation errors",
    "Wrong operation",
    "No unit conversion",
    "No check of the problem's conditions",
    "Correct formula, wrong numbers",
    "Correct process with wrong operands",
    "Forgets to carry",
    "Other side of the equation not changed",
    "Verwechselt Zähler und Nenner",
    "单位换算错误",
    "Misreads 'no more than'",
]
PHRASES = ["forgets to carry", "drops the sign"]


@pytest.mark.parametrize("name", SAY_NOTHING)
def test_names_that_say_nothing_are_refused(name):
    assert useless(name, PHRASES)


@pytest.mark.parametrize("name", SAY_SOMETHING)
def test_names_that_say_something_are_not(name):
    assert useless(name, PHRASES) == ""


def test_near_equal_names_are_the_same():
    spellings = ["Calculation Errors", "a general calculation error", "Calculation mistake"]
    assert len({sameness(name) for name in spellings}) == 1
    assert sameness("Errors in unit conversion") == sameness("Unit conversion")
    assert sameness("addition instead of subtraction") != sameness(
        "subtraction instead of addition"
    )
    assert sameness("mass") != sameness("ma")
    assert sameness("Errors") == sameness("errors") != sameness("Mistakes")


def test_ids_are_readable_stable_and_distinct():
    names = ["Wrong operation", "wrong  operation!", "单位换算", "?", "word " * 40]
    ids = type_ids(names)
    assert ids[:4] == ["wrong-operation", "wrong-operation-2", "单位换算", "type"]
    assert len(ids[4]) <= 60
    assert type_ids(names) == ids


def clusters() -> list[Cluster]:
    return [
        Cluster(f"offline {place}", "offline", (f"{heads[0]} with coins", heads[1]), 5, ("coins",))
        for place, (_, heads) in enumerate(TYPES.values())
    ]


def named(asking, groups) -> list[Label]:
    return asking.instructing.together("group", name_clusters(groups, asking.services))


def test_every_cluster_gets_its_name(make_instructor, make_asking):
    server = make_instructor()
    labels = named(make_asking(server, more=[NAMING]), clusters())
    assert [label.name for label in labels] == list(TYPES)
    assert labels[0] == Label("Borrowing left out", "It is Borrowing left out.", given=True)
    assert server.requests == {"naming": 1}
    assert "Group 1 (5 cases):\n- no borrow with coins\n- skips the borrow\n" in server.prompts[0]
    assert "Words that set it apart: coins" in server.prompts[0]


def test_a_useless_name_is_asked_for_again(make_instructor, make_asking):
    server = make_instructor("useless")
    labels = named(make_asking(server, more=[NAMING]), clusters())
    assert [label.name for label in labels] == list(TYPES)
    assert server.requests == {"naming": 2}
    assert "“Other errors” for group 1 fits any error" in server.prompts[1]
    assert "Group 2" not in server.prompts[1]  # only what has no name yet


def test_two_clusters_of_one_kind_do_not_get_one_name(make_instructor, make_asking):
    server = make_instructor()
    twice = [clusters()[0], clusters()[1], clusters()[0]]
    labels = named(make_asking(server, more=[NAMING]), twice)
    assert [label.name for label in labels] == [*list(TYPES)[:2], "offline 0"]
    assert [label.given for label in labels] == [True, True, False]


def test_without_a_reply_the_offline_names_stand(make_instructor, make_asking):
    server = make_instructor("dead")
    labels = named(make_asking(server, more=[NAMING]), clusters())
    assert labels == [Label(cluster.name, cluster.description) for cluster in clusters()]


def test_many_clusters_are_asked_about_in_parts(make_instructor, make_asking):
    server = make_instructor()
    many = [
        Cluster(f"offline {i}", "", (f"{heads[0]} with coins",), i)
        for i, (_, heads) in enumerate([*TYPES.values()] * 5)
    ]
    labels = named(make_asking(server, more=[NAMING]), many)
    assert len(labels) == 40
    assert sum(label.given for label in labels) == 8
    assert server.requests == {"naming": 4}  # two parts, each asked again for want of names
    assert named(make_asking(server, more=[NAMING]), []) == []
