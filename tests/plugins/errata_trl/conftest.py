"""Services around a tiny model for the tests of the trainers."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any

import pytest

from errata.records import Message, Span, TrainingExample
from errata_trl.plugin import make_dpo, make_sft, make_sft_dpo
from errata_trl.settings import DpoSettings, SftDpoSettings, SftSettings

KINDS: dict[str, tuple[Any, Any]] = {
    "sft": (SftSettings, make_sft),
    "dpo": (DpoSettings, make_dpo),
    "sft-dpo": (SftDpoSettings, make_sft_dpo),
}
# What these tests were written for; the defaults are the papers'.
SETTINGS = {
    "dtype": "float32",
    "device": "cpu",
    "rank": 4,
    "dropout": 0.0,
    "target_modules": "all-linear",
    "warmup_ratio": 0.05,
    "batch_size": 2,
}


@pytest.fixture
def counting() -> list[TrainingExample]:
    """Eight examples that differ in a digit of the prompt."""
    return [
        TrainingExample(
            id=str(number),
            messages=(Message(role="user", content=f"Count to {number}."),),
            completion="one two three",
            spans=(Span(start=0, end=13),),
        )
        for number in range(8)
    ]


@pytest.fixture(scope="session")
def trl_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model."""
    import torch

    torch.set_num_threads(1)
    builder = Path(__file__).parents[1] / "errata_transformers" / "tiny_model.py"
    build: Callable[[Path], Path] = runpy.run_path(str(builder))["build"]
    return build(tmp_path_factory.mktemp("base"))


@pytest.fixture
def make_trainer(trl_base: Path, tmp_path: Path) -> Callable[..., Any]:
    """A trainer of the tiny model, with settings; reports go to ``progress``. What a killed training
    leaves lies in ``scratch`` (a fresh folder when left out)."""

    def make(
        progress: Callable[[int, int], None] | None = None,
        use: str = "sft",
        scratch: Path | None = None,
        **settings: Any,
    ) -> Any:
        target = SimpleNamespace(materialise=lambda: trl_base)
        services: Any = SimpleNamespace(
            target=lambda: target,
            random=Random,
            progress=progress or (lambda done, total: None),
            scratch=lambda: kept,
            directory=tmp_path,
        )
        kept = scratch or Path(mkdtemp(dir=tmp_path))
        model, factory = KINDS[use]
        chosen = {**SETTINGS, "learning_rate": 5e-4, "epochs": 1, **settings}
        return factory(model(**chosen), services)

    return make
