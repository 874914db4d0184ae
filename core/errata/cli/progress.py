"""What a person sees while a run goes on: a bar on a terminal, one plain line every few seconds
otherwise. An observer like any other plugin."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from errata.hooks import hookimpl
from errata.records import RoundRecord

_PLAIN_EVERY = 5.0  # seconds


class Reporter:
    """Tells a console how the run goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._label, self._begun, self._told = "", 0.0, 0.0

    @hookimpl
    def errata_run_started(self, directory: str, rounds: int) -> None:
        """See ``errata.hooks``."""
        self._say(f"run {directory}, at most {rounds} rounds")

    @hookimpl
    def errata_stage_started(self, round_name: str, stage: str) -> None:
        """See ``errata.hooks``."""
        self._label = f"{round_name} {stage}"
        self._begun = self._told = time.monotonic()
        if not self._console.is_terminal:
            return
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task(self._label, total=None)
        self._bar.start()

    @hookimpl
    def errata_stage_progress(self, done: int, total: int) -> None:
        """See ``errata.hooks``."""
        now = time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total or None)
        elif now - self._told >= _PLAIN_EVERY:
            self._told = now
            of = f" of {total}" if total else ""
            self._say(f"{self._label}: {done}{of}, {now - self._begun:.0f} s")

    @hookimpl
    def errata_stage_finished(self, round_name: str, stage: str, seconds: float) -> None:
        """See ``errata.hooks``."""
        self.close()
        self._say(f"{round_name} {stage}: done in {seconds:.1f} s")

    @hookimpl
    def errata_round_finished(self, record: RoundRecord) -> None:
        """See ``errata.hooks``."""
        shown = ", ".join(f"{a.set} {a.accuracy:.1%}" for a in record.accuracies)
        self._say(f"{record.checkpoint.id}: {shown}; {record.why}")

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
