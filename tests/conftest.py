"""For every test."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def _old_objects_are_not_searched() -> None:
    """A run collects garbage after every stage (``errata.memory``). In a process that has loaded every
    library, looking through what was there before would be nine tenths of the time of a small run."""
    gc.collect()
    gc.freeze()
