"""Grouping, and error types as people edit them."""

from __future__ import annotations

import re

import pytest
import yaml

from errata.errors import ExtensionError, UserError
from errata.parts import Grouping
from errata.records import (
    Assignment,
    Diagnosis,
    ErrorType,
)
from errata.stages.group import edited, group, to_yaml
from errata.testing import PhraseGrouper


def _diagnosis(name: str, keyphrase: str, no_error: bool = False) -> Diagnosis:
    return Diagnosis(
        problem_id=name, keyphrase=keyphrase, no_error=no_error, attempt_id=f"base:{name}"
    )


def test_diagnoses_of_no_error_are_left_out():
    found = group(
        [_diagnosis("1", "slip"), _diagnosis("2", "none", no_error=True), _diagnosis("3", "slip")],
        PhraseGrouper(),
        "phrases",
    )
    assert [t.count for t in found.types] == [2]
    assert [a.problem_id for a in found.assignments] == ["1", "3"]


def test_phrases_never_share_an_id():
    found = group(
        [_diagnosis(str(n), k) for n, k in enumerate(["a+b", "a b", "÷", "×"])],
        PhraseGrouper(),
        "p",
    )
    assert len({t.id for t in found.types}) == 4
    assert {a.types for a in found.assignments} == {(t.id,) for t in found.types}
    assert edited(to_yaml(found.types), found.assignments)[0] == list(found.types)


def test_a_grouper_that_loses_a_case_is_named():
    class Losing:
        async def group(self, diagnoses):
            return Grouping([], [])

    with pytest.raises(ExtensionError, match="grouper losing was given 1 diagnoses and returned 0"):
        group([_diagnosis("1", "slip")], Losing(), "losing")


TYPES = [
    ErrorType(id="a", name="A", count=2, keyphrases=("x", "y")),
    ErrorType(id="b", name="B: ‘two’", description="long " * 40, count=2),
    ErrorType(id="c", name="C", count=1),
]
ASSIGNED = [
    Assignment(attempt_id=str(n), problem_id=str(n), types=types)
    for n, types in enumerate([("a",), ("a", "b"), ("b", "c"), ()])
]


def _edit(change) -> tuple[list[ErrorType], list[tuple[str, ...]]]:
    rows = yaml.safe_load(to_yaml(TYPES))
    change(rows)
    types, assignments = edited(yaml.safe_dump(rows), ASSIGNED)
    assert [a.problem_id for a in assignments] == ["0", "1", "2", "3"]
    return types, [a.types for a in assignments]


def test_unedited_types_come_back():
    assert edited(to_yaml(TYPES), ASSIGNED) == (TYPES, ASSIGNED)
    assert edited(to_yaml([]), []) == ([], [])


def test_rename_and_redescribe():
    types, assigned = _edit(lambda rows: rows[0].update(name="New", description="what it is"))
    assert (types[0].id, types[0].name, types[0].count) == ("a", "New", 2)
    assert assigned == [a.types for a in ASSIGNED]


def test_drop_makes_cases_unassigned():
    types, assigned = _edit(lambda rows: rows.pop(0))
    assert [t.id for t in types] == ["b", "c"]
    assert assigned == [(), ("b",), ("b", "c"), ()]


def test_merge_moves_cases_and_counts_none_twice():
    types, assigned = _edit(lambda rows: rows[1].update(merge="a"))
    assert [(t.id, t.count) for t in types] == [("a", 3), ("c", 1)]
    assert assigned == [("a",), ("a",), ("a", "c"), ()]


def test_counts_are_renewed_and_order_is_the_files():
    types, _ = _edit(lambda rows: (rows.reverse(), rows[0].update(count=99)))
    assert [(t.id, t.count) for t in types] == [("c", 1), ("b", 2), ("a", 2)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "not YAML"),
        ("a: 1", "a list of types was wanted"),
        ("- 5", "type 1: id: Field required"),
        ("- {id: a, name: A}\n- {id: a, name: B}", "the id a stands twice; ids are: a, a"),
        ("- {id: a, name: A}\n- {id: a, name: B, merge: a}", "the id a stands twice"),
        ("- {id: a, name: A, merge: b}", "merge: b is no type here"),
        ("- {id: a, name: A, merge: a}", "merge: a is no type here"),
        (
            "- {id: a, name: A, merge: b}\n- {id: b, name: B, merge: c}\n- {id: c, name: C}",
            "merge: b is no type here; ids are: c",
        ),
        ("- {id: a, name: A, colour: red}", "type 1: colour: Extra inputs"),
    ],
)
def test_slips_of_the_editor(text, said):
    with pytest.raises(UserError, match=re.escape(said)):
        edited(text, ASSIGNED)
