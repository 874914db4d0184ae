"""Golden trajectories: equivalent configurations give equal losses, step by step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from errata.records import Message, Span, TrainingExample
from errata_trl import trainers
from errata_trl.fitting import Figures, complete_state

Make = Callable[..., Any]
Losses = Callable[..., list[float]]
TOLERANCE = 1e-5  # float32, other orders of summation
CHILD = Path(__file__).with_name("killed_training.py")


def examples(number: int) -> list[TrainingExample]:
    """Of unequal lengths, some with loss on a part only."""
    words = ["one", "two", "three", "four", "five", "six", "seven"]
    made = []
    for place in range(number):
        text = " ".join(words[: 1 + place % 7])
        made.append(
            TrainingExample(
                id=str(place),
                messages=(Message(role="user", content="Count to " + "ab" * (place % 5)),),
                completion=text,
                spans=(Span(start=(place % 2) * 2, end=len(text)),),
            )
        )
    return made


@pytest.fixture
def losses(make_trainer: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Losses:
    """The losses of every step of a training of 12 examples, learning fast."""
    seen: list[Figures] = []
    real = trainers.run

    def run(*given: Any) -> Figures:
        seen.append(real(*given))
        return seen[-1]

    monkeypatch.setattr(trainers, "run", run)

    def train(name: str, **settings: Any) -> list[float]:
        into = tmp_path / name
        into.mkdir()
        chosen = {"learning_rate": 0.01, "epochs": 2, "shuffle": False, **settings}
        make_trainer(**chosen).train(examples(12), None, into)
        return seen[-1].losses

    return train


@pytest.fixture
def golden(losses: Losses) -> list[float]:
    found = losses("golden", batch_size=4)
    assert len(found) == 6
    assert found[-1] < 0.95 * found[0]  # they would be equal too if nothing were learnt
    return found


def test_packed_or_not(golden: list[float], losses: Losses) -> None:
    assert losses("packed", batch_size=4, packing=True) == pytest.approx(golden, abs=TOLERANCE)
    sdpa = losses("sdpa", batch_size=4, packing=True, attention="sdpa")
    assert sdpa == pytest.approx(golden, abs=TOLERANCE)


def test_accumulated_or_not(golden: list[float], losses: Losses) -> None:
    found = losses("accumulated", batch_size=2, accumulation=2)
    assert found == pytest.approx(golden, abs=TOLERANCE)
    both = losses("both", batch_size=2, accumulation=2, packing=True)
    assert both == pytest.approx(golden, abs=TOLERANCE)


def test_activations_kept_or_computed_twice(golden: list[float], losses: Losses) -> None:
    found = losses("twice", batch_size=4, gradient_checkpointing=True)
    assert found == pytest.approx(golden, abs=TOLERANCE)


def test_all_weights_packed_or_not(losses: Losses) -> None:
    plain = losses("plain", method="full", learning_rate=1e-3, batch_size=4)
    packed = losses("packed", method="full", learning_rate=1e-3, batch_size=4, packing=True)
    assert packed == pytest.approx(plain, abs=TOLERANCE)


def test_packed_examples_do_not_see_each_other(losses: Losses, golden: list[float]) -> None:
    """A row with positions that run on would give other losses: the test can fail."""
    from trl.trainer import sft_trainer

    collator = sft_trainer.DataCollatorForLanguageModeling
    real = collator.torch_call

    def run_on(self: Any, rows: Any) -> Any:
        made = real(self, rows)
        made["position_ids"] = made["position_ids"] * 0 + _counted(made["position_ids"])
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collator, "torch_call", run_on)
        found = losses("run-on", batch_size=4, packing=True)
    assert found != pytest.approx(golden, abs=1e-3)


def _counted(positions: Any) -> Any:
    import torch

    return torch.arange(positions.shape[1])[None]


@pytest.fixture(scope="module")
def child() -> Iterator[Callable[..., int]]:
    """Trains in a forked process; returns its exit code."""
    server = subprocess.Popen(
        [sys.executable, str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def train(**asked: object) -> int:
        server.stdin.write(json.dumps(asked, default=str) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    yield train
    server.stdin.close()
    server.wait()


@pytest.mark.slow
@pytest.mark.parametrize("use", ["sft", "dpo"])
def test_killed_and_resumed_or_not(
    child: Callable[..., int], trl_base: Path, tmp_path: Path, use: str
) -> None:
    """`kill -9` after the fifth step; the state is saved every second one."""

    def train(scratch: str, into: str, kill_at: int = 0) -> int:
        folders = {"scratch": tmp_path / scratch, "into": tmp_path / into}
        return child(use=use, base=trl_base, kill_at=kill_at, **folders)

    assert train("one", "undisturbed") == 0
    assert train("two", "resumed", kill_at=5) == -signal.SIGKILL
    state = complete_state(tmp_path / "two" / use)
    assert state is not None
    assert state.name == "checkpoint-4"
    assert train("two", "resumed") == 0
    whole, resumed = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("undisturbed", "resumed")
    )
    assert (whole["first"], resumed["first"]) == (1, 5)
    for figures in (whole["figures"], resumed["figures"]):
        del figures["seconds"]
    assert whole["figures"] == resumed["figures"]
    assert whole["figures"]["steps"] == 8
    weights = [tmp_path / name / "adapter_model.safetensors" for name in ("undisturbed", "resumed")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_an_incomplete_state_is_passed_over(tmp_path: Path) -> None:
    for name, content in (("checkpoint-2", "{}"), ("checkpoint-10", '{"epoch": 0.')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "trainer_state.json").write_text(content)
    (tmp_path / "checkpoint-12").mkdir()
    assert complete_state(tmp_path) == tmp_path / "checkpoint-2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint-2"]


@pytest.mark.slow
def test_in_two_processes_or_one(golden: list[float], losses: Losses) -> None:
    found = losses("two", batch_size=2, processes=2)
    assert found == pytest.approx(golden, abs=TOLERANCE)
