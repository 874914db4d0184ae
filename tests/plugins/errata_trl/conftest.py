"""Services around a tiny model for the tests of the trainer."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from errata_trl.plugin import SftSettings, make_sft


@pytest.fixture(scope="session")
def trl_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model."""
    import torch

    torch.set_num_threads(1)
    builder = Path(__file__).parents[1] / "errata_transformers" / "tiny_model.py"
    build: Callable[[Path], Path] = runpy.run_path(str(builder))["build"]
    return build(tmp_path_factory.mktemp("base"))


@pytest.fixture
def make_trainer(trl_base: Path) -> Callable[..., Any]:
    """A trainer of the tiny model, with settings; reports go to ``progress``."""

    def make(progress: Callable[[int, int], None] | None = None, **settings: Any) -> Any:
        target = SimpleNamespace(materialise=lambda: trl_base)
        services: Any = SimpleNamespace(
            target=lambda: target,
            random=Random,
            progress=progress or (lambda done, total: None),
        )
        chosen = {"batch_size": 2, "dtype": "float32", "device": "cpu", "rank": 4, **settings}
        return make_sft(SftSettings(**chosen), services)

    return make
