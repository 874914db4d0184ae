"""``Calls``: a request in, a durable reply out; never paid twice, never beyond the budget.

A request found in the ledger costs nothing. Otherwise identical requests that are asked at the same
time become one; its worst case is reserved, it waits for its turn, is recorded as in flight, and
leaves. A throttled request (429) is sent again however often it takes; a broken connection, a server
error or a timeout is tried again ``Policy.retries`` times. The reply is durable before anyone sees it.
Once the context is left nothing leaves any more, and what is in flight is waited for.

Not covered: what a reply means (``asking.py``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from types import TracebackType

from errata.calls.budget import Budget, Cost
from errata.calls.costing import Costing
from errata.calls.doubting import Doubts
from errata.calls.ledger import Asked, Ledger
from errata.calls.pacing import Pace
from errata.calls.watching import Tally, Watchdog
from errata.calls.wire import (
    CallFailed,
    Rejected,
    Reply,
    Request,
    Throttled,
    Unanswered,
    counted,
    key_of,
    readable,
)
from errata.errors import InstructorError
from errata.parts import Instructor

_CLEANING_UP = 5.0  # seconds that requests get to put down in the ledger that they were given up


@dataclass(frozen=True, slots=True)
class Policy:
    """``retries`` after the first try; ``timeout`` and ``slowest`` (the longest wait between tries)
    in seconds."""

    retries: int = 5
    timeout: float = 600.0
    first_wait: float = 0.5
    slowest: float = 30.0

    def wait(self, tries: int, asked_for: float | None, random: Random) -> float:
        """Seconds before the next try: exponential with jitter, never less than ``asked_for``."""
        ceiling = min(self.slowest, self.first_wait * 2.0 ** min(tries - 1, 16))
        return max(asked_for or 0.0, ceiling * random.uniform(0.5, 1))


@dataclass(slots=True)
class _Flight:
    """A try: its worst case, its number in the ledger, and what it must be taken to have cost.

    ``ended`` says that its end has been given to the ledger.
    """

    worst: Cost
    number: int = 0
    spent: Cost = field(default_factory=Cost)
    ended: bool = False


class Calls:
    """The calls of a run to one instructor. Use it as a context manager around each event loop.

    ``shared`` is a ledger that several runs consult and fill. ``notice`` gets a sentence now and then
    when nothing moves. ``random`` only spreads waiting times.
    """

    def __init__(
        self,
        instructor: Instructor,
        ledger: Ledger,
        budget: Budget,
        pace: Pace,
        *,
        policy: Policy | None = None,
        shared: Ledger | None = None,
        random: Random | None = None,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self.instructor, self.ledger, self.shared = instructor, ledger, shared
        self.budget, self.pace, self.policy = budget, pace, policy or Policy()
        self.tally = Tally()
        self._random = random or Random(0)
        self._running: dict[bytes, tuple[asyncio.Task[Reply], str]] = {}
        self._flying: set[bytes] = set()
        self._doubts = Doubts()
        self._leaving = False
        self._costing = Costing(instructor.prices, notice)
        self._notice = notice
        self._watchdog = Watchdog(self.tally, pace, notice) if notice else None

    async def __aenter__(self) -> Calls:
        """Ready the calls for the running event loop."""
        self._leaving = False
        if self._watchdog:
            self._watchdog.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Withdraw what has not left yet, wait for what is in flight, close connections.

        What is in flight is paid for: it gets as long as a reply may take. A second Ctrl-C ends that.
        """
        self._leaving = True
        for key, (task, _) in list(self._running.items()):
            if key not in self._flying:
                task.cancel()
        tasks = [task for task, _ in self._running.values()]
        if self._flying and self._notice:
            self._notice(
                f"waiting for {len(self._flying)} replies that are paid for, at most"
                f" {self.policy.timeout:.0f} s; Ctrl-C gives them up"
            )
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self.policy.timeout)
        finally:
            for task in tasks:
                task.cancel()
            if self._watchdog:
                self._watchdog.stop()
            if tasks:
                await asyncio.wait(tasks, timeout=_CLEANING_UP)
            await self.instructor.close()
            self.ledger.flush()

    async def complete(self, request: Request, *, stage: str = "", label: str = "") -> Reply:
        """The reply to ``request``, from the ledger or the instructor.

        ``label`` is the item it is about. Raises CallFailed when it came to nothing, BudgetSpent and
        InstructorError when no further request can succeed, CancelledError when it was withdrawn.
        """
        canonical = request.canonical()
        key, label = key_of(canonical), readable(label)
        found = self.ledger.recall(key, label)
        if found is not None:
            self.tally.stored += 1
            return found
        if key in self._running:
            running, about = self._running[key]
            self.tally.joined += 1
            if label not in ("", about):
                self.ledger.alias(key, label)
        elif self._leaving:
            raise asyncio.CancelledError("the stage is over")
        else:
            running = asyncio.ensure_future(
                self._answer(request, Asked(key, canonical, label), stage)
            )
            self._running[key] = running, label
            running.add_done_callback(lambda task: self._landed(key, task))
        # A caller that gives up does not take the request, which may be paid for, down with it.
        return await asyncio.shield(running)

    def _landed(self, key: bytes, task: asyncio.Task[Reply]) -> None:
        del self._running[key]
        self._doubts.look_again()
        if not task.cancelled():
            task.exception()  # seen, even if every caller has gone

    async def _answer(self, request: Request, asked: Asked, stage: str) -> Reply:
        found = self.shared.get(asked.key) if self.shared else None
        if found is not None:
            return await self._taken_over(asked, found)
        tries = 0
        while True:
            tries += 1
            try:
                return await self._paid(request, asked, stage)
            except Unanswered as error:
                if tries > self.policy.retries:
                    raise await self._came_to_nothing(error, tries) from error
                self.tally.retried += 1
                await self._wait(self.policy.wait(tries, error.retry_after, self._random))
            except Rejected as error:
                self.tally.failed += 1
                raise CallFailed(f"rejected: {error}") from error

    async def _taken_over(self, asked: Asked, found: Reply) -> Reply:
        await self.ledger.copy(asked, found)
        self.tally.stored += 1
        return found

    async def _wait(self, seconds: float) -> None:
        self._stay()
        self.tally.waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.tally.waiting -= 1

    def _stay(self) -> None:
        """Raises CancelledError when nothing may leave any more."""
        if self._leaving:
            raise asyncio.CancelledError("the stage is over")

    async def _came_to_nothing(self, error: Unanswered, tries: int) -> Exception:
        down = await self._doubts.endpoint_is_down(lambda: len(self._running))
        self.tally.failed += 1
        if not down:
            return CallFailed(f"no answer in {tries} tries, the last: {error}")
        return InstructorError(
            f"{self._doubts.in_a_row} requests in a row were not answered in {tries} tries each, the"
            f" last: {error}. Everything received is kept: see to the server, then `errata resume`"
            " the run"
        )

    async def _paid(self, request: Request, asked: Asked, stage: str) -> Reply:
        """One try that may be paid for: reserved before it leaves, settled when its end is known."""
        flight = _Flight(self._costing.worst(request))
        await self.budget.reserve(stage, flight.worst)
        try:
            reply = await self._sent(request, asked, stage, flight)
            if not flight.number:
                return await self._taken_over(asked, reply)
            flight.spent = self._costing.actual(reply, flight.worst)
            await self._received(flight, asked, reply)
            return reply
        except (Unanswered, Rejected, InstructorError) as error:
            if not (isinstance(error, Unanswered) and error.paid):
                flight.spent = Cost()
            raise
        finally:
            self.budget.settle(stage, flight.worst, flight.spent)
            self.tally.usd = self.budget.spent.usd
            if flight.number and not flight.ended:
                self.ledger.ended(flight.number, flight.spent)

    async def _received(self, flight: _Flight, asked: Asked, reply: Reply) -> None:
        durable = self.ledger.received(flight.number, asked, reply, flight.spent)
        flight.ended = True
        self._costing.learn(flight.worst, flight.spent)
        if self.shared:
            self.shared.share(asked, reply)
        await durable
        self._doubts.answered()
        self.tally.received += 1

    async def _sent(self, request: Request, asked: Asked, stage: str, flight: _Flight) -> Reply:
        """Send until the server takes it."""
        refused = False
        while True:
            admitted_at = await self.pace.admit(flight.worst.tokens, first=refused)
            unused = float(flight.worst.tokens)
            try:
                if not flight.number:
                    # another run may have asked the same while this one queued
                    found = self.shared.get(asked.key) if self.shared else None
                    if found is not None:
                        return found
                    flight.number, durable = self.ledger.sending(asked, stage, flight.worst)
                    await durable
                self._flying.add(asked.key)
                self.tally.in_flight = len(self._flying)
                flight.spent = flight.worst  # until more is known
                reply = await self._try(request, admitted_at)
                unused -= self._costing.actual(reply, flight.worst).tokens
                return reply
            except Throttled as error:
                flight.spent = Cost()
                self.pace.refused(error.retry_after, admitted_at)
                self.tally.refused += 1
                refused = True
                self._stay()
            finally:
                self._flying.discard(asked.key)
                self.tally.in_flight = len(self._flying)
                self.pace.left(unused)

    async def _try(self, request: Request, admitted_at: float) -> Reply:
        try:
            async with asyncio.timeout(self.policy.timeout):
                reply = await self.instructor.complete(request)
        except TimeoutError as error:
            self.pace.refused(None, admitted_at, throttled=False)
            raise Unanswered(f"no reply within {self.policy.timeout:g} s") from error
        except Unanswered as error:
            self.pace.refused(error.retry_after, admitted_at, throttled=False)
            raise
        self.pace.accepted()
        text, served_by = readable(reply.text), readable(reply.served_by)
        return replace(reply, text=text, served_by=served_by, usage=counted(reply))
