"""How a run asks its instructor: the call layer, open while a stage asks, and the notices about it.

Not covered: what is asked (parts), and how calls are made durable (``calls/``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from pydantic import BaseModel

from errata.calls.opening import Opened, Surroundings, how_to_go_on, opened, pace_of
from errata.calls.sending import Calls
from errata.calls.typed import Answer, Prompt
from errata.calls.watching import Live
from errata.errors import BudgetSpent
from errata.parts import Instructor, nobody_to_ask
from errata.recipe import InstructorUse
from errata.stages.ordered import IN_FLIGHT

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
Notify = Callable[..., None]


class Instructing:
    """The instructor ``use`` of the run in ``directory``; None where the recipe has none.

    ``make`` makes it when it is first needed. ``go_on`` says what a user does about a spent budget;
    ``calls`` makes the calls.
    """

    def __init__(
        self,
        use: InstructorUse | None,
        make: Callable[[], Instructor],
        directory: Path,
        random: Random,
        notify: Notify,
        *,
        go_on: str = "",
        calls: Callable[..., Calls] = Calls,
    ) -> None:
        self._use, self._make, self._notify = use, make, notify
        self._opened: Opened | None = None
        self._outlived = False
        self.spent = ""
        if use is not None:
            self._around = Surroundings(
                directory=directory,
                pace=pace_of(use, random),
                tell=self._tell,
                notice=self._notice,
                at_once=self.at_once,
                go_on=go_on or how_to_go_on(directory),
                calls=calls,
            )

    @property
    def at_once(self) -> int:
        """How many items a stage works on at once: twice what the instructor may be asked at once,
        because results are written in order and a slow one holds up those behind it."""
        return max(IN_FLIGHT, 2 * self._use.concurrency) if self._use else IN_FLIGHT

    def together(
        self, stage: str, work: Coroutine[Any, Any, T], *, outlives_budget: bool = False
    ) -> T:
        """Run asynchronous work of a stage, with the instructor at hand where there is one.

        With ``outlives_budget`` a spent budget raises nothing: what is asked then is unanswered, and
        ``spent`` says why.
        """
        self._outlived, self.spent = outlives_budget, ""
        try:
            return asyncio.run(self._with_instructor(stage, work))
        finally:
            work.close()  # it has not begun if the instructor could not be made

    async def _with_instructor(self, stage: str, work: Coroutine[Any, Any, T]) -> T:
        if self._use is None:
            return await work
        async with opened(self._use, self._make(), self._around, stage) as ready:
            self._opened = ready
            try:
                return await work
            finally:
                self._opened = None

    async def ask(self, prompt: Prompt[M]) -> Answer[M]:
        """See ``errata.parts.Ask``."""
        if self._opened is None:
            return await nobody_to_ask(prompt)
        try:
            return await self._opened.asking(prompt)
        except BudgetSpent as spent:
            if not self._outlived:
                raise
            self.spent = f"the budget ended: {spent.cap}"
            return Answer(None, failure=self.spent, lack="unanswered")

    def moved(self, done: int, total: int) -> None:
        """The stage that is running has ``done`` of ``total`` items."""
        if self._opened is not None:
            self._opened.live.moved(done, total)

    def _tell(self, live: Live) -> None:
        self._notify("errata_asking_progress", live=live)

    def _notice(self, sentence: str) -> None:
        self._notify("errata_asking_waits", sentence=sentence)
