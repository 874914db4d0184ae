"""What is going on: counts, the live line, and a sentence when nothing moves."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from errata.calls.budget import Budget, Cost
from errata.calls.pacing import Pace

_QUIET = 30.0  # seconds without movement before the watchdog speaks, and between its sentences
_OFTEN = 0.5  # seconds between two live lines
_LATELY = 20  # live lines over which the rate is taken


@dataclass
class Tally:
    """Counts of one process: ``stored`` replies came from a ledger, ``joined`` requests were asked at
    the same time as an identical one, ``refused`` are 429s, ``failed`` requests came to nothing.
    ``unreadable`` replies did not validate; ``waiting`` requests are between two tries; ``usd`` is what
    the run has spent in all."""

    received: int = 0
    stored: int = 0
    joined: int = 0
    in_flight: int = 0
    waiting: int = 0
    refused: int = 0
    retried: int = 0
    failed: int = 0
    unreadable: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Live:
    """How asking goes, at one moment.

    ``done`` and ``total`` are items of the stage (``total`` is 0 while it is not known), ``in_flight``
    requests, ``waiting`` those between two tries, ``rate`` replies a second lately, ``limit`` the most
    requests in flight at present and ``limit_rate`` the most a second (None: no limit is known).
    ``spent`` is the run's, ``projected`` the stage's when it ends (None: too early to say); dollars
    count only where ``priced``.
    """

    done: int
    total: int
    in_flight: int
    rate: float
    limit: int
    limit_rate: float | None
    spent: Cost
    projected: Cost | None
    priced: bool
    waiting: int = 0

    @property
    def line(self) -> str:
        """One line for people."""
        of = f" of {self.total}" if self.total else ""
        limit = f"limit {self.limit}"
        if self.limit_rate is not None:
            limit += f" and {self.limit_rate:.1f}/s"
        parts = [f"{self.done}{of} done", f"{self.in_flight} in flight", f"{self.rate:.1f}/s"]
        if self.waiting:
            parts.insert(2, f"{self.waiting} wait to be tried again")
        parts += [limit, f"{self._money(self.spent)} spent"]
        if self.projected is not None:
            parts.append(f"{self._money(self.projected)} projected for the stage")
        return ", ".join(parts)

    def _money(self, cost: Cost) -> str:
        return f"${cost.usd:.2f}" if self.priced else f"{cost.tokens:,} tokens"


class LiveLine:
    """Tells ``tell`` twice a second how a stage that asks goes, and once more when it ends.

    ``at_once`` items are worked on together: until as many are done (or half of all), what has been
    spent is mostly for items that are not, and nothing is projected from it.
    """

    def __init__(
        self,
        tally: Tally,
        pace: Pace,
        budget: Budget,
        tell: Callable[[Live], None],
        *,
        priced: bool,
        at_once: int = 1,
        every: float = _OFTEN,
    ) -> None:
        self._tally, self._pace, self._budget, self._tell = tally, pace, budget, tell
        self._priced, self._at_once, self._every = priced, at_once, every
        self._before = budget.spent
        self._begun: int | None = None  # items that were done when the stage was taken up
        self._done = self._total = 0
        self._lately: deque[tuple[float, int]] = deque(maxlen=_LATELY)

    def moved(self, done: int, total: int) -> None:
        """The stage has ``done`` of ``total`` items; the first call says what was done before."""
        if self._begun is None:
            self._begun = done
        self._done, self._total = done, total

    def __enter__(self) -> LiveLine:
        """Begin, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._lately.append((self._loop.time(), self._tally.received))
        self._timer = self._loop.call_later(self._every, self._look)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell for the last time, unless nothing was asked."""
        self._timer.cancel()
        if self._tally.received or self._tally.stored or self._tally.failed:
            self._tell(self._now())

    def _now(self) -> Live:
        since, before = self._lately[0]
        seconds = self._loop.time() - since
        return Live(
            done=self._done,
            total=self._total,
            in_flight=self._tally.in_flight,
            rate=(self._tally.received - before) / seconds if seconds > 0 else 0.0,
            limit=int(self._pace.limit),
            limit_rate=self._pace.rate,
            spent=self._budget.spent,
            projected=self._projected(),
            priced=self._priced,
            waiting=self._tally.waiting,
        )

    def _projected(self) -> Cost | None:
        begun = self._begun or 0
        done, total = self._done - begun, self._total - begun
        if done <= 0 or done < min(self._at_once, total / 2):
            return None
        spent = self._budget.spent - self._before
        share = max(total, done) / done
        return Cost(round(spent.requests * share), round(spent.tokens * share), spent.usd * share)

    def _look(self) -> None:
        self._tell(self._now())
        self._lately.append((self._loop.time(), self._tally.received))
        self._timer = self._loop.call_later(self._every, self._look)


class Watchdog:
    """Says what is being waited for whenever nothing has moved for ``quiet`` seconds."""

    def __init__(
        self, tally: Tally, pace: Pace, notice: Callable[[str], None], quiet: float = _QUIET
    ) -> None:
        self._tally, self._pace, self._notice, self._quiet = tally, pace, notice, quiet
        self._seen: tuple[int, ...] = ()
        self._moved = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch on the running event loop."""
        loop = asyncio.get_running_loop()
        self._moved, self._seen = loop.time(), self._counts()
        self._timer = loop.call_later(self._quiet / 4, self._look, loop)

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _counts(self) -> tuple[int, ...]:
        tally = self._tally
        return (tally.received, tally.stored, tally.failed, tally.retried)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        waiting = self._tally.in_flight + self._tally.waiting + self._pace.queued
        if self._counts() != self._seen or not waiting:
            self._moved, self._seen = now, self._counts()
        elif now - self._moved >= self._quiet:
            self._notice(self._sentence(now))
            self._moved = now
        self._timer = loop.call_later(self._quiet / 4, self._look, loop)

    def _sentence(self, now: float) -> str:
        reasons = []
        if self._tally.in_flight:
            reasons.append(f"{self._tally.in_flight} replies of the server")
        if self._pace.pause(now) > 0:
            reasons.append(
                f"a pause of {self._pace.pause(now):.0f} s more that the server asked for"
            )
        if self._tally.waiting:
            reasons.append(f"{self._tally.waiting} requests wait to be tried again")
        if self._pace.queued:
            reasons.append(
                f"{self._pace.queued} requests queue behind the limit of {int(self._pace.limit)}"
            )
        return f"nothing has moved for {self._quiet:.0f} s; waiting for: {'; '.join(reasons)}"
