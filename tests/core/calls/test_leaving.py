"""Leaving a stage, counting what it cost, and telling a dead endpoint from a bad request."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from errata.calls.budget import RUN, Budget, Caps, Cost
from errata.calls.ledger import Asked, Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.sending import Calls
from errata.calls.wire import CallFailed, Prices, Reply, Request, Usage
from errata.errors import InstructorError
from errata.seeds import stream
from faults.client import QUICK, ask_for, calling, states
from faults.server import FaultServer


@pytest.mark.parametrize(
    ("fault", "state"), [("500", "lost"), ("cut", "lost"), ("429-after", "unpaid")]
)
def test_nothing_leaves_once_the_stage_is_over(
    fault: str, state: str, fault_server: FaultServer, tmp_path: Path
) -> None:
    fault_server.endpoint.script.latency = 0.5
    prompt, path = f"fault={fault}*9", tmp_path / "calls.sqlite"

    patient = replace(QUICK, timeout=10.0)

    async def later(calls: Calls, request: Request) -> None:
        await asyncio.sleep(0.05)
        await calls.complete(request)

    async def ask() -> None:
        async with calling(fault_server.url, path, policy=patient) as (calls, client, _):
            first = asyncio.ensure_future(calls.complete(ask_for(client, prompt)))
            while not calls.tally.in_flight:
                await asyncio.sleep(0.001)
            one_more = asyncio.ensure_future(later(calls, ask_for(client, "one more")))
        for withdrawn in (first, one_more):
            with pytest.raises(asyncio.CancelledError):
                await withdrawn

    asyncio.run(ask())
    assert fault_server.seen.arrived == {prompt: 1}
    assert states(path) == {state: 1}


def test_a_dead_endpoint_fails_no_item(fault_server: FaultServer, tmp_path: Path) -> None:
    async def ask() -> list[object]:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            together = [calls.complete(ask_for(client, f"{n} fault=500*99")) for n in range(12)]
            return await asyncio.gather(*together, return_exceptions=True)

    assert {type(error) for error in asyncio.run(ask())} == {InstructorError}


def test_bad_requests_among_good_ones_fail_by_themselves(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    async def ask() -> list[object]:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):

            async def good() -> None:
                for n in range(30):
                    await calls.complete(ask_for(client, f"good {n}"))
                    await asyncio.sleep(0.02)

            bad = [calls.complete(ask_for(client, f"{n} fault=500*99")) for n in range(3)]
            found = await asyncio.gather(good(), *bad, return_exceptions=True)
            return list(found[1:])

    assert {type(error) for error in asyncio.run(ask())} == {CallFailed}


def test_the_last_requests_of_a_stage_do_not_wait_for_each_other(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    async def ask() -> list[object]:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            bad = (calls.complete(ask_for(client, f"{n} fault=500*99")) for n in range(4))
            return await asyncio.wait_for(asyncio.gather(*bad, return_exceptions=True), 10)

    assert {type(error) for error in asyncio.run(ask())} == {CallFailed}


class Scripted:
    """An instructor in this process that answers with a given usage."""

    takes_schema, prices = False, Prices(1e6, 1e6)

    def __init__(self, usage: Usage | None, error: BaseException | None = None) -> None:
        self.usage, self.error, self.asked = usage, error, 0

    def request(self, messages, schema, sampling, replica):  # type: ignore[no-untyped-def]  # unused
        raise NotImplementedError

    async def complete(self, request: Request) -> Reply:
        self.asked += 1
        if self.error:
            raise self.error
        return Reply("yes", usage=self.usage)

    async def close(self) -> None:
        """Nothing to close."""


async def spent_for(
    instructor: Scripted, path: Path, requests: int, cap: float | None = None
) -> tuple[Cost, list[str]]:
    """What so many requests cost, and what was said."""
    ledger, said = Ledger(path), list[str]()
    budget = Budget({RUN: Caps(max_usd=cap)}, ledger.spent())
    pace = Pace(Limits(1), stream(0, "pace"))
    calls = Calls(instructor, ledger, budget, pace, policy=QUICK, notice=said.append)
    try:
        async with calls:
            for n in range(requests):
                await calls.complete(Request((), f"m{n}", 8))
    finally:
        ledger.close()
        assert budget.reserved == Cost()
        assert ledger_spent(path) == budget.spent
    return budget.spent, said


def ledger_spent(path: Path) -> Cost:
    ledger = Ledger(path, own=False)
    found = ledger.spent().get("", Cost())
    ledger.close()
    return found


class Recording(Ledger):
    """A ledger on a disk so slow that no request becomes durable."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.begun = asyncio.Event()

    def sending(self, asked: Asked, stage: str, worst: Cost) -> tuple[int, asyncio.Future[None]]:
        number, _ = super().sending(asked, stage, worst)
        self.begun.set()
        return number, asyncio.get_running_loop().create_future()


def test_a_request_withdrawn_while_it_is_recorded_was_not_paid_for(tmp_path: Path) -> None:
    path, instructor = tmp_path / "calls.sqlite", Scripted(None)

    async def ask() -> Cost:
        ledger, budget = Recording(path), Budget({RUN: Caps()}, {})
        async with Calls(instructor, ledger, budget, Pace(Limits(1), stream(0, "pace"))) as calls:
            asked = asyncio.ensure_future(calls.complete(Request((), "m", 8)))
            await ledger.begun.wait()
        with pytest.raises(asyncio.CancelledError):
            await asked
        ledger.close()
        return budget.spent

    assert asyncio.run(ask()) == Cost()
    assert instructor.asked == 0
    assert states(path) == {"unpaid": 1}


WORST = Request((), "m", 8).most_prompt_tokens() + 8


@pytest.mark.parametrize("usage", [None, Usage(0, 0), Usage(-1, 5), Usage(10**12, 0)])
def test_a_server_that_does_not_count_is_taken_to_charge_the_worst(
    usage: Usage | None, tmp_path: Path
) -> None:
    spent, _ = asyncio.run(spent_for(Scripted(usage), tmp_path / "calls.sqlite", 1))
    assert spent == Cost(1, WORST, float(WORST))


def test_a_server_that_counts_more_than_can_be_is_reserved_more(tmp_path: Path) -> None:
    greedy = Scripted(Usage(3 * WORST, 0))
    cap = 7.0 * WORST  # room for two at three times the worst, not for a third
    with pytest.raises(Exception, match="max_usd is"):
        asyncio.run(spent_for(greedy, tmp_path / "capped.sqlite", 9, cap))
    assert greedy.asked == 2
    _, said = asyncio.run(spent_for(greedy, tmp_path / "calls.sqlite", 2))
    assert len(said) == 1
    assert f"counted {3 * WORST} tokens for a request that can have {WORST} at most" in said[0]


def test_a_slip_in_a_client_leaves_no_reservation_and_counts_as_spent(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    with pytest.raises(KeyError):
        asyncio.run(spent_for(Scripted(None, KeyError("slip")), path, 1))
    assert states(path) == {"lost": 1}
    assert ledger_spent(path).tokens == WORST
