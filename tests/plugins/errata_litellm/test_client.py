"""What only LiteLLM brings: other providers, its own second tries, its errors without an answer."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web  # noqa: TID253 the server of these tests

from errata.calls.wire import Rejected, Throttled, Unanswered, Usage
from errata.errors import InstructorError

SCHEMA = {
    "type": "object",
    "properties": {"value": {"type": "string"}},
    "required": ["value"],
    "additionalProperties": False,
}


@dataclass
class AnyProvider:
    """Answers every path alike: in Anthropic's, Gemini's and Ollama's words at once, or as told."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    reset: bool = False
    url: str = ""
    arrived: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.arrived.append((request.path, await request.json()))
        if self.reset:
            assert request.transport is not None
            raw = request.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.transport.abort()
        return web.json_response(self.body, status=self.status, headers=self.headers)


def anthropic_reply(text: str = '{"value": "well"}', stop: str = "end_turn") -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-served",
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": stop,
        "usage": {"input_tokens": 7, "output_tokens": 2},
    }


@pytest.fixture
def provider() -> Iterator[AnyProvider]:
    found = AnyProvider()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{path:.*}", found.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    yield found
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def claude(provider, litellm_client):
    return litellm_client(provider.url, model="anthropic/claude-sonnet-4-5")


def test_anthropic_with_a_schema(provider, claude, once):
    provider.body = anthropic_reply()
    reply = once(claude, "hello", SCHEMA)
    assert reply.text == '{"value": "well"}'
    assert (reply.ending, reply.usage) == ("stop", Usage(7, 2))
    ((path, sent),) = provider.arrived
    assert path == "/v1/messages"
    assert (sent["model"], sent["max_tokens"]) == ("claude-sonnet-4-5", 8)
    assert '"value"' in json.dumps(sent)  # the schema, in Anthropic's own way


@pytest.mark.parametrize(
    ("text", "stop", "ending"),
    [("cut o", "max_tokens", "length"), ("I will not", "refusal", "refused")],
)
def test_anthropic_s_endings(provider, claude, once, text, stop, ending):
    provider.body = anthropic_reply(text, stop)
    assert once(claude, "hello").ending == ending


def anthropic_error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


@pytest.mark.parametrize(
    ("status", "message", "error", "paid"),
    [
        (529, "Overloaded", Unanswered, False),
        (500, "Internal server error", Unanswered, True),
        (401, "invalid x-api-key", InstructorError, None),
        (400, "prompt is too long: 300000 tokens > 200000 maximum", Rejected, None),
        (400, "Your credit balance is too low to access the Anthropic API", InstructorError, None),
    ],
)
def test_anthropic_s_errors(provider, claude, once, status, message, error, paid):
    provider.status, provider.body = status, anthropic_error("x_error", message)
    with pytest.raises(error, match=message) as caught:
        once(claude, "hello")
    assert getattr(caught.value, "paid", None) is paid
    assert len(provider.arrived) == 1


def test_anthropic_s_retry_after(provider, claude, once):
    provider.status, provider.headers = 429, {"retry-after": "7"}
    provider.body = anthropic_error("rate_limit_error", "This would exceed your rate limit")
    with pytest.raises(Throttled) as caught:
        once(claude, "hello")
    assert caught.value.retry_after == 7


# One provider for each way in which LiteLLM sends: its own HTTP client, OpenAI's SDK, and OpenAI's
# SDK for a provider to which it does not hand max_retries on.
WAYS = ["anthropic/claude-sonnet-4-5", "openai/x", "sambanova/x", "ollama_chat/x", "hosted_vllm/x"]


@pytest.mark.parametrize("model", WAYS)
@pytest.mark.parametrize("reset", [True, False])
def test_nothing_is_sent_twice(provider, litellm_client, once, model, reset):
    provider.status, provider.reset = 500, reset
    with pytest.raises(Unanswered) as caught:
        once(litellm_client(provider.url, model=model), "hello")
    assert caught.value.paid  # a connection that was reset may have carried the request
    assert len(provider.arrived) == 1


@pytest.mark.parametrize("model", ["ollama_chat/x", "lm_studio/x", "hosted_vllm/x", "openai/x"])
def test_auto_sends_the_schema_to_servers_that_hold_any_model_to_it(
    provider, litellm_client, once, model
):
    provider.status = 500
    client = litellm_client(provider.url, model=model)
    assert client.takes_schema
    with pytest.raises(Unanswered):
        once(client, "hello", SCHEMA)
    assert '"additionalProperties"' in json.dumps(provider.arrived[0][1])


def test_a_setting_that_the_model_does_not_take_stops_the_run(provider, litellm_client, once):
    reasoning = litellm_client(provider.url, model="openai/o3-mini", temperature=0.5)
    with pytest.raises(InstructorError, match=r"did not send.*temperature"):
        once(reasoning, "hello")
    assert provider.arrived == []
    provider.status = 400
    provider.body = {"error": {"code": "unsupported_value", "message": "temperature: only 1"}}
    with pytest.raises(InstructorError, match=r"only 1.*look at .*sampling"):
        once(litellm_client(provider.url), "hello")


def test_no_money_is_no_reason_to_wait(provider, litellm_client, once):
    provider.status, provider.body = 429, {"error": {"code": "insufficient_quota"}}
    with pytest.raises(InstructorError, match="insufficient_quota"):
        once(litellm_client(provider.url), "hello")


def test_the_key_is_the_one_that_is_named(litellm_client, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(LookupError, match="SOME_KEY is not set"):
        litellm_client("http://127.0.0.1:9", api_key_env="SOME_KEY")
