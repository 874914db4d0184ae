"""A tiny model for the tests of the target."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from errata_transformers.settings import TransformersSettings
from errata_transformers.target import TransformersTarget


@pytest.fixture(scope="session")
def build_tiny() -> Callable[..., Path]:
    """The builder of tiny models."""
    build: Callable[..., Path] = runpy.run_path(str(Path(__file__).parent / "tiny_model.py"))[
        "build"
    ]
    return build


@pytest.fixture(scope="session")
def tiny_folder(build_tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model."""
    import torch

    torch.set_num_threads(1)
    return build_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_target(tiny_folder: Path) -> TransformersTarget:
    """The tiny model as a target, in float32, answers of at most 24 tokens."""
    settings = TransformersSettings(
        model=str(tiny_folder), max_new_tokens=24, batch_size=4, dtype="float32", device="cpu"
    )
    return TransformersTarget(settings, tiny_folder)
