"""The grouper ``taxonomy``: the shipped list, a file of one's own, thresholds, and bad files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from errata.errors import PartError
from errata.plugins import Catalogue
from errata.records import Diagnosis
from errata_cluster.settings import TaxonomySettings
from errata_cluster.taxonomy import TaxonomyGrouper, read_taxonomy

OWN = """\
- name: Unit conversion
  description: Units are not converted or converted wrongly.
  keyphrases: [hours not converted to minutes]
- name: Borrowing
  keyphrases: [forgot to borrow when subtracting]
"""


def run(types, services, phrases, **settings):
    grouper = TaxonomyGrouper(types, TaxonomySettings(**settings), services)
    given = [
        Diagnosis(problem_id=f"p{n}", attempt_id=f"a{n}", keyphrase=phrase)
        for n, phrase in enumerate(phrases)
    ]
    grouping = asyncio.run(grouper.group(given))
    assert [a.attempt_id for a in grouping.assignments] == [d.attempt_id for d in given]
    return grouping


@pytest.fixture
def own(tmp_path) -> Path:
    path = tmp_path / "types.yaml"
    path.write_text(OWN)
    return path


def test_cases_go_to_the_nearest_type_and_strange_ones_nowhere(own, services) -> None:
    phrases = [
        "minutes were not turned into hours",
        "subtraction without borrowing",
        "Subtraction without borrowing!",
        "violin concerto in D",
        "",
    ]
    grouping = run(read_taxonomy(str(own)), services, phrases)
    assert [a.types for a in grouping.assignments] == [
        ("unit-conversion",),
        ("borrowing",),
        ("borrowing",),
        (),
        (),
    ]
    assert [(t.name, t.count) for t in grouping.types] == [("Unit conversion", 1), ("Borrowing", 2)]
    assert grouping.types[0].description.startswith("Units are not")
    assert grouping.types[0].keyphrases == (phrases[0],)


def test_several_types_only_where_they_are_clearly_near(own, services) -> None:
    types = read_taxonomy(str(own))
    both = ["forgot to borrow when subtracting minutes from hours"]
    (one,) = run(types, services, both).assignments
    (two,) = run(types, services, both, margin=0.6).assignments
    assert len(one.types) == 1
    assert two.types[0] == one.types[0]
    assert set(two.types) == {"unit-conversion", "borrowing"}
    (far,) = run(types, services, both, margin=0.6, near=0.99).assignments
    assert far.types == ()


def test_types_without_cases_stay_and_nothing_is_embedded_for_nothing(
    own, services, counting
) -> None:
    grouping = run(read_taxonomy(str(own)), services, ["", " "])
    assert [(t.id, t.count) for t in grouping.types] == [("unit-conversion", 0), ("borrowing", 0)]
    assert grouping.types[1].keyphrases == ("forgot to borrow when subtracting",)
    assert counting.texts == []


def test_the_shipped_list_knows_its_own_examples(services) -> None:
    types = read_taxonomy("lemma")
    assert len(types) == 12
    phrases = [phrase for given in types for phrase in given.keyphrases]
    grouping = run(types, services, phrases)
    names = {t.id: t.name for t in grouping.types}
    owners = [given.name for given in types for _ in given.keyphrases]
    assert [names[a.types[0]] for a in grouping.assignments] == owners
    heard = run(types, services, ["the student made an arithmetic error", "he misread the problem"])
    assert [a.types for a in heard.assignments] == [
        ("calculation-error",),
        ("question-misinterpretation",),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: one", "found dict; wanted a list of types"),
        ("", "found NoneType"),
        ("- name: [", "not YAML"),
        ("- {name: a}\n- {title: b}", "type 2: name: Field required"),
        ("- {name: a, colour: red}", "type 1: colour"),
        ("- {name: a}\n- {name: a}", "the name 'a' stands twice"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path, text, told) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(PartError, match=f"bad.yaml.*{told}"):
        read_taxonomy(str(path))


def test_a_missing_file_names_the_shipped_lists() -> None:
    with pytest.raises(FileNotFoundError, match=r"taxonomy 'lema'.*shipped: lemma"):
        read_taxonomy("lema")


def test_it_is_offered(services, own) -> None:
    part = Catalogue().find("grouper", "taxonomy", "test")
    assert part.needs_embedder
    made = part.make(part.settings(types=str(own)), services)
    grouping = asyncio.run(made.group([Diagnosis(problem_id="p", keyphrase="no borrow taken")]))
    assert [t.count for t in grouping.types] == [0, 1]
