"""Every figure of the summary equals one counted again from the run's raw records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from errata.records import RoundRecord
from errata.report.summary import summarize
from errata.store import Store


def same(found: Any, counted: Any, where: str = "summary") -> None:
    """Equal in shape and value; floats to nine digits."""
    if isinstance(counted, dict):
        assert isinstance(found, dict), where
        assert found.keys() == counted.keys(), where
        for key, value in counted.items():
            same(found[key], value, f"{where}.{key}")
    elif isinstance(counted, list):
        assert isinstance(found, list), where
        assert len(found) == len(counted), where
        for place, value in enumerate(counted):
            same(found[place], value, f"{where}[{place}]")
    elif isinstance(counted, float):
        assert found == pytest.approx(counted, rel=1e-9, abs=1e-9), where
    else:
        assert found == counted, where
        assert type(found) is type(counted), where


def test_every_figure_is_counted_again(
    any_run: Store, recount: Callable[[Path], dict[str, Any]]
) -> None:
    summary = summarize(any_run)
    same(json.loads(summary.model_dump_json()), recount(any_run.path))


def test_the_loops_own_record_of_each_round_says_the_same(any_run: Store) -> None:
    for figures in summarize(any_run).checkpoints:
        text = any_run.file(f"{figures.id}/round.json").read_text()
        record = RoundRecord.model_validate_json(text)
        recorded = {
            a.set: (a.right, a.total, a.undecided, a.low, a.high) for a in record.accuracies
        }
        assert recorded == {
            a.set: (a.right, a.total, a.undecided, a.low, a.high) for a in figures.accuracies
        }
        assert {c.set: c for c in record.comparisons} == {c.set: c for c in figures.comparisons}


def test_the_runs_have_what_the_figures_are_about(finished_run: Store, scripted_run: Store) -> None:
    written = summarize(finished_run)
    assert [c.kept for c in written.checkpoints] == [True, True, True, False]
    assert written.final == "round-1"
    first = written.rounds[0]
    assert first.unassigned
    assert first.diagnoses.no_error
    assert first.diagnoses.located < first.diagnoses.diagnosed
    assert (
        sum(first.funnel.reasons.values()) > first.funnel.objected
    )  # some have several objections
    assert first.funnel.fruitless
    assert all(first.triage[-1].categories[c] for c in ("model-error", "undecided", "truncated"))
    looped = summarize(scripted_run)
    assert all(r.types and r.funnel.kept for r in looped.rounds)
    assert any(c.fixed for c in looped.overall)


def test_a_merge_in_error_types_moves_the_cases(written_run: Callable[..., Store]) -> None:
    store = written_run()
    before = {t.id: t.cases for t in summarize(store).rounds[0].types}
    path = store.file("round-1/error_types.yaml")
    path.write_text(path.read_text().replace("- id: t4", "- merge: t2\n  id: t4"))
    after = {t.id: t.cases for t in summarize(store).rounds[0].types}
    assert after == {"t1": before["t1"], "t2": before["t2"] + before["t4"], "t3": before["t3"]}
