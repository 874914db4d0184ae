"""Nothing is spent beyond a cap, whatever happens; and the run can go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.calls.budget import RUN, Budget, Caps, Cost
from errata.calls.sending import Calls
from errata.errors import BudgetSpent
from faults.client import ask_for, calling, complete_all
from faults.server import PROMPT_TOKENS, REPLY_TOKENS, FaultServer

FAULTS = [
    "",
    "",
    "fault=cut*1",
    "fault=500*1",
    "fault=429-after*1",
    "fault=no-usage*1",
    "fault=html*2",
]
EACH = PROMPT_TOKENS + REPLY_TOKENS  # a token costs a dollar


def worked_for(server: FaultServer) -> int:
    """Dollars that the server may charge."""
    return sum(server.seen.paid.values()) * EACH


# The worst case of one of these requests is some 580 dollars; what it comes to is 15.
@pytest.mark.parametrize("cap", [500, 600, 700, 900])
def test_never_beyond_a_cap_in_dollars(cap: int, fault_server: FaultServer, tmp_path: Path) -> None:
    prompts = [f"{n} {FAULTS[n % len(FAULTS)]}" for n in range(30)]

    path = tmp_path / "calls.sqlite"
    kept: list[Calls] = []

    async def ask(limit: float | None) -> float:
        async with calling(fault_server.url, path, caps=Caps(max_usd=limit)) as (calls, client, _):
            kept.append(calls)
            await complete_all(calls, client, prompts, 16)
            return calls.budget.spent.usd

    for _ in range(2):
        with pytest.raises(BudgetSpent, match=rf"instructor.max_usd is {cap}: \$.* is spent"):
            asyncio.run(ask(cap))
        assert worked_for(fault_server) <= cap
        assert (worked_for(fault_server) > 0) == (cap > 580)
        assert kept[-1].budget.reserved == Cost()
    before = dict(fault_server.seen.paid)
    spent = asyncio.run(ask(None))  # the cap is raised: the rest is asked, and only the rest
    assert worked_for(fault_server) <= spent
    once = [p for p in prompts if "cut" not in p and "html" not in p]
    assert {fault_server.seen.paid[p] for p in once} == {1}
    assert all(fault_server.seen.paid[p] == 1 for p in before if p in once)


def test_a_cap_of_requests_and_of_a_stage(fault_server: FaultServer, tmp_path: Path) -> None:
    async def ask() -> None:
        path = tmp_path / "calls.sqlite"
        async with calling(fault_server.url, path, caps=Caps(max_requests=7)) as (calls, client, _):
            await complete_all(calls, client, map(str, range(9)), 3)

    with pytest.raises(BudgetSpent, match="max_requests is 7: 7 have been sent"):
        asyncio.run(ask())
    assert sum(fault_server.seen.arrived.values()) == 7


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=30),
    st.integers(1, 300),
)
def test_reserved_and_spent_never_exceed_the_cap(calls: list[tuple[int, int]], cap: int) -> None:
    budget = Budget({RUN: Caps(max_tokens=cap), "a": Caps(max_tokens=cap // 2)})

    async def one(worst: int, share: int, stage: str) -> None:
        reserved = Cost(1, worst, 0.0)
        try:
            await budget.reserve(stage, reserved)
        except BudgetSpent:
            return
        assert budget.spent.tokens + budget.reserved.tokens <= cap
        await asyncio.sleep(0)
        budget.settle(stage, reserved, Cost(1, min(worst, share), 0.0))

    async def together() -> None:
        work = [one(w, s, "a" if w % 2 else "b") for w, s in calls]
        await asyncio.wait_for(asyncio.gather(*work), 5)

    asyncio.run(together())
    assert budget.reserved == Cost()
    assert budget.spent.tokens <= cap


def test_a_request_that_never_fits_does_not_wait_for_ever(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    async def ask() -> None:
        path = tmp_path / "calls.sqlite"
        async with calling(fault_server.url, path, caps=Caps(max_tokens=5)) as (calls, client, _):
            await asyncio.wait_for(calls.complete(ask_for(client, "long")), 5)

    with pytest.raises(BudgetSpent, match="0 are spent, and the next request may take"):
        asyncio.run(ask())
    assert not fault_server.seen.arrived
