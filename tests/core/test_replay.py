"""Replay of solved problems, and whether trainers can use what strategies make."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from errata.errors import RecipeError
from errata.records import Attempt, Checkpoint, TrainingExample, Verdict
from errata.report.summary import summarize
from errata.report.table import print_summary
from errata.store import Store


def run_table(store: Store) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    print_summary(summarize(store), console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO above
    return text.splitlines()


def test_solved_problems_are_trained_on_again(roman: Any, tmp_path: Path) -> None:
    run = roman.run(tmp_path / "run", "train.replay.share=0.5", "rounds=1")
    store: Store = run.store
    examples = list(store.read("round-1/train.jsonl", TrainingExample))
    again = [e for e in examples if e.id.startswith("replay:")]
    others = len(examples) - len(again)
    assert len(again) == round(0.5 * others) > 0
    (made,) = store.read("round-1/checkpoint.jsonl", Checkpoint)
    assert (made.examples, made.replayed) == (len(examples), len(again))
    # They are the incoming checkpoint's own right answers.
    folder = (made.parent or "base") + "/"
    right = {
        v.attempt_id
        for v in store.read(f"{folder}verdicts/train.jsonl", Verdict)
        if v.outcome == "right"
    }
    texts = {
        a.problem_id: a.text
        for a in store.read(f"{folder}attempts/train.jsonl", Attempt)
        if a.id in right
    }
    for example in again:
        assert example.completion == texts[example.id.removeprefix("replay:")]
    rows = run_table(store)
    assert any(
        row.split()[:3] == ["solved", "problems", "replayed"] and row.split()[-1] == str(len(again))
        for row in rows
    )
    card = (tmp_path / "run" / "round-1" / "README.md").read_text()
    assert f"{len(again):,} replayed" in card
    assert "not measured yet" not in card.lower()
    assert "| test" in card


def test_the_digest_is_that_of_before_without_replay(roman: Any, tmp_path: Path) -> None:
    plain = roman.prepared(tmp_path / "a").recipe
    assert "replay" in plain.model_dump()["train"]
    with_replay = roman.prepared(tmp_path / "b", ["train.replay.number=3"]).recipe
    assert plain.digest() != with_replay.digest()


@pytest.mark.parametrize("given", ["{}", "{share: 0.5, number: 3}"])
def test_share_or_number(roman: Any, tmp_path: Path, given: str) -> None:
    with pytest.raises(RecipeError, match="give share or number, one of the two"):
        roman.prepared(tmp_path / "run", [f"train.replay={given}"])


def test_scratch_is_kept_while_a_stage_runs_and_gone_after(roman: Any, tmp_path: Path) -> None:
    run = roman.prepared(tmp_path / "run")
    run.open()

    def interrupted() -> list[str]:
        (run.scratch() / "state").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.stage("round-1", "train", interrupted)
    found = []

    def again() -> list[str]:
        found.append((run.scratch() / "state").read_text())
        return []

    run.stage("round-1", "train", again)
    assert found == ["half"]
    assert not (tmp_path / "run" / "round-1" / "train.tmp").exists()
