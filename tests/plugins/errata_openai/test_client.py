"""The client: what it sends, and what it makes of answers, over real HTTP."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from errata.calls.wire import Rejected, Reply, Throttled, Unanswered, Usage
from errata.errors import InstructorError
from errata.records import Message
from errata_openai.client import OpenAIClient
from faults.client import ask_for, settings
from faults.server import PROMPT_TOKENS, REPLY_TOKENS, FaultServer, answer_to


def reply_to(server: FaultServer, prompt: str, **changes: object) -> Reply:
    async def ask() -> Reply:
        client = OpenAIClient(settings(server.url, **changes))
        try:
            return await client.complete(ask_for(client, prompt))
        finally:
            await client.close()

    return asyncio.run(ask())


def test_what_is_sent_and_what_comes_back(fault_server: FaultServer) -> None:
    sampling = {"seed": 3, "stop": ["###"]}
    reply = reply_to(fault_server, "hello", temperature=0.5, top_p=0.9, sampling=sampling)
    assert answer_to("hello") in reply.text
    assert (reply.ending, reply.served_by) == ("stop", "scripted-served")
    assert reply.usage == Usage(PROMPT_TOKENS, REPLY_TOKENS)
    assert fault_server.seen.bodies == [
        {
            "model": "scripted",
            "messages": [{"role": "user", "content": "hello"}],
            "max_tokens": 8,
            "temperature": 0.5,
            "top_p": 0.9,
            **sampling,
        }
    ]


def test_the_server_s_own_defaults_and_names(fault_server: FaultServer) -> None:
    reply_to(fault_server, "hello", temperature=None, length_field="max_completion_tokens")
    (body,) = fault_server.seen.bodies
    assert "temperature" not in body
    assert body["max_completion_tokens"] == 8
    assert "max_tokens" not in body


@pytest.mark.parametrize("strict", [False, True])
def test_a_schema_is_sent(fault_server: FaultServer, strict: bool) -> None:
    async def ask() -> None:
        client = OpenAIClient(settings(fault_server.url, strict_schema=strict))
        message = Message(role="user", content="hello")
        await client.complete(client.request((message,), {"type": "object"}, {}, 0))
        await client.close()

    asyncio.run(ask())
    sent = fault_server.seen.bodies[0]["response_format"]["json_schema"]
    assert sent["schema"] == {"type": "object"}
    assert sent.get("strict", False) is strict


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("429", Throttled, "too many"),
        ("500", Unanswered, "answered 500"),
        ("408", Unanswered, "answered 408"),
        ("400", Rejected, "answered 400"),
        ("401", InstructorError, "answered 401.*base_url, model"),
        ("404", InstructorError, "answered 404"),
        ("cut", Unanswered, "disconnected|reset"),
        ("cut-midway", Unanswered, "ayload"),
        ("html", Unanswered, "not a completion.*<html>"),
        ("malformed", Unanswered, "not a completion"),
        ("wrong-type", Unanswered, "not a completion"),
        ("empty", Unanswered, "not a completion"),
    ],
)
def test_faults(fault_server: FaultServer, fault: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        reply_to(fault_server, f"fault={fault}*1")


@pytest.mark.parametrize(
    ("fault", "ending"), [("length", "length"), ("refusal", "refused"), ("filter", "refused")]
)
def test_endings(fault_server: FaultServer, fault: str, ending: str) -> None:
    assert reply_to(fault_server, f"fault={fault}*1").ending == ending


def test_connections_are_not_the_limit_and_are_used_again(fault_server: FaultServer) -> None:
    async def ask() -> None:
        client = OpenAIClient(settings(fault_server.url))
        many = [f"{n} fault=slow*1" for n in range(150)]
        await asyncio.gather(*(client.complete(ask_for(client, prompt)) for prompt in many))
        await client.close()

    asyncio.run(ask())
    assert fault_server.seen.most_at_once > 100  # aiohttp's own limit


def test_a_key_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(LookupError, match="SOME_KEY is not set"):
        OpenAIClient(settings("http://127.0.0.1:9/v1", api_key_env="SOME_KEY"))
    with pytest.raises(ValidationError, match="base_url"):
        settings("localhost:8000")
