"""What a person sees while a run goes on: a bar on a terminal, with the live line of the calls below
it; one plain line every few seconds otherwise. An observer like any other plugin."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from errata.calls.watching import Live
from errata.hooks import hookimpl
from errata.records import RoundRecord

_PLAIN_EVERY = 5.0  # seconds


class _Bar(Progress):
    """A bar with a line below it."""

    below = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bar, and the line if there is one."""
        yield from super().get_renderables()
        if self.below:
            yield Text(self.below, no_wrap=True, overflow="ellipsis")


class Reporter:
    """Tells a console how the run goes on; where it is no terminal, ``every`` so many seconds."""

    def __init__(self, console: Console, every: float = _PLAIN_EVERY) -> None:
        self._console, self._every = console, every
        self._bar: _Bar | None = None
        self._task: TaskID | None = None
        self._label, self._begun, self._told = "", 0.0, 0.0
        self._asks = False

    @hookimpl
    def errata_run_started(self, directory: str, rounds: int) -> None:
        """See ``errata.hooks``."""
        self._say(f"run {directory}, at most {rounds} rounds")

    @hookimpl
    def errata_stage_started(self, round_name: str, stage: str) -> None:
        """See ``errata.hooks``."""
        self._label = f"{round_name} {stage}"
        self._begun = self._told = time.monotonic()
        self._asks = False
        if not self._console.is_terminal:
            return
        self._bar = _Bar(
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
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total or None)
        elif not self._asks:  # the live line says it too
            self._now_and_then(f"{done}{f' of {total}' if total else ''}")

    @hookimpl
    def errata_asking_progress(self, live: Live) -> None:
        """See ``errata.hooks``."""
        self._asks = True
        if self._bar is not None:
            self._bar.below = live.line
        else:
            self._now_and_then(live.line)

    @hookimpl
    def errata_asking_waits(self, sentence: str) -> None:
        """See ``errata.hooks``."""
        self._say(f"{self._label}: {sentence}")

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

    def _now_and_then(self, text: str) -> None:
        now = time.monotonic()
        if now - self._told >= self._every:
            self._told = now
            self._say(f"{self._label}: {text}, {now - self._begun:.0f} s")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
