"""Pacing of one endpoint: how many requests may be in flight, and how many may leave per second.

In flight: the limit doubles every ``_DOUBLING`` seconds from a small start until the endpoint first
pushes back, is halved whenever it does, and grows by one per limit's worth of good replies (additive
increase, multiplicative decrease). Rate: nothing is known until the endpoint refuses; from then on the
rate is what it accepted between refusals, the pause it asked for included, and grows slowly until it
refuses again. The bucket fills during a pause, because the endpoint's own bucket does.

Not covered: which errors are tried again (``sending.py``), and money (``budget.py``).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from random import Random

_START = 8
_DOUBLING = 0.03  # seconds: 8 → 512 within 0.2 s, slow enough to hear an early refusal
_STEPS = 8  # in which it doubles
_GROWTH = 0.02  # of the learned rate per second, for every second without a refusal …
_FASTEST = 0.5  # … up to this
_CAUTION = 0.97  # of what was accepted: a refusal costs a whole pause
_ENOUGH = 5  # replies between two refusals that say something about a rate
_LONGEST_PAUSE = 60.0
_SOONEST = 0.001  # a timer for less would only turn the loop


@dataclass(frozen=True, slots=True)
class Limits:
    """``concurrency`` requests in flight at most; requests and tokens per minute, None if unlimited."""

    concurrency: int = 64
    rpm: float | None = None
    tpm: float | None = None


class Bucket:
    """A token bucket: ``rate`` per second, never more than ``size`` saved up; it may be overdrawn by
    one request, so that one larger than the bucket passes too."""

    def __init__(self, rate: float, size: float, now: float) -> None:
        self.rate, self.size, self.level, self._at = rate, size, size, now

    def refill(self, now: float) -> None:
        """Add what has come in since the last time."""
        self.level = min(self.size, self.level + (now - self._at) * self.rate)
        self._at = now

    def wait(self, amount: float, now: float) -> float:
        """Seconds until ``amount`` may be taken (a full bucket is always enough)."""
        self.refill(now)
        lacking = min(amount, self.size) - self.level
        return lacking / self.rate if lacking > 1e-9 else 0.0


class Pace:
    """Admits requests to one endpoint, first come first served; a refused one goes first.

    ``random`` spreads pauses that the endpoint did not specify. It outlives event loops.
    """

    def __init__(self, limits: Limits, random: Random) -> None:
        self.limits, self._random = limits, random
        self.in_flight = 0
        self.limit = float(min(_START, limits.concurrency))
        self.refusals = 0
        self._ramping = True
        self._queue: deque[tuple[asyncio.Future[None], float]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_loop: asyncio.AbstractEventLoop | None = None
        self._paused_until = 0.0
        self._cut_at = float("-inf")
        self._in_a_row = 0
        self._began: float | None = None
        self._since = 0.0  # when the window in which the rate is learned began
        self._grown_at = 0.0
        self._accepted = 0
        self._to_learn = False
        self._learned: Bucket | None = None
        self._given: list[tuple[Bucket, bool]] = []  # with whether it counts tokens

    @property
    def queued(self) -> int:
        """Requests that wait for admission."""
        return len(self._queue)

    @property
    def rate(self) -> float | None:
        """Requests per second that the endpoint was found to accept; None while it never refused."""
        return self._learned.rate if self._learned else None

    def pause(self, now: float) -> float:
        """Seconds that remain of a pause the endpoint asked for."""
        return max(0.0, self._paused_until - now)

    async def admit(self, tokens: float, *, first: bool = False) -> float:
        """Wait until a request of at most so many tokens may leave; the time at which it may.

        ``first`` puts it at the head of the queue."""
        loop = asyncio.get_running_loop()
        self._begin(loop.time())
        if not self._queue and self._admissible(tokens, loop.time()) <= 0:
            self._take(tokens)
            return loop.time()
        waiter: asyncio.Future[None] = loop.create_future()
        (self._queue.appendleft if first else self._queue.append)((waiter, tokens))
        self._pump()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.left(tokens)  # it was admitted in the same breath
            else:
                self._pump()  # what stands behind it may be smaller
            raise
        return loop.time()

    def left(self, unused_tokens: float) -> None:
        """A request is no longer in flight; ``unused_tokens`` of those admitted were not needed."""
        self.in_flight -= 1
        for bucket, counts_tokens in self._given:
            if counts_tokens:
                bucket.level = min(bucket.size, bucket.level + unused_tokens)
        self._pump()

    def accepted(self) -> None:
        """The endpoint answered: the limit grows by one per limit's worth of answers."""
        self._accepted += 1
        self._in_a_row = 0
        if not self._ramping:
            self.limit = min(self.limits.concurrency, self.limit + 1 / self.limit)

    def refused(
        self, retry_after: float | None, admitted_at: float, *, throttled: bool = True
    ) -> None:
        """The endpoint pushed back: a 429, or (not ``throttled``) an error that smells of overload.

        Everything pauses for ``retry_after``; a 429 without it pauses ever longer. Requests that were
        in flight together push back together, and count once.
        """
        now = asyncio.get_running_loop().time()
        self.refusals += throttled
        self._accepted += not throttled  # it failed, but not for being one too many
        heard = admitted_at < self._cut_at
        if throttled and not heard:
            self._in_a_row += 1
            retry_after = self._patience(retry_after)
        self._paused_until = max(self._paused_until, now + (retry_after or 0.0))
        if heard:
            return
        self._cut_at, self._ramping = now, False
        self.limit = max(1.0, min(self.limit, float(self.in_flight)) / 2)
        self._to_learn |= throttled

    def _patience(self, asked_for: float | None) -> float:
        """Seconds to pause: what was asked for, but longer each time when that was no use."""
        doubled = 2.0 ** min(self._in_a_row, 12)
        if asked_for is None:
            return min(_LONGEST_PAUSE, 0.25 * doubled) * self._random.uniform(0.5, 1)
        return max(asked_for, min(_LONGEST_PAUSE, 0.01 * doubled))

    def _learn(self, now: float) -> None:
        """At the end of a pause: what was accepted since the last one, over that time.

        What is still in flight was accepted too, for refusals come at once.
        """
        self._to_learn = False
        accepted = self._accepted + self.in_flight
        if accepted < _ENOUGH:
            return  # the window goes on
        rate = _CAUTION * accepted / max(now - self._since, _SOONEST)
        if self._learned is not None:
            rate = max(rate, self._learned.rate / 2)
        # what the endpoint saved up for us during the pause, we may spend now
        saved = max(1.0, rate * (now - self._cut_at))
        self._learned = Bucket(rate, saved, now)
        self._accepted, self._since, self._grown_at = -self.in_flight, now, now

    def _begin(self, now: float) -> None:
        if self._began is not None and self._began <= now:
            return
        self._began, self._since = now, now
        if self.limits.rpm is not None:
            per_second = self.limits.rpm / 60
            self._given.append((Bucket(per_second, max(1.0, per_second), now), False))
        if self.limits.tpm is not None:
            per_second = self.limits.tpm / 60
            self._given.append((Bucket(per_second, max(1.0, per_second), now), True))

    def _admissible(self, tokens: float, now: float) -> float:
        """Seconds until a request may leave; infinite while only another's end can help."""
        if self.in_flight >= max(1, int(self.limit)):
            ramping = self._ramping and self.limit < self.limits.concurrency
            return _DOUBLING / _STEPS if ramping else float("inf")
        wait = self.pause(now)
        if self._to_learn and not wait:
            self._learn(now)
        if self._learned is not None:
            self._grow(self._learned, now)
            wait = max(wait, self._learned.wait(1, now))
        for bucket, counts_tokens in self._given:
            wait = max(wait, bucket.wait(tokens if counts_tokens else 1, now))
        return wait

    def _grow(self, learned: Bucket, now: float) -> None:
        """The longer the endpoint has not refused, the faster."""
        step = now - self._grown_at
        if step > 0:
            speed = min(_FASTEST, _GROWTH * max(0.0, now - self._paused_until))
            learned.rate *= 1 + speed * min(1.0, step)
            self._grown_at = now

    def _take(self, tokens: float) -> None:
        self.in_flight += 1
        if self._learned is not None:
            self._learned.level -= 1
        for bucket, counts_tokens in self._given:
            bucket.level -= tokens if counts_tokens else 1

    def _pump(self) -> None:
        """Admit from the head of the queue while it may be; else come back when it may."""
        while self._queue:
            waiter, tokens = self._queue[0]
            if (
                waiter.done() or waiter.get_loop().is_closed()
            ):  # cancelled, or nobody waits any more
                self._queue.popleft()
                continue
            loop = waiter.get_loop()
            wait = self._admissible(tokens, loop.time())
            if wait > 0:
                if wait != float("inf"):
                    self._wake_in(loop, wait)
                return
            self._queue.popleft()
            self._take(tokens)
            waiter.set_result(None)

    def _wake_in(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        due = loop.time() + max(_SOONEST, seconds)
        timer = self._timer if self._timer_loop is loop else None  # another loop's rings for nobody
        if timer is not None and not timer.cancelled() and timer.when() > loop.time():
            if timer.when() <= due:
                return
            timer.cancel()
        self._timer, self._timer_loop = loop.call_at(due, self._ring), loop

    def _ring(self) -> None:
        """The time is up. While ramping, one step: on a busy machine, where refusals are heard late,
        the event loop turns slowly, and with it the ramp."""
        if self._ramping and self.in_flight >= int(self.limit):
            self.limit = min(float(self.limits.concurrency), self.limit * 2 ** (1 / _STEPS))
        self._pump()
