"""Every fault of the fault server: nothing is lost, and nothing received is paid for twice."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from errata.calls.typed import Answer, Prompt
from errata.calls.wire import CallFailed
from errata.errors import InstructorError
from errata.records import Message
from faults.client import QUICK, Value, ask_for, calling, complete_all, states
from faults.server import PAID, FaultServer, answer_to

TRIED_AGAIN = ["500", "502", "503", "cut", "cut-midway", "malformed", "truncated", "html", "empty"]
TRIED_AGAIN += ["wrong-type", "hang"]
ANSWERED = ["slow", "late", "mislabeled", "no-usage", "429", "429-after"]


def in_ledger(path: Path) -> set[str]:
    """The prompts whose replies are stored."""
    with sqlite3.connect(path) as db:
        requests = [request for (request,) in db.execute("SELECT request FROM replies")]
    return {json.loads(request)["messages"][-1][1] for request in requests}


def eventually(true: Callable[[], bool]) -> bool:
    """The server, on its own thread, may write its log a moment after the client has the reply."""
    until = time.monotonic() + 2
    while not true() and time.monotonic() < until:
        time.sleep(0.002)
    return true()


@pytest.mark.parametrize("fault", [*TRIED_AGAIN, *ANSWERED])
def test_a_fault_loses_nothing(fault: str, fault_server: FaultServer, tmp_path: Path) -> None:
    prompts = [f"{n} fault={fault}*{n % 2}" for n in range(6)]  # every other one is well

    async def ask() -> list[str]:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            found = await complete_all(calls, client, prompts, 6)
            before = sum(fault_server.seen.arrived.values())
            again = await complete_all(calls, client, prompts, 6)
            assert again == found
            assert sum(fault_server.seen.arrived.values()) == before
            assert calls.budget.reserved.requests == 0
            assert calls.pace.in_flight == 0
        return [json.loads(reply.text)["value"] for reply in found]

    assert asyncio.run(ask()) == [answer_to(prompt) for prompt in prompts]
    found = states(tmp_path / "calls.sqlite")
    # what the server handed over, the ledger holds, and it was handed over once
    assert eventually(lambda: fault_server.seen.completed.total() == 6)
    assert fault_server.seen.completed == dict.fromkeys(prompts, 1)
    assert in_ledger(tmp_path / "calls.sqlite") == set(prompts)
    assert found["received"] == 6
    assert found["in flight"] == 0
    lost = 3 if fault in TRIED_AGAIN and fault != "503" else 0
    assert (found["lost"], found["unpaid"]) == (lost, 3 if fault == "503" else 0)
    # what the ledger says was spent covers everything the server worked for
    paid = sum(fault_server.seen.paid.values())
    assert paid <= found["received"] + found["lost"]
    if fault in ("hang", "cut", "cut-midway", "malformed"):
        assert fault in PAID
        assert paid == found["received"] + found["lost"]


@pytest.mark.parametrize("fault", ["429", "429-after"])
def test_a_429_never_consumes_a_retry(
    fault: str, fault_server: FaultServer, tmp_path: Path
) -> None:
    refusals = QUICK.retries + 2 if fault == "429-after" else 2

    async def ask() -> int:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            await calls.complete(ask_for(client, f"fault={fault}*{refusals}"))
            assert calls.tally.retried == 0
            return calls.tally.refused

    assert asyncio.run(ask()) == refusals


def test_retry_after_is_waited_for(fault_server: FaultServer, tmp_path: Path) -> None:
    async def ask() -> float:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            begun = asyncio.get_running_loop().time()
            await calls.complete(ask_for(client, "fault=429-after*1"))
            return asyncio.get_running_loop().time() - begun

    assert asyncio.run(ask()) >= 0.2


def test_retries_end_and_the_item_fails(fault_server: FaultServer, tmp_path: Path) -> None:
    async def ask() -> None:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            with pytest.raises(CallFailed, match=r"no answer in 4 tries.*fault 500"):
                await calls.complete(ask_for(client, "fault=500*99"))
            assert fault_server.seen.arrived["fault=500*99"] == 4
            with pytest.raises(CallFailed, match="rejected"):
                await calls.complete(ask_for(client, "fault=422*99"))
            assert fault_server.seen.arrived["fault=422*99"] == 1

    asyncio.run(ask())
    assert states(tmp_path / "calls.sqlite") == {"lost": 4, "unpaid": 1}


def test_a_dead_endpoint_stops_the_run(fault_server: FaultServer, tmp_path: Path) -> None:
    async def ask(prompt: str, number: int) -> None:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            for n in range(number):
                with pytest.raises(CallFailed):
                    await calls.complete(ask_for(client, f"{n} {prompt}"))
            await calls.complete(ask_for(client, f"last {prompt}"))

    with pytest.raises(InstructorError, match="5 requests in a row"):
        asyncio.run(ask("fault=500*99", 4))
    with pytest.raises(InstructorError, match="answered 401"):
        asyncio.run(ask("fault=401*99", 0))


def test_nobody_listens(fault_server: FaultServer, tmp_path: Path) -> None:
    async def ask() -> None:
        async with calling("http://127.0.0.1:9/v1", tmp_path / "calls.sqlite") as (
            calls,
            client,
            _,
        ):
            with pytest.raises(CallFailed, match="no connection"):
                await calls.complete(ask_for(client, "anybody?"))

    asyncio.run(ask())
    assert states(tmp_path / "calls.sqlite") == {"unpaid": 4}


async def typed(url: str, path: Path, text: str) -> Answer[Value]:
    async with calling(url, path) as (_, _, ask):
        return await ask(Prompt((Message(role="user", content=text),), Value, about="item"))


def test_typed_replies(fault_server: FaultServer, tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    well = asyncio.run(typed(fault_server.url, path, "well"))
    assert well.value == Value(value=answer_to("well"))
    assert fault_server.seen.bodies[0]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("fault", "failure"), [("prose", "there is no JSON"), ("length", "cut off at its longest")]
)
def test_asked_again_once_with_the_error(
    fault: str, failure: str, fault_server: FaultServer, tmp_path: Path
) -> None:
    path = tmp_path / "calls.sqlite"
    mended = asyncio.run(typed(fault_server.url, path, f"fault={fault}*1"))
    again = fault_server.seen.bodies[-1]["messages"]
    assert [m["role"] for m in again] == ["user", "assistant", "user"]
    assert failure in again[-1]["content"]
    assert mended.value == Value(value=answer_to(again[-1]["content"]))
    sent = len(fault_server.seen.bodies)
    assert asyncio.run(typed(fault_server.url, path, f"fault={fault}*1")) == mended
    assert len(fault_server.seen.bodies) == sent


@pytest.mark.parametrize("fault", ["refusal", "filter"])
def test_refusals_are_recorded_as_such(
    fault: str, fault_server: FaultServer, tmp_path: Path
) -> None:
    path = tmp_path / "calls.sqlite"
    for _ in range(2):
        answer = asyncio.run(typed(fault_server.url, path, f"fault={fault}*99"))
        assert answer.value is None
        assert answer.failure.startswith("refused: ")
    assert len(fault_server.seen.bodies) == 1
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT ending FROM replies").fetchall() == [("refused",)]
