"""Trains a tiny model for eight steps in forked children that may kill themselves (test_golden.py).

Reads one JSON object a line: ``use``, ``base``, ``scratch``, ``into``, ``kill_at``; answers with the
child's exit code. A child that ends writes its figures, and the first step that it did, beside
``into``. A process of its own, so that torch is imported once and before the forks.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from errata.records import Message, Span, TrainingExample
from errata_trl.answer_loss import answer_trainer
from errata_trl.plugin import make_dpo, make_sft
from errata_trl.preferences import preference_trainer
from errata_trl.settings import DpoSettings, SftSettings


def train(asked: dict[str, Any]) -> None:
    """Train; die after step ``kill_at``."""
    steps: list[int] = []

    def progress(done: int, _total: int) -> None:
        steps.append(done)
        if done == asked["kill_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    target = SimpleNamespace(materialise=lambda: Path(asked["base"]))
    services: Any = SimpleNamespace(
        target=lambda: target,
        random=Random,
        progress=progress,
        scratch=lambda: Path(asked["scratch"]),
        directory=Path(asked["into"]).parent,
    )
    # Dropout draws from torch's generator, whose state must come back as well.
    settings = {
        "device": "cpu",
        "dtype": "float32",
        "dropout": 0.2,
        "target_modules": "all-linear",
        "learning_rate": 0.01,
        "epochs": 2,
        "batch_size": 2,
        "save_every": 2,
    }
    pairs = asked["use"] == "dpo"
    trainer: Any = (
        make_dpo(DpoSettings(**settings), services)
        if pairs
        else make_sft(SftSettings(**settings), services)
    )
    into = Path(asked["into"])
    into.mkdir(exist_ok=True)
    figures = trainer.train([_example(place, pairs) for place in range(8)], None, into)
    done = {"first": steps[0] if steps else None, "figures": dict(figures)}
    into.with_suffix(".json").write_text(json.dumps(done))


def _example(place: int, pair: bool) -> TrainingExample:
    text = "one two three"[: 5 + place]
    return TrainingExample(
        id=str(place),
        messages=(Message(role="user", content="Count"),),
        completion=text,
        spans=(Span(start=2, end=len(text)),),
        rejected=text[:2] + " wrong" if pair else None,
    )


def main() -> None:
    """Serve until the input ends."""
    import torch

    torch.set_num_threads(1)
    answer_trainer(), preference_trainer()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries say
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                train(json.loads(line))
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    main()
