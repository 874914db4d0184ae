"""Problems of all sets are answered together; interrupted anywhere, the records are the same."""

from __future__ import annotations

import pytest

from errata.errors import ExtensionError
from errata.testing import ScriptedTarget

SMALL = (
    "problems.train.limit=40", "problems.test.limit=11", "problems.dev=6", "problems.gate=7",
    "warmup.examples=0", "synthesize.total=8", "rounds=1", "target.batch_size=8",
)  # fmt: skip


class Batches:
    """The sizes of all batches; the one with number ``dies`` (from 1) comes to nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.dies = 0
        real = ScriptedTarget.generate

        def generate(target, prompts):
            self.sizes.append(len(prompts))
            if len(self.sizes) == self.dies:
                raise RuntimeError("the power failed")
            return real(target, prompts)

        monkeypatch.setattr(ScriptedTarget, "generate", generate)


@pytest.fixture
def batches(monkeypatch) -> Batches:
    return Batches(monkeypatch)


def test_small_sets_make_no_small_batches(roman, tmp_path, batches):
    roman.run(tmp_path / "run", *SMALL, until="measure")
    assert batches.sizes == [8, 8, 8]  # 11 of test, 6 of dev and 7 of gate


def test_what_an_earlier_stage_answered_is_in_no_batch(roman, tmp_path, batches):
    roman.run(tmp_path / "run", *SMALL, until="measure")
    batches.sizes.clear()
    roman.run(tmp_path / "run", *SMALL, until="evaluate")
    assert batches.sizes == [8, 8, 8, 3]  # the 27 problems of train that are left


@pytest.mark.parametrize("number", [1, 2, 3])
def test_interrupted_between_batches(roman, tmp_path, batches, run_files, number):
    roman.run(tmp_path / "whole", *SMALL, until="measure")
    batches.sizes.clear()
    batches.dies = number
    with pytest.raises(ExtensionError, match="the power failed"):
        roman.run(tmp_path / "run", *SMALL, until="measure")
    batches.dies = 0
    batches.sizes.clear()
    roman.run(tmp_path / "run", *SMALL, until="measure")
    assert batches.sizes == [8] * (4 - number)
    assert run_files(tmp_path / "run") == run_files(tmp_path / "whole")
