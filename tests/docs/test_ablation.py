"""The worked ablation: every figure on its page is counted again from what became of each problem."""

from __future__ import annotations

import csv
import json
import statistics
from pathlib import Path
from xml.etree import ElementTree

import pytest

from errata.measure import mcnemar, wilson

FOLDER = Path(__file__).parents[2] / "docs/examples/drills-ablation"
REFERENCE, BEFORE = "sei", "(before)"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (FOLDER / "outcomes.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def records() -> list[dict]:
    text = (FOLDER / "ablation.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _of(rows: list[dict[str, str]], seed: int, arm: str) -> list[bool]:
    return [row[arm] == "right" for row in rows if row["seed"] == str(seed)]


def test_nine_arms_three_seeds_equal_numbers(records):
    runs = [r for r in records if r["kind"] == "run" and r["arm"] != BEFORE]
    assert len({r["arm"] for r in runs}) == 9
    assert len(runs) == 27
    assert {r["seed"] for r in runs} == {0, 1, 2}
    assert len({r["examples"] for r in runs}) == 1
    assert all(r["total"] >= 500 for r in runs)


def test_runs_are_counted_again(rows, records):
    for run in (r for r in records if r["kind"] == "run"):
        own, reference = (_of(rows, run["seed"], name) for name in (run["arm"], REFERENCE))
        assert (sum(own), len(own)) == (run["right"], run["total"])
        low, high = wilson(sum(own), len(own))
        assert (run["low"], run["high"]) == pytest.approx((low, high))
        if run["arm"] != REFERENCE:
            fixed = sum(a and not b for a, b in zip(own, reference, strict=True))
            broken = sum(b and not a for a, b in zip(own, reference, strict=True))
            assert (run["fixed"], run["broken"]) == (fixed, broken)
            assert run["p_value"] == pytest.approx(mcnemar(fixed, broken))


def test_arms_are_counted_again(rows, records):
    for arm in (r for r in records if r["kind"] == "arm"):
        shares = [statistics.fmean(_of(rows, seed, arm["arm"])) for seed in arm["seeds"]]
        assert arm["mean"] == pytest.approx(statistics.fmean(shares))
        if arm["arm"] != REFERENCE:
            theirs = [statistics.fmean(_of(rows, seed, REFERENCE)) for seed in arm["seeds"]]
            differences = [a - b for a, b in zip(shares, theirs, strict=True)]
            assert arm["difference"] == pytest.approx(statistics.fmean(differences))
            assert arm["difference_low"] <= arm["difference"] <= arm["difference_high"]


def test_the_page_and_the_picture_show_them(records):
    page = (FOLDER / "ablation.md").read_text(encoding="utf-8")
    picture = ElementTree.fromstring((FOLDER / "ablation.svg").read_text(encoding="utf-8"))
    texts = "\n".join(t.text or "" for t in picture.iter("{http://www.w3.org/2000/svg}text"))
    for record in records:
        if record["kind"] == "run":
            assert f"| {record['arm']} | {record['seed']} |" in page
            assert f"| {record['right']}/{record['total']} | {record['accuracy']:.1%} |" in page
        else:
            assert f"{record['mean']:.1%}" in page
            assert record["arm"] in texts
