"""Folding: what is a near-exact duplicate, and what must stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata_cluster.folding import fold, fold_all

TEXTS = st.lists(st.text(alphabet=st.sampled_from("aAbB 12.,-–+−×!\t\n\u00e9E\u0301"), max_size=8))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Borrow skipped", "  borrow \n skipped. "),
        ("off by 10", "Off by 1,250.5!"),
        ("two-step problem", "two step problem"),
        ("‘wrong unit’ (hours)", "wrong unit: hours"),
        ("caf\u00e9", "cafe\u0301"),
        ("uses - instead of +", "uses − instead of +"),
        ("ﬁrst step", "first step"),
    ],
)
def test_near_exact_duplicates_fold(one: str, two: str) -> None:
    assert fold(one) == fold(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("+ instead of -", "- instead of +"),
        ("× instead of ÷", "÷ instead of ×"),
        ("added the price", "added the prices"),
        ("wrong unit", "unit wrong"),
        ("गलत", "गलती"),
        ("???", "!!!"),
    ],
)
def test_different_phrases_stay_apart(one: str, two: str) -> None:
    assert fold(one) != fold(two)


@settings(deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(st.text())
def test_only_blank_text_folds_to_nothing(text: str) -> None:
    assert (fold(text) == "") == (text.strip() == "")


@settings(deadline=None)
@given(TEXTS)
def test_every_phrase_is_in_exactly_one_fold(texts: list[str]) -> None:
    phrases = fold_all(texts)
    members = sorted(index for phrase in phrases for index in phrase.members)
    assert members == [index for index, text in enumerate(texts) if text.strip()]
    for phrase in phrases:
        assert phrase.count == len(phrase.members)
        assert {fold(texts[index]) for index in phrase.members} == {phrase.key}
        assert fold(phrase.text) == phrase.key
    assert [phrase.key for phrase in phrases] == sorted({fold(t) for t in texts} - {""})


@settings(deadline=None)
@given(TEXTS, st.randoms())
def test_order_does_not_matter(texts: list[str], random) -> None:
    shuffled = list(texts)
    random.shuffle(shuffled)
    assert [(p.key, p.text, p.count) for p in fold_all(texts)] == [
        (p.key, p.text, p.count) for p in fold_all(shuffled)
    ]


def test_the_commonest_spelling_speaks_for_the_fold() -> None:
    (phrase,) = fold_all(["Off by 2", "off by 3!", "off by 3!", "OFF BY 9"])
    assert (phrase.text, phrase.count) == ("off by 3!", 4)
