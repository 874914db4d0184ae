"""A real model behind ``transformers serve``, which takes no schema, through each provider."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel

from errata.calls.typed import Prompt
from errata.calls.wire import Reply
from errata.records import Message
from servers.running import asking, instructor

pytestmark = pytest.mark.model


class River(BaseModel):
    name: str


def user(text: str) -> tuple[Message, ...]:
    return (Message(role="user", content=text),)


def test_a_plain_completion_counts_its_tokens_and_says_how_it_ended(transformers_server, provider):
    made = instructor(provider, transformers_server, max_reply_tokens=60)

    async def ask():
        try:
            whole = await made.complete(made.request(user("Name a river."), None, {}, 0))
            short = instructor(provider, transformers_server, max_reply_tokens=5)
            cut = await short.complete(short.request(user("Name a river."), None, {}, 0))
            return whole, cut
        finally:
            await made.close()

    whole, cut = asyncio.run(ask())
    assert isinstance(whole, Reply)
    assert (whole.ending, cut.ending) == ("stop", "length")
    assert 5 < whole.usage.completion_tokens < 60
    assert cut.usage.completion_tokens == 5
    assert cut.usage.prompt_tokens == whole.usage.prompt_tokens > 10
    assert whole.text.startswith(cut.text.rstrip())


def test_the_schema_stands_in_the_prompt_and_failures_are_data(
    transformers_server, provider, tmp_path
):
    made = instructor(provider, transformers_server, schema_mode=False, max_reply_tokens=30)
    example = 'Answer with JSON like {"name": "Nile"}. Which river flows through '
    prompts = [Prompt(user(example + town), River, about=town) for town in ("Paris?", "Cairo?")]

    async def ask():
        async with asking(made, tmp_path / "calls.sqlite") as (ask, calls):
            return await asyncio.gather(*(ask(prompt) for prompt in prompts)), calls.tally

    answers, tally = asyncio.run(ask())
    for answer in answers:
        assert (answer.value is None) == bool(answer.failure)
    # each that did not validate was asked again, once
    failed = sum(answer.value is None for answer in answers)
    assert tally.received == 2 + (tally.unreadable - failed)
    again, second = asyncio.run(ask())
    assert [answer.value for answer in again] == [answer.value for answer in answers]
    assert second.received == 0


def test_many_at_once_all_come_back_and_each_is_asked_once(transformers_server, provider, tmp_path):
    made = instructor(provider, transformers_server, max_reply_tokens=8)
    log = transformers_server.log
    before = log.read_text().count("[Request received]")

    async def ask():
        async with asking(made, tmp_path / "calls.sqlite", concurrency=32) as (_, calls):
            requests = [made.request(user(f"Say {n}."), None, {}, 0) for n in range(32)]
            return await asyncio.gather(*(calls.complete(r) for r in requests)), calls.tally

    replies, tally = asyncio.run(ask())
    assert (tally.received, tally.retried, tally.failed) == (32, 0, 0)
    assert all(reply.usage.completion_tokens <= 8 for reply in replies)
    assert len({reply.text for reply in replies}) > 4
    assert log.read_text().count("[Request received]") == before + 32
