"""``Calls``: a request in, a durable reply out; never paid twice, never beyond the budget.

A request found in the ledger costs nothing. Otherwise identical requests that are asked at the same
time become one; its worst case is reserved, it waits for its turn, is recorded as in flight, and
leaves. A throttled request (429) is sent again however often it takes; a broken connection, a server
error or a timeout is tried again ``Policy.retries`` times. The reply is durable before anyone sees it.

Not covered: what a reply means (``asking.py``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from types import TracebackType

from errata.calls.budget import Budget, Cost
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
    key_of,
    readable,
)
from errata.errors import InstructorError
from errata.parts import Instructor

_DRAIN = 30.0  # seconds that requests in flight get to land when a stage fails or is interrupted
_GIVING_UP = 5  # requests in a row that came to nothing: the endpoint is down, not the requests bad


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
    """A try: its worst case, its number in the ledger, and what it must be taken to have cost."""

    worst: Cost
    number: int = 0
    spent: Cost = field(default_factory=Cost)
    landed: bool = False


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
        self._running: dict[bytes, asyncio.Task[Reply]] = {}
        self._flying: set[bytes] = set()
        self._failed_in_a_row = 0
        self._notice = notice
        self._watchdog = Watchdog(self.tally, pace, notice) if notice else None

    async def __aenter__(self) -> Calls:
        """Ready the calls for the running event loop."""
        if self._watchdog:
            self._watchdog.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Withdraw what has not left yet, wait for what is in flight, close connections."""
        for key, task in list(self._running.items()):
            if key not in self._flying:
                task.cancel()
        tasks = list(self._running.values())
        if self._flying and self._notice:
            self._notice(
                f"waiting for {len(self._flying)} replies that are paid for, at most {_DRAIN:.0f} s;"
                " Ctrl-C again gives them up"
            )
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=_DRAIN)
        finally:
            for task in tasks:
                task.cancel()
            if self._watchdog:
                self._watchdog.stop()
            await self.instructor.close()

    async def complete(self, request: Request, *, stage: str = "", label: str = "") -> Reply:
        """The reply to ``request``, from the ledger or the instructor.

        ``label`` is the item it is about. Raises CallFailed when it came to nothing, BudgetSpent and
        InstructorError when no further request can succeed.
        """
        canonical = request.canonical()
        key = key_of(canonical)
        found = self.ledger.get(key)
        if found is not None:
            self.tally.stored += 1
            return found
        running = self._running.get(key)
        if running is None:
            asked = Asked(key, canonical, readable(label))
            running = asyncio.ensure_future(self._answer(request, asked, stage))
            self._running[key] = running
            running.add_done_callback(lambda task: self._landed(key, task))
        else:
            self.tally.joined += 1
        # A caller that gives up does not take the request, which may be paid for, down with it.
        return await asyncio.shield(running)

    def _landed(self, key: bytes, task: asyncio.Task[Reply]) -> None:
        del self._running[key]
        if not task.cancelled():
            task.exception()  # seen, even if every caller has gone

    async def _answer(self, request: Request, asked: Asked, stage: str) -> Reply:
        found = self.shared.get(asked.key) if self.shared else None
        if found is not None:
            await self.ledger.copy(asked, found)
            self.tally.stored += 1
            return found
        tries = 0
        while True:
            tries += 1
            try:
                return await self._paid(request, asked, stage)
            except Unanswered as error:
                if tries > self.policy.retries:
                    raise self._came_to_nothing(error, tries) from error
                self.tally.retried += 1
                await asyncio.sleep(self.policy.wait(tries, error.retry_after, self._random))
            except Rejected as error:
                self.tally.failed += 1
                raise CallFailed(f"rejected: {error}") from error

    def _came_to_nothing(self, error: Unanswered, tries: int) -> Exception:
        self.tally.failed += 1
        self._failed_in_a_row += 1
        if self._failed_in_a_row < _GIVING_UP:
            return CallFailed(f"no answer in {tries} tries, the last: {error}")
        return InstructorError(
            f"{self._failed_in_a_row} requests in a row were not answered in {tries} tries each, the"
            f" last: {error}. Everything received is kept: see to the server, then `errata resume`"
            " the run"
        )

    async def _paid(self, request: Request, asked: Asked, stage: str) -> Reply:
        """One try that may be paid for: reserved before it leaves, settled when its end is known."""
        prompt, prices = request.most_prompt_tokens(), self.instructor.prices
        usd = prices.cost(prompt, request.max_tokens) if prices else 0.0
        flight = _Flight(Cost(1, prompt + request.max_tokens, usd))
        await self.budget.reserve(stage, flight.worst)
        try:
            reply = await self._sent(request, asked, stage, flight)
            flight.spent = self._cost(reply, flight.worst)
            await self._received(flight, asked, reply)
            return reply
        except (Unanswered, Rejected, InstructorError) as error:
            if not (isinstance(error, Unanswered) and error.paid):
                flight.spent = Cost()
            await self.ledger.ended(flight.number, flight.spent)
            raise
        except asyncio.CancelledError:
            if flight.number and not flight.landed:
                self.ledger.ended(flight.number, flight.spent)  # durable when the ledger is closed
            raise
        finally:
            self.budget.settle(stage, flight.worst, flight.spent)
            self.tally.usd = self.budget.spent.usd

    async def _received(self, flight: _Flight, asked: Asked, reply: Reply) -> None:
        flight.landed = True
        durable = self.ledger.received(flight.number, asked, reply, flight.spent)
        if self.shared:
            await self.shared.copy(asked, reply)
        await durable
        self._failed_in_a_row = 0
        self.tally.received += 1

    async def _sent(self, request: Request, asked: Asked, stage: str, flight: _Flight) -> Reply:
        """Send until the server takes it."""
        refused = False
        while True:
            admitted_at = await self.pace.admit(flight.worst.tokens, first=refused)
            unused = float(flight.worst.tokens)
            try:
                if not flight.number:
                    flight.number, durable = self.ledger.sending(asked, stage, flight.worst)
                    await durable
                self._flying.add(asked.key)
                self.tally.in_flight = len(self._flying)
                flight.spent = flight.worst  # until more is known
                reply = await self._try(request, admitted_at)
                unused -= self._cost(reply, flight.worst).tokens
                return reply
            except Throttled as error:
                flight.spent = Cost()
                self.pace.refused(error.retry_after, admitted_at)
                self.tally.refused += 1
                refused = True
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
        return replace(reply, text=readable(reply.text), served_by=readable(reply.served_by))

    def _cost(self, reply: Reply, worst: Cost) -> Cost:
        """What a reply cost; its worst case where the server counted nothing."""
        usage, prices = reply.usage, self.instructor.prices
        if usage is None:
            return worst
        usd = prices.cost(usage.prompt_tokens, usage.completion_tokens) if prices else 0.0
        return Cost(1, usage.prompt_tokens + usage.completion_tokens, usd)
