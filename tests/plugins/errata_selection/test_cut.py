"""The cut: fractions and numbers, overall and by error type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from errata.records import QA, Candidate, Lineage, Problem
from errata_selection.cut import CutSettings, above, numbers, shared_out


def candidate(name: str, error_type: str) -> Candidate:
    body = QA(problem=Problem(id="p-" + name, question="q", answer="1"))
    return Candidate(
        id=name, wave=0, body=body, lineage=Lineage(strategy="test", error_type=error_type)
    )


SIX = [candidate(name, "s") for name in "abcd"] + [candidate(name, "t") for name in "ef"]


def test_a_number_is_kept_of_all_or_shared_as_the_candidates_are() -> None:
    assert above("abcdef", SIX, CutSettings(examples=3)) == {"a", "b", "c"}
    assert above("abcdef", SIX, CutSettings(examples=3, per_type=True)) == {"a", "b", "e"}
    assert above("fedcba", SIX, CutSettings(examples=3, per_type=True)) == {"d", "c", "f"}
    assert above("abcdef", SIX, CutSettings(examples=99)) == set("abcdef")


def test_a_fraction_is_rounded_up_of_all_or_of_each_type() -> None:
    assert above("abcdef", SIX, CutSettings(keep=0.25)) == {"a", "b"}
    assert above("abcdef", SIX, CutSettings(keep=0.26, per_type=True)) == {"a", "b", "e"}


def test_what_is_not_ranked_counts_and_is_not_kept() -> None:
    assert above("a", SIX, CutSettings(keep=0.5)) == {"a"}
    assert numbers({"s": 4, "t": 2}, CutSettings(keep=0.5)) == {"s": 2, "t": 1}


@given(st.dictionaries(st.text("abcxyz", max_size=3), st.integers(0, 40), max_size=6), st.data())
def test_shares_add_up_and_never_exceed_what_there_is(
    sizes: dict[str, int], data: st.DataObject
) -> None:
    everything = sum(sizes.values())
    total = data.draw(st.integers(0, everything))
    shares = shared_out(total, sizes)
    assert sum(shares.values()) == total
    for name, share in shares.items():
        assert share <= sizes[name]
        assert abs(share - total * sizes[name] / max(1, everything)) < 1


def test_a_fraction_and_a_number_at_once_are_refused() -> None:
    with pytest.raises(ValidationError, match="a fraction or a number, not both"):
        CutSettings(keep=0.5, examples=3)
