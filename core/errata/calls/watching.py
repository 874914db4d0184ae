"""What is going on: counts, the live line, and a sentence when nothing moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from errata.calls.pacing import Pace

_QUIET = 30.0  # seconds without movement before the watchdog speaks, and between its sentences


@dataclass
class Tally:
    """Counts of one process: ``stored`` replies came from a ledger, ``joined`` requests were asked at
    the same time as an identical one, ``refused`` are 429s, ``failed`` requests came to nothing.
    ``unreadable`` replies did not validate; ``usd`` is what the run has spent in all."""

    received: int = 0
    stored: int = 0
    joined: int = 0
    in_flight: int = 0
    refused: int = 0
    retried: int = 0
    failed: int = 0
    unreadable: int = 0
    usd: float = 0.0

    @property
    def done(self) -> int:
        """Requests that have come to an end."""
        return self.received + self.stored + self.failed

    def line(self, pace: Pace, seconds: float, total: int | None = None) -> str:
        """The live line: done, in flight, rate over ``seconds``, the limit in force, dollars spent
        and, when ``total`` requests are expected, projected."""
        parts = [f"{self.done} done" if total is None else f"{self.done} of {total} done"]
        parts.append(f"{self.in_flight} in flight")
        if seconds > 0:
            parts.append(f"{self.received / seconds:.1f}/s")
        rate = f" and {pace.rate:.1f}/s" if pace.rate is not None else ""
        parts.append(f"limit {int(pace.limit)}{rate}")
        parts.append(f"${self.usd:.2f}")
        if total and self.done:
            parts.append(f"${self.usd * max(total, self.done) / self.done:.2f} projected")
        return ", ".join(parts)


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
        waiting = self._tally.in_flight + self._pace.queued
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
        if self._pace.queued:
            reasons.append(
                f"{self._pace.queued} requests queue behind the limit of {int(self._pace.limit)}"
            )
        return f"nothing has moved for {self._quiet:.0f} s; waiting for: {'; '.join(reasons)}"
