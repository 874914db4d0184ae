"""Rows of a file, agreement with labels against scikit-learn's, and the stability of groups."""

from __future__ import annotations

import gzip
import json
import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.errors import UserError
from errata.grouping import Row, agreement, group_rows, placed, read_rows, totals
from errata.stability import agreement as jaccards
from errata.stability import bootstrap
from errata.testing.phrases import PhraseGrouper

GOOD = {"id": "a", "keyphrase": "wrong unit", "label": "units"}


def test_rows_are_read_with_what_may_be_left_out(tmp_path) -> None:
    lines = [GOOD, {"keyphrase": ""}, {"id": 7, "keyphrase": "x", "label": 3, "more": [1]}]
    text = "\n\n".join(json.dumps(line) for line in lines) + "\n"
    wanted = [
        Row(id="a", keyphrase="wrong unit", label="units"),
        Row(id="3", keyphrase=""),
        Row(id="7", keyphrase="x", label="3"),
    ]
    (tmp_path / "plain.jsonl").write_text(text)
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    assert read_rows(tmp_path / "plain.jsonl") == wanted
    assert read_rows(tmp_path / "packed.jsonl.gz") == wanted


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{oops", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ("[1, 2]", r"found \[1, 2\]"),
        ('{"id": "b", "phrase": "x"}', "no keyphrase, found id, phrase"),
        ('{"id": "b", "keyphrase": null}', "keyphrase is null, not text"),
        ('{"id": null, "keyphrase": "x"}', "id is null"),
        ('{"id": "b", "keyphrase": "x", "label": ["y"]}', r"label is \[\"y\"\]"),
        ('{"id": "a", "keyphrase": "x"}', "the id 'a' stands in line 1 already"),
    ],
)
def test_a_bad_line_is_named_with_what_was_found_and_what_to_write(tmp_path, line, told) -> None:
    path = tmp_path / "rows.jsonl"
    bad = line if isinstance(line, bytes) else line.encode()
    path.write_bytes(json.dumps(GOOD).encode() + b"\n\n" + bad + b"\n")
    with pytest.raises(UserError, match=rf"rows\.jsonl, line 3: .*{told}"):
        read_rows(path)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_file_without_lines_and_a_missing_one_are_named(tmp_path, text) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(UserError, match=r"rows\.jsonl: no lines to group; a line is"):
        read_rows(path)
    with pytest.raises(UserError, match=r"none\.jsonl: no such file"):
        read_rows(tmp_path / "none.jsonl")
    (tmp_path / "torn.jsonl.gz").write_bytes(gzip.compress(json.dumps(GOOD).encode())[:-9])
    with pytest.raises(UserError, match=r"torn\.jsonl\.gz: the compressed file is damaged"):
        read_rows(tmp_path / "torn.jsonl.gz")


def test_unassigned_rows_are_a_class_and_rows_without_label_are_not_scored() -> None:
    rows = [
        Row(id="1", keyphrase="a", label="x"),
        Row(id="2", keyphrase="a", label="x"),
        Row(id="3", keyphrase="b", label="y"),
        Row(id="4", keyphrase="b"),
    ]
    grouping = group_rows(rows, PhraseGrouper(), "phrases")
    assert totals(rows, grouping).model_dump() == {
        "types": 2,
        "unassigned": 0,
        "ari": 1.0,
        "ami": 1.0,
        "v_measure": 1.0,
    }
    left = [a.model_copy(update={"types": ()}) for a in grouping.assignments[:1]]
    grouping = type(grouping)(grouping.types, [*left, *grouping.assignments[1:]])
    assert [(p.id, p.types, p.unassigned) for p in placed(grouping)][:2] == [
        ("1", (), True),
        ("2", ("a",), False),
    ]
    found = totals(rows, grouping)
    assert (found.unassigned, found.ari) == (1, 0.0), (
        "x is split over two classes, one of them noise"
    )
    bare = [row.model_copy(update={"label": None}) for row in rows]
    assert set(totals(bare, grouping).model_dump(exclude_none=True)) == {"types", "unassigned"}


PARTITIONS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(*[st.lists(st.sampled_from("abcdefg"), min_size=n, max_size=n)] * 2)
)


@settings(deadline=None, max_examples=150)
@given(PARTITIONS)
def test_agreement_is_scikit_learns(partitions) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="errata[cluster] is not installed")
    one, two = partitions
    ari, ami, v = agreement(one, two)
    assert math.isclose(ari, metrics.adjusted_rand_score(one, two), abs_tol=1e-9)
    assert math.isclose(ami, metrics.adjusted_mutual_info_score(one, two), abs_tol=1e-9)
    assert math.isclose(v, metrics.v_measure_score(one, two), abs_tol=1e-9)


def test_agreement_of_many_rows_is_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="errata[cluster] is not installed")
    random = Random(0)
    one = [str(int(random.random() ** 2 * 30)) for _ in range(20_000)]
    two = [a if random.random() < 0.4 else str(random.randrange(8)) for a in one]
    assert math.isclose(
        agreement(one, two)[1], metrics.adjusted_mutual_info_score(one, two), abs_tol=1e-6
    )


def test_the_best_jaccard_of_each_group() -> None:
    groups = [[0, 1, 2], [3, 4], [5], []]
    found = [[0, 1], [2, 3, 4], [6]]
    assert jaccards(groups, found, [1] * 7) == [2 / 3, 2 / 3, 0.0, None]
    # By weight: 0 and 1 are 8 of the 9 in the first group, 2 is one of the three in the second.
    assert jaccards(groups, found, [4, 4, 1, 1, 1, 1, 1])[0] == 8 / 9


def test_real_groups_are_stable_and_arbitrary_ones_are_not() -> None:
    def regroup(drawn):
        assert sorted(set(drawn)) == list(drawn), "each item once, in order"
        low = [i for i in drawn if i < 50]
        rest = [i for i in drawn if i >= 50]
        arbitrary.shuffle(rest)
        return [low, rest[::2], rest[1::2]]

    arbitrary = Random(1)
    groups = [list(range(50)), list(range(50, 75)), list(range(75, 100))]
    sure, *unsure = bootstrap(groups, [1] * 100, regroup, 30, 1000, Random(0))
    assert sure == 1.0
    assert all(value < 0.6 for value in unsure)
    again = bootstrap(groups[:1], [1] * 100, lambda drawn: [list(drawn)], 5, 10, Random(0))
    assert 0.3 < again[0] < 0.7, "samples of ten, about half of them in the group"


def test_a_group_that_was_never_drawn_has_no_support() -> None:
    assert bootstrap([[0], [1]], [1, 1], lambda d: [list(d)], 0, 10, Random(0)) == [0.0, 0.0]
