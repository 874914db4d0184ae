"""Ids, terms and descriptions."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from errata_cluster.folding import fold_all
from errata_cluster.naming import class_terms, describe, slug, unique_slugs


@settings(deadline=None)
@given(st.text())
def test_a_slug_is_readable_and_never_empty(text: str) -> None:
    assert re.fullmatch(r"[^\W_]+(-[^\W_]+)*", slug(text))
    assert len(slug(text)) <= 60


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "A", "a-2", "?", "!", "+", "-", "type"]), max_size=12))
def test_slugs_are_unique_and_keep_the_order(names: list[str]) -> None:
    slugs = unique_slugs(names)
    assert len(set(slugs)) == len(names)
    assert unique_slugs(names[:3]) == slugs[:3]


def test_slugs_spell_operators_and_keep_other_scripts() -> None:
    assert slug("Uses + instead of ×") == "uses-plus-instead-of-times"
    assert slug("Off by 10%") == "off-by-n-percent"
    assert slug("Забыт знак") == "забыт-знак"


def test_terms_set_classes_apart() -> None:
    groups = [
        fold_all(["borrow skipped in the difference"] * 3 + ["borrow forgotten in the tens"]),
        fold_all(["wrong unit in the time", "unit of the time ignored"]),
        fold_all(["quantity in the story never used"]),
        fold_all(["stopped in the middle before the last step"]),
    ]
    terms = class_terms(groups, top=3)
    assert terms[0][0] == "borrow"
    assert set(terms[1][:2]) == {"time", "unit"}
    assert all("the" not in group for group in terms)
    assert class_terms([fold_all(["忘记 借位 of x"])]) == [["借位", "忘记"]]


def test_description() -> None:
    text = describe(["borrow"], ["a", "b", "c", "d"], " 52 - 17\n= 45 " + "x" * 300)
    assert text.startswith("Terms: borrow. Examples: “a”; “b”; “c”. One case: 52 - 17 = 45 xx")
    assert text.endswith("…")
    assert describe(["borrow"], ["borrow skipped"], "") == "All cases: “borrow skipped”."
    assert describe([], [], "") == ""
