"""Spending: the worst case is reserved before a request leaves, and settled when its end is known.

A request that does not fit beside what is reserved waits until reservations are settled: most end far
below their worst case. Only when nothing is reserved any more and it still does not fit is the budget
spent, so that nothing is in flight when the run stops.

Not covered: where spending is recorded (``ledger.py``), and what a token costs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from errata.errors import BudgetSpent

RUN = ""  # the name under which the caps of the whole run stand beside those of stages


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests, tokens (prompt and completion) and US dollars."""

    requests: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.requests + other.requests, self.tokens + other.tokens, self.usd + other.usd
        )

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.requests - other.requests, self.tokens - other.tokens, self.usd - other.usd
        )


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper limits; None is no limit."""

    max_usd: float | None = None
    max_tokens: int | None = None
    max_requests: int | None = None

    def exceeded_by(self, cost: Cost) -> str:
        """The name of the first cap that ``cost`` would exceed, or nothing."""
        limits = (
            ("max_usd", cost.usd, self.max_usd),
            ("max_tokens", cost.tokens, self.max_tokens),
            ("max_requests", cost.requests, self.max_requests),
        )
        for name, amount, limit in limits:
            if limit is not None and amount > limit:
                return name
        return ""


@dataclass
class _Account:
    caps: Caps
    spent: Cost = field(default_factory=Cost)
    reserved: Cost = field(default_factory=Cost)


class Budget:
    """The accounts of a run and of its stages (``caps`` by stage; ``RUN`` is the whole run).

    ``spent`` is what the ledger knows from before, by stage. ``where`` tells the user which file
    holds the caps and how to go on, ``section`` is the section of the recipe that has them.
    """

    def __init__(
        self,
        caps: Mapping[str, Caps],
        spent: Mapping[str, Cost] | None = None,
        where: str = "raise it and go on: nothing is lost",
        section: str = "instructor",
    ) -> None:
        self._accounts = {name: _Account(limits) for name, limits in caps.items()}
        self._accounts.setdefault(RUN, _Account(Caps()))
        self._where, self._section = where, section
        self._waiting: deque[asyncio.Future[None]] = deque()
        for stage, cost in (spent or {}).items():
            for account in self._of(stage):
                account.spent += cost

    @property
    def spent(self) -> Cost:
        """What the run has spent, without what is in flight."""
        return self._accounts[RUN].spent

    @property
    def reserved(self) -> Cost:
        """The worst case of everything in flight."""
        return self._accounts[RUN].reserved

    async def reserve(self, stage: str, worst: Cost) -> None:
        """Set ``worst`` aside, waiting for room if need be. Raises BudgetSpent when there is none."""
        while (lacking := self._lacking(stage, worst)) is not None:
            name, cap, in_flight = lacking
            if not in_flight:
                raise BudgetSpent(self._message(name, cap, worst), self._where)
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
        for account in self._of(stage):
            account.reserved += worst

    def settle(self, stage: str, worst: Cost, actual: Cost) -> None:
        """Replace a reservation by what it came to."""
        for account in self._of(stage):
            account.reserved -= worst
            if not account.reserved.requests:
                account.reserved = Cost()  # no rounding errors are left behind
            account.spent += actual
        waiting, self._waiting = self._waiting, deque()
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _of(self, stage: str) -> list[_Account]:
        names = [RUN] if stage == RUN else [RUN, stage]
        return [self._accounts[name] for name in names if name in self._accounts]

    def _lacking(self, stage: str, worst: Cost) -> tuple[str, str, bool] | None:
        """(account, cap, whether anything is in flight there) of the first cap in the way."""
        for name in [RUN, stage] if stage != RUN else [RUN]:
            account = self._accounts.get(name)
            if account is None:
                continue
            cap = account.caps.exceeded_by(account.spent + account.reserved + worst)
            if cap:
                return name, cap, account.reserved.requests > 0
        return None

    def _message(self, name: str, cap: str, worst: Cost) -> str:
        account = self._accounts[name]
        path = f"{self._section}.stages.{name}.{cap}" if name else f"{self._section}.{cap}"
        spent, limit = account.spent, getattr(account.caps, cap)
        amounts = {
            "max_usd": f"${spent.usd:.4f} is spent, and the next request may cost ${worst.usd:.4f}",
            "max_tokens": f"{spent.tokens} are spent, and the next request may take {worst.tokens}",
            "max_requests": f"{spent.requests} have been sent",
        }
        return f"{path} is {limit}: {amounts[cap]}"
