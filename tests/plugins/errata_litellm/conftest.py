"""Both clients, by one name: what holds for one must hold for the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from errata.calls.asking import Asking
from errata.calls.budget import Budget
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.sending import Calls
from errata.calls.typed import Prompt
from errata.records import Message
from errata.seeds import stream
from errata_litellm.client import LiteLLMClient
from errata_litellm.settings import LiteLLMSettings
from errata_openai.client import OpenAIClient
from faults.client import QUICK, Value
from faults.client import settings as openai_settings
from faults.server import FaultServer


def litellm_settings(url: str, **changes: object) -> LiteLLMSettings:
    """Settings for the fault server; prices are a dollar for each token."""
    given = {
        "api_base": url,
        "model": "openai/scripted",
        "api_key_env": "",
        "max_reply_tokens": 8,
        "usd_per_million_prompt_tokens": 1e6,
        "usd_per_million_reply_tokens": 1e6,
    }
    return LiteLLMSettings.model_validate({**given, **changes})


def lite(url: str, **changes: object) -> LiteLLMClient:
    return LiteLLMClient(litellm_settings(url, **changes))


def lean(url: str, **changes: object) -> OpenAIClient:
    return OpenAIClient(openai_settings(url, **changes))


def ask_once(client: Any, prompt: str, schema: Any = None) -> Any:
    """One request on an event loop of its own."""

    async def ask() -> Any:
        try:
            message = Message(role="user", content=prompt)
            return await client.complete(client.request((message,), schema, {}, 0))
        finally:
            await client.close()

    return asyncio.run(ask())


def ask_all(client: Any, path: Path, prompts: Sequence[str]) -> list[str]:
    """Typed answers to prompts, through the call layer on the ledger ``path``."""

    async def ask() -> list[str]:
        ledger = Ledger(path)
        pace = Pace(Limits(4), stream(0, "pace"))
        async with Calls(client, ledger, Budget({}), pace, policy=QUICK) as calls:
            asking = Asking(calls, client)
            messages = [(Message(role="user", content=prompt),) for prompt in prompts]
            answers = [await asking(Prompt(message, Value)) for message in messages]
        ledger.close()
        return [answer.value.value if answer.value else answer.failure for answer in answers]

    return asyncio.run(ask())


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    server = FaultServer()
    yield server
    server.stop()


@pytest.fixture(params=[lean, lite], ids=["openai", "litellm"])
def either(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Makes a client for an address."""
    return request.param


@pytest.fixture
def litellm_client() -> Callable[..., LiteLLMClient]:
    return lite


@pytest.fixture
def asked() -> Callable[..., list[str]]:
    return ask_all


@pytest.fixture
def once() -> Callable[..., Any]:
    return ask_once
