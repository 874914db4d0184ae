"""Quotas: sums, floors, what earlier rounds mended, and the why; and through a run of two rounds."""

from __future__ import annotations

import json
import math

import pytest

from errata.mending import mended_before
from errata.quotas import FLOOR, PRIOR_CASES, Mended, quotas
from errata.store import Store

CASES = {"a": 40, "b": 40, "c": 10, "d": 0}


def shares(found):
    return {t: quota.quota for t, quota in found.items()}


@pytest.mark.parametrize("total", [1, 7, 100, 401])
@pytest.mark.parametrize("rule", ["proportional", "uniform", "expected-gain"])
def test_shares_sum_to_the_total_and_nothing_goes_to_no_case(total, rule):
    found = shares(quotas(CASES, total, rule, {"a": Mended(10, 9), "b": Mended(10, 0)}))
    assert sum(found.values()) == total
    assert found["d"] == 0


def test_a_first_round_is_proportional_with_the_floor():
    total = 1000
    found = quotas(CASES, total, "expected-gain")
    for type_id, cases in {"a": 40, "b": 40, "c": 10}.items():
        exact = FLOOR * total / 3 + (1 - FLOOR) * total * cases / 90
        assert abs(found[type_id].quota - exact) <= 2
        assert "nothing measured before" in found[type_id].why
    assert found["d"].why == "no train case"


def test_what_was_mended_gets_more_and_the_floor_holds():
    mended = {"a": Mended(20, 16), "b": Mended(20, 0)}
    found = quotas({"a": 40, "b": 40, "c": 40}, 300, "expected-gain", mended)
    assert found["a"].quota > found["c"].quota > found["b"].quota >= FLOOR * 300 / 3 - 1
    assert "16 of 20 held-out ones mended" in found["a"].why
    assert "not measured before" in found["c"].why


def test_the_expected_share_is_the_posteriors_mean_and_deviation():
    found = quotas({"a": 5, "b": 5}, 10, "expected-gain", {"a": Mended(6, 3), "b": Mended(4, 0)})
    prior = (3 + 0.5 * PRIOR_CASES) / (10 + PRIOR_CASES)
    for type_id, (fixed, seen) in {"a": (3, 6), "b": (0, 4)}.items():
        one = prior * PRIOR_CASES + fixed
        other = (1 - prior) * PRIOR_CASES + seen - fixed
        both = one + other
        wanted = one / both + math.sqrt(one * other / (both**2 * (both + 1)))
        assert found[type_id].expected == pytest.approx(wanted, abs=1e-6)


def test_little_seen_is_tried_sooner_than_much_seen():
    seen = {"few": Mended(2, 1), "many": Mended(40, 20)}
    found = quotas({"few": 30, "many": 30}, 100, "expected-gain", seen)
    assert found["few"].quota > found["many"].quota


def test_a_run_learns_from_its_first_round(roman, tmp_path):
    changes = ["synthesize.per_type=expected-gain", "target.gain=0.004", "problems.dev=60"]
    roman.run(tmp_path / "run", *changes)
    store = Store(tmp_path / "run")
    first, second = (
        {q["error_type"]: q for q in map(json.loads, store.file(name).read_text().splitlines())}
        for name in ("round-1/quotas.jsonl", "round-2/quotas.jsonl")
    )
    assert all(q["dev_cases"] == 0 for q in first.values())
    known = {t: q for t, q in second.items() if q["dev_cases"]}
    assert known
    record = json.loads(store.file("round-1/round.json").read_text())
    changed = {change["error_type"]: change for change in record["types"]}
    for type_id, found in mended_before(store, ["round-1"], "round-2").items():
        assert known[type_id]["dev_fixed"] == found.dev_fixed
        # The types of this domain keep their ids, so that the match can be told.
        assert changed[type_id]["dev_cases"] == found.dev_cases
