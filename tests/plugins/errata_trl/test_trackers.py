"""Real trackers, on this machine alone: every training is a run of its own, with its losses."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from errata.records import TrainingExample

Make = Callable[..., Any]
ROUNDS = ("round-1", "round-2")


@pytest.fixture
def trained(
    make_trainer: Make,
    counting: list[TrainingExample],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], Path]:
    """Train in two rounds of one run, reporting to a tracker; the run's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))

    def train(tracker: str) -> Path:
        for name in ROUNDS:
            into = tmp_path / name / "checkpoint"
            into.mkdir(parents=True)
            figures = make_trainer(report_to=(tracker,), batch_size=4).train(counting, None, into)
            assert figures["steps"] == 2
        return tmp_path

    return train


def test_tensorboard_has_a_folder_for_each_training(trained: Callable[[str], Path]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = trained("tensorboard")
    for name in ROUNDS:
        events = EventAccumulator(str(run / "logs" / name / "sft"))
        events.Reload()
        assert [event.step for event in events.Scalars("train/loss")] == [1, 2]


def test_trackio_has_a_run_for_each_training(trained: Callable[[str], Path]) -> None:
    run = trained("trackio")
    with sqlite3.connect(run / "trackio" / "errata.db") as database:
        rows = database.execute("SELECT run_name, metrics FROM metrics ORDER BY id").fetchall()
    losses = [(name, json.loads(told)) for name, told in rows if b"train/loss" in bytes(told)]
    assert [name for name, _ in losses] == [
        f"{run.name}/{each}/sft" for each in ROUNDS for _ in range(2)
    ]


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs of wandb's that are begun, offline, in a folder of this test's."""
    import wandb

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    names: list[str] = []
    real = wandb.init

    def init(**given: Any) -> Any:
        names.append(given["name"])
        return real(**given, dir=tmp_path)

    monkeypatch.setattr(wandb, "init", init)
    return names


def test_wandb_has_a_run_for_each_training(
    trained: Callable[[str], Path], begun: list[str]
) -> None:
    import wandb

    run = trained("wandb")
    assert begun == [f"{run.name}/{each}/sft" for each in ROUNDS]
    assert len(list((run / "wandb").glob("offline-run-*/run-*.wandb"))) == 2
    assert wandb.run is None


def test_a_wandb_run_that_was_open_before_stays_open(
    trained: Callable[[str], Path], begun: list[str]
) -> None:
    import wandb

    mine = wandb.init(name="mine", mode="offline")
    try:
        trained("wandb")
        assert wandb.run is mine
        assert begun == ["mine"]
    finally:
        mine.finish()


def test_a_wandb_run_ends_as_failed_when_training_does(
    make_trainer: Make,
    counting: list[TrainingExample],
    begun: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    import wandb

    codes: list[int] = []
    real = wandb.finish

    def finish(exit_code: int) -> None:
        codes.append(exit_code)
        real(exit_code)

    def stopped(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(wandb, "finish", finish)
    with pytest.raises(KeyboardInterrupt):
        make_trainer(stopped, report_to=("wandb",)).train(counting, None, tmp_path / "out")
    assert len(begun) == 1
    assert codes == [1]
    assert wandb.run is None
