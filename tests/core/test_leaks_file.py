"""``leaks.jsonl``: one record a candidate, the same after a crash, and its figures in the summary."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import pytest
from rich.console import Console

from errata.hooks import hookimpl
from errata.nearness import Nearness, NearProblem
from errata.parts import Part, Settings, Verifier
from errata.plugins import Installed
from errata.report.near_figures import near_figures
from errata.report.summary import summarize
from errata.report.table import print_summary
from errata.store import Store


def records(directory: Path, name: str = "leaks") -> list[dict]:
    text = (directory / f"round-1/{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_every_candidate_has_a_record_and_leaks_agree_with_objections(roman, tmp_path) -> None:
    # Few numerals, most of them held out: redrawing meets them again and again.
    roman.run(tmp_path / "run", "rounds=1", "problems.test.limit=400")
    found = records(tmp_path / "run")
    candidates = [c["id"] for c in records(tmp_path / "run", "candidates")]
    assert [record["candidate_id"] for record in found] == candidates
    objected = {
        o["candidate_id"]: o["evidence"]["rule"]
        for o in records(tmp_path / "run", "objections")
        if o["reason"] == "leak"
    }
    assert objected
    assert {r["candidate_id"]: r["leak"] for r in found if r["leak"]} == objected
    assert all(near["problem_id"] for record in found for near in record["near"])


def test_without_a_guard_the_file_is_empty(roman, tmp_path) -> None:
    roman.run(tmp_path / "run", "rounds=1", "synthesize.verify=[recompute]")
    assert records(tmp_path / "run") == []
    assert summarize(Store(tmp_path / "run")).rounds[0].near == ()


def test_a_resumed_synthesis_leaves_the_same_bytes(roman, tmp_path) -> None:
    roman.run(tmp_path / "run", "rounds=1", until="synthesize")
    path = tmp_path / "run/round-1/leaks.jsonl"
    whole = path.read_bytes()
    manifest = Store(tmp_path / "run").manifest()
    Store(tmp_path / "run").save(manifest.model_copy(update={"stages": manifest.stages[:-1]}))
    path.write_bytes(whole[: len(whole) // 2])
    roman.run(tmp_path / "run", "rounds=1", until="synthesize")
    assert path.read_bytes() == whole


def near(candidate: str, score: float | None, leaked: bool = False) -> Nearness:
    found = (
        ()
        if score is None
        else (
            NearProblem(
                rule="rouge-l", problem_id=f"t-{candidate}", set="a", score=score, leaked=leaked
            ),
        )
    )
    return Nearness(candidate_id=candidate, by="leak", leak="rouge-l" if leaked else "", near=found)


@pytest.mark.parametrize(
    ("scores", "middle"),
    [
        ([0.4, 0.5, 0.6], 0.5),
        ([0.4, None, 0.6], 0.4),
        ([None, None, 0.6], None),
        ([0.4, None], None),
    ],
)
def test_median_and_highest_of_the_accepted(tmp_path, scores, middle) -> None:
    store = Store(tmp_path)
    rows = [near(f"c{n}", score) for n, score in enumerate(scores)]
    with store.append("round-1/leaks.jsonl", fresh=True) as out:
        for row in [*rows, near("leaky", 0.9, leaked=True)]:
            out.write(row)
    (figure,) = near_figures(store, "round-1", {"leaky"})
    named = [score for score in scores if score is not None]
    assert (figure.leaked, figure.accepted, figure.named) == (1, len(scores), len(named))
    assert figure.highest == max(named)
    assert figure.problem_id == f"t-c{scores.index(max(named))}"
    assert figure.median == middle
    if len(named) == len(scores):
        assert figure.median == median(named)


class Knows(Verifier):
    """Says of every candidate that it is half as near as can be."""

    def nearest(self, candidate):
        one = NearProblem(rule="half", problem_id="t-1", set="test", score=0.5)
        return Nearness(candidate_id="whoever", near=(one,))


class Plugin:
    """Offers it."""

    @hookimpl
    def errata_parts(self):
        return [Part("knows", "verifier", Settings, lambda settings, services: Knows())]


def test_any_verifier_may_leave_it_and_the_table_shows_it(roman, tmp_path) -> None:
    roman.plugins.append(Installed("knows", "x:Plugin", "x", Plugin))
    roman.run(tmp_path / "run", "rounds=1", "synthesize.verify=[recompute, knows]")
    found = records(tmp_path / "run")
    assert {record["by"] for record in found} == {"knows"}
    candidates = [c["id"] for c in records(tmp_path / "run", "candidates")]
    assert [record["candidate_id"] for record in found] == candidates
    console = Console(record=True, width=200)
    print_summary(summarize(Store(tmp_path / "run")), console)
    assert "by half: median 0.50, highest 0.50 (t-1, test); 0 leaked" in console.export_text()
