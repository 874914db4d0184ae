"""The model card of a checkpoint says what the records say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from errata.records import Candidate, TrainingExample
from errata.report.summary import summarize


def test_the_card_counts_the_cases_and_examples_of_every_type(roman: Any, tmp_path: Path) -> None:
    store = roman.run(tmp_path / "run", "rounds=1").store
    trained = {e.id for e in store.read("round-1/train.jsonl", TrainingExample)}
    made = [
        c.lineage.error_type
        for c in store.read("round-1/candidates.jsonl", Candidate)
        if c.id in trained
    ]
    (figures,) = (r for r in summarize(store).rounds if r.name == "round-1")
    expected = {
        f"| {found.name} | {found.cases:,} | {made.count(found.id):,} |" for found in figures.types
    }
    card = (tmp_path / "run" / "round-1" / "README.md").read_text(encoding="utf-8")
    assert figures.types
    assert all(found.cases for found in figures.types)
    assert expected <= set(card.splitlines())
