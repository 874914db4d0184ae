"""What a person sees while a run goes on: on a terminal the stages of the round, a bar, and below it
the live line of the calls, what is spent and may be, and the accuracy so far; one plain line every few
seconds otherwise. An observer like any other plugin."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from errata.calls.watching import Live
from errata.hooks import hookimpl
from errata.records import RoundRecord
from errata.report import words
from errata.report.following import Follower
from errata.run import STAGES

_PLAIN_EVERY = 5.0  # seconds


_LOOK_EVERY = 2.0  # seconds between two looks at the records
_MARKS = {"done": "✓ ", "now": "▸ ", "next": "· "}


class _Bar(Progress):
    """A bar with the stages above it and lines below it."""

    above: Text | None = None
    below = ""
    lines: Sequence[str] = ()

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bar, and the lines if there are any."""
        if self.above is not None:
            yield self.above
        yield from super().get_renderables()
        for line in filter(None, (self.below, *self.lines)):
            yield Text(words.printable(line), no_wrap=True, overflow="ellipsis")


class _Rate(ProgressColumn):
    """Items a second lately."""

    def render(self, task: Task) -> Text:
        """Nothing while it is too early to say."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="progress.data.speed")


class Reporter:
    """Tells a console how the run goes on; where it is no terminal, ``every`` so many seconds."""

    def __init__(
        self,
        console: Console,
        every: float = _PLAIN_EVERY,
        follower: Follower | None = None,
    ) -> None:
        self._console, self._every, self._follower = console, every, follower
        self._looked = 0.0
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
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._bar.above = _strip(round_name, stage)
        self._task = self._bar.add_task(self._label, total=None)
        self._looked = 0.0
        self._look()
        self._bar.start()

    @hookimpl
    def errata_stage_progress(self, done: int, total: int) -> None:
        """See ``errata.hooks``."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total or None)
            self._look()
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

    def _look(self) -> None:
        """What is spent, and the accuracy so far, as the records have them."""
        now = time.monotonic()
        if self._follower is None or self._bar is None or now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        found = self._follower.look()
        self._bar.lines = (found.money, found.accuracy)

    def _now_and_then(self, text: str) -> None:
        now = time.monotonic()
        if now - self._told >= self._every:
            self._told = now
            self._say(f"{self._label}: {text}, {now - self._begun:.0f} s")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _strip(round_name: str, stage: str) -> Text:
    """The stages of a round in a line: done, in progress, to come."""
    own = {"setup": STAGES[:1], "base": STAGES[-1:], "round-0": STAGES[-2:]}
    stages = own.get(round_name, STAGES[1:])
    line = Text(f"{words.round_name(round_name)}  ", no_wrap=True, overflow="ellipsis")
    at = stages.index(stage) if stage in stages else 0
    for place, name in enumerate(stages):
        state = "done" if place < at else "now" if place == at else "next"
        style = {"done": "dim", "now": "bold", "next": "dim"}[state]
        line.append(f"{_MARKS[state]}{name}  ", style=style)
    return line
