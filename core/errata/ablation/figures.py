"""What an ablation comes to, as records: one line of ``ablation.jsonl`` each.

Shares are in 0..1; paths are relative to the folder of the ablation.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from errata.records import Record

BASELINE = "(before)"


class RunFigures(Record):
    """An arm at one seed on one set: the last checkpoint that its run made.

    ``run`` is its directory and ``verdicts`` the file that is counted here. ``arm`` is ``(before)``
    for the checkpoint that all arms of the seed start from, counted in the reference arm's run.
    ``examples`` is what its last round trained on; ``kept`` is what the gate said of it (None where
    no round was measured). ``fixed`` and ``broken`` are against the reference arm at the same seed:
    problems that this arm alone, and the reference alone, solves; None where it has not finished.
    """

    kind: Literal["run"] = "run"
    arm: str
    seed: int
    set: str
    run: str
    verdicts: str
    checkpoint: str
    examples: int
    kept: bool | None
    total: int
    right: int
    undecided: int
    accuracy: float
    low: float
    high: float
    fixed: int | None = None
    broken: int | None = None
    p_value: float | None = None


class ArmFigures(Record):
    """An arm over its seeds on one set, and against the reference arm.

    ``low`` to ``high`` is Student's 95% interval of the mean over seeds (None with one seed).
    ``difference`` is the mean of the seeds' differences to the reference arm, with the 95% interval of
    a bootstrap over problems and seeds; ``fixed``, ``broken`` and ``p_value`` (exact McNemar) take the
    pairs of all seeds together. None for the reference itself.
    """

    kind: Literal["arm"] = "arm"
    arm: str
    set: str
    seeds: tuple[int, ...]
    examples: tuple[int, ...]
    mean: float
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    fixed: int | None = None
    broken: int | None = None
    p_value: float | None = None


class Ablation(Record):
    """Everything that the table, the page and the picture show. ``missing`` are runs that have not
    finished, as ``arm, seed N``."""

    name: str
    reference: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    sets: tuple[str, ...]
    runs: tuple[RunFigures, ...]
    figures: tuple[ArmFigures, ...]
    missing: tuple[str, ...] = ()
    changes: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def of(self, arm: str, set_name: str) -> ArmFigures | None:
        """An arm on a set, if any of its runs is finished."""
        found = (f for f in self.figures if f.arm == arm and f.set == set_name)
        return next(found, None)

    def runs_of(self, arm: str, set_name: str) -> list[RunFigures]:
        """The runs of an arm on a set, by seed."""
        return [r for r in self.runs if r.arm == arm and r.set == set_name]
