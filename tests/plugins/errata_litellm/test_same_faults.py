"""The fault server, through each client: the same fault is the same error, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter

import pytest

from errata.calls.budget import RUN, Budget, Caps
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.sending import Calls
from errata.calls.wire import Rejected, Throttled, Unanswered, Usage
from errata.errors import BudgetSpent, InstructorError
from errata.records import Message
from errata.seeds import stream
from faults.client import QUICK
from faults.server import PROMPT_TOKENS, REPLY_TOKENS, answer_to

# pytest puts its own warning filters in the place of the client's
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")

PAID_IN_VAIN = ["500", "502", "408", "cut", "cut-midway", "html", "malformed", "truncated"]
PAID_IN_VAIN += ["wrong-type", "empty"]
WELL_IN_THE_END = ["500", "503", "cut", "cut-midway", "malformed", "truncated", "html", "empty"]
WELL_IN_THE_END += ["wrong-type", "hang", "slow", "no-usage", "429", "429-after", "surrogate"]


@pytest.mark.parametrize("fault", PAID_IN_VAIN)
def test_what_may_have_been_paid_for(either, once, fault_server, fault):
    with pytest.raises(Unanswered) as caught:
        once(either(fault_server.url), f"fault={fault}*1")
    assert caught.value.paid
    assert fault_server.seen.arrived[f"fault={fault}*1"] == 1


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("503", Unanswered, "answered 503"),
        ("529", Unanswered, "answered 529"),
        ("400", Rejected, "answered 400: .*fault 400"),
        ("413", Rejected, "answered 413"),
        ("422", Rejected, "answered 422"),
        ("401", InstructorError, "answered 401.*look at .*model, "),
        ("402", InstructorError, "answered 402"),
        ("403", InstructorError, "answered 403"),
        ("404", InstructorError, "answered 404"),
    ],
)
def test_what_was_not_paid_for(either, once, fault_server, fault, error, says):
    with pytest.raises(error, match=says) as caught:
        once(either(fault_server.url), f"fault={fault}*1")
    assert not getattr(caught.value, "paid", False)
    assert fault_server.seen.arrived[f"fault={fault}*1"] == 1


@pytest.mark.parametrize(("fault", "after"), [("429", None), ("429-after", 0.2)])
def test_throttled(either, once, fault_server, fault, after):
    with pytest.raises(Throttled) as caught:
        once(either(fault_server.url), f"fault={fault}*1")
    assert caught.value.retry_after == after
    assert fault_server.seen.arrived[f"fault={fault}*1"] == 1


@pytest.mark.parametrize(
    ("fault", "ending"),
    [("length", "length"), ("refusal", "refused"), ("filter", "refused"), ("prose", "stop")],
)
def test_endings(either, once, fault_server, fault, ending):
    assert once(either(fault_server.url), f"fault={fault}*1").ending == ending


def test_usage_is_the_server_s_or_none(either, once, fault_server):
    counted = once(either(fault_server.url), "hello")
    assert counted.usage == Usage(PROMPT_TOKENS, REPLY_TOKENS)
    assert counted.served_by == "scripted-served"
    assert once(either(fault_server.url), "fault=no-usage*1").usage is None


def test_nobody_listens(either, once):
    with pytest.raises(Unanswered, match=r"no connection to http://127\.0\.0\.1:9/v1") as caught:
        once(either("http://127.0.0.1:9/v1"), "anybody?")
    assert not caught.value.paid


def test_what_is_sent(either, once, fault_server):
    schema = {"type": "object", "properties": {"value": {"type": "string"}}}
    client = either(fault_server.url, top_p=0.9, sampling={"seed": 3, "stop": ["#"], "top_k": 4})
    once(client, "hello", schema)
    (body,) = fault_server.seen.bodies
    assert body == {
        "model": "scripted",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 8,
        "temperature": 0.0,
        "top_p": 0.9,
        "seed": 3,
        "stop": ["#"],
        "top_k": 4,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": schema},
        },
    }


def test_the_strict_mode_and_the_server_s_own_temperature(either, once, fault_server):
    client = either(fault_server.url, strict_schema=True, temperature=None)
    once(client, "hello", {"type": "object"})
    (body,) = fault_server.seen.bodies
    assert body["response_format"]["json_schema"]["strict"] is True
    assert "temperature" not in body


@pytest.mark.parametrize("fault", WELL_IN_THE_END)
def test_nothing_is_lost_and_nothing_received_is_paid_twice(either, fault_server, tmp_path, fault):
    path = tmp_path / "calls.sqlite"
    prompts = [f"{n} fault={fault}*{n % 2}" for n in range(6)]  # every other one is well
    client = either(fault_server.url)

    async def ask_all() -> tuple[list[str], Budget]:
        ledger = Ledger(path)
        budget = Budget({RUN: Caps()}, ledger.spent())
        pace = Pace(Limits(6), stream(0, "pace"))
        async with Calls(client, ledger, budget, pace, policy=QUICK) as calls:
            requests = [
                client.request((Message(role="user", content=prompt),), None, {}, 0)
                for prompt in prompts
            ]
            found = await asyncio.gather(*(calls.complete(request) for request in requests))
        ledger.close()
        return [reply.text for reply in found], budget

    found, budget = asyncio.run(ask_all())
    arrived = Counter(fault_server.seen.arrived)
    again, _ = asyncio.run(ask_all())  # on another event loop
    assert again == found
    assert fault_server.seen.arrived == arrived
    if fault != "surrogate":
        assert [json.loads(text)["value"] for text in found] == [answer_to(p) for p in prompts]
    with sqlite3.connect(path) as db:
        states = Counter(state for (state,) in db.execute("SELECT state FROM sent"))
    assert states["received"] == 6
    assert states["in flight"] == 0
    assert sum(fault_server.seen.paid.values()) <= states["received"] + states["lost"]
    # what is counted as spent covers what the server may charge: a dollar a token
    worked = sum(fault_server.seen.paid.values()) * (PROMPT_TOKENS + REPLY_TOKENS)
    assert budget.spent.usd >= worked


def test_the_cap_in_dollars_holds(either, fault_server, tmp_path):
    client = either(fault_server.url)

    ledger = Ledger(tmp_path / "calls.sqlite")
    budget = Budget({RUN: Caps(max_usd=600)})

    async def ask_all() -> None:
        pace = Pace(Limits(4), stream(0, "pace"))
        async with Calls(client, ledger, budget, pace, policy=QUICK) as calls:
            for number in range(100):
                message = Message(role="user", content=f"{number} fault=500*{number % 2}")
                await calls.complete(client.request((message,), None, {}, 0))

    with pytest.raises(BudgetSpent):
        asyncio.run(ask_all())
    ledger.close()
    assert 0 < budget.spent.usd <= 600
    assert sum(fault_server.seen.paid.values()) * (PROMPT_TOKENS + REPLY_TOKENS) <= 600


def test_256_at_once(either, fault_server):
    fault_server.endpoint.script.latency = 0.5
    client = either(fault_server.url)

    async def ask_all() -> None:
        requests = [
            client.request((Message(role="user", content=str(n)),), None, {}, 0) for n in range(256)
        ]
        replies = await asyncio.gather(*(client.complete(request) for request in requests))
        assert all(reply.ending == "stop" for reply in replies)
        await client.close()

    asyncio.run(ask_all())
    assert fault_server.seen.most_at_once > 200  # aiohttp's own limit is 100
