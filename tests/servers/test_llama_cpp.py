"""Structured output of a real model behind llama.cpp's server, through each provider."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel, Field

from errata.calls.typed import Prompt
from errata.calls.wire import Rejected, Usage
from errata.records import Message
from servers.running import asking, instructor

pytestmark = pytest.mark.model


class Diagnosis(BaseModel):
    """What a diagnoser wants to know; bounded, for a small model never ends by itself."""

    no_error: bool
    step: int | None = Field(ge=1, le=9)
    keyphrase: str = Field(max_length=24)


def prompts(count: int) -> list[Prompt[Diagnosis]]:
    return [
        Prompt(
            (Message(role="user", content=f"1. {n} + {n} = {2 * n + 1}. What went wrong, where?"),),
            Diagnosis,
            about=f"case {n}",
        )
        for n in range(1, count + 1)
    ]


def test_every_reply_has_the_schema_s_form_and_is_paid_for_once(
    llama_cpp_server, provider, tmp_path
):
    made = instructor(provider, llama_cpp_server, max_reply_tokens=80)
    assert made.takes_schema

    async def ask():
        async with asking(made, tmp_path / "calls.sqlite") as (ask, calls):
            found = await asyncio.gather(*(ask(prompt) for prompt in prompts(8)))
            return found, calls.tally, calls.ledger.spent()

    answers, tally, spent = asyncio.run(ask())
    assert [answer.failure for answer in answers] == [""] * 8
    assert all(isinstance(answer.value, Diagnosis) for answer in answers)
    assert (tally.received, tally.unreadable, tally.retried) == (8, 0, 0)
    again, second, spent_again = asyncio.run(ask())
    assert [a.value for a in again] == [a.value for a in answers]
    assert (second.received, second.stored) == (0, 8)
    assert spent_again == spent


def test_what_is_too_long_for_the_server_is_rejected_not_tried_again(llama_cpp_server, provider):
    made = instructor(provider, llama_cpp_server)

    async def ask():
        message = Message(role="user", content="seven " * 3000)
        try:
            await made.complete(made.request((message,), None, {}, 0))
        finally:
            await made.close()

    with pytest.raises(Rejected, match=r"400.*context"):
        asyncio.run(ask())


def test_providers_ask_for_the_same_and_get_the_same(llama_cpp_server, every_provider):
    async def ask(name):
        made = instructor(name, llama_cpp_server)
        try:
            request = made.request(
                (Message(role="user", content="Name a river."),), None, {"seed": 7}, 0
            )
            return await made.complete(request)
        finally:
            await made.close()

    replies = [asyncio.run(ask(name)) for name in every_provider]
    assert len({reply.text for reply in replies}) == 1
    assert len({(reply.ending, reply.usage) for reply in replies}) == 1
    assert isinstance(replies[0].usage, Usage)
    assert 0 < replies[0].usage.completion_tokens <= 24
