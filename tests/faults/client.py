"""Calls against the fault server, as the tests and the benchmarks make them.

As a program it asks ``count`` prompts through the call layer and prints one line at the end; it is
what the crash tests kill.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import BaseModel

from errata.calls.asking import Asking
from errata.calls.budget import RUN, Budget, Caps
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.sending import Calls, Policy
from errata.calls.wire import Reply, Request
from errata.records import Message
from errata.seeds import stream
from errata_openai.client import OpenAIClient
from errata_openai.settings import OpenAISettings

QUICK = Policy(retries=3, timeout=0.5, first_wait=0.02, slowest=0.05)


class Value(BaseModel):
    """The typed reply of the fault server."""

    value: str


def settings(url: str, **changes: object) -> OpenAISettings:
    """Settings for the fault server; prices are a dollar for each token."""
    given = {
        "base_url": url,
        "model": "scripted",
        "api_key_env": "",
        "max_reply_tokens": 8,
        "usd_per_million_prompt_tokens": 1e6,
        "usd_per_million_reply_tokens": 1e6,
    }
    return OpenAISettings.model_validate({**given, **changes})


def ask_for(client: OpenAIClient, prompt: str, replica: int = 0) -> Request:
    """A request with one user message."""
    return client.request((Message(role="user", content=prompt),), None, {}, replica)


@asynccontextmanager
async def calling(
    url: str,
    path: Path,
    *,
    limits: Limits | None = None,
    caps: Caps | None = None,
    policy: Policy = QUICK,
    shared: Path | None = None,
    **changes: object,
) -> AsyncIterator[tuple[Calls, OpenAIClient, Asking]]:
    """The call layer on the ledger ``path``, with the client and ``ask``."""
    client = OpenAIClient(settings(url, **changes))
    ledger = Ledger(path)
    common = Ledger(shared, own=False) if shared else None
    pace = Pace(limits or Limits(32), stream(0, "pace"))
    budget = Budget({RUN: caps or Caps()}, ledger.spent())
    calls = Calls(client, ledger, budget, pace, policy=policy, shared=common)
    try:
        async with calls:
            yield calls, client, Asking(calls, client, "diagnose")
    finally:
        ledger.close()
        if common:
            common.close()


async def complete_all(
    calls: Calls, client: OpenAIClient, prompts: Iterable[str], at_once: int
) -> list[Reply]:
    """Replies in order, asked by ``at_once`` workers."""
    todo = enumerate(prompts)
    found: dict[int, Reply] = {}

    async def work() -> None:
        for place, prompt in todo:
            found[place] = await calls.complete(ask_for(client, prompt), label=prompt)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return [found[place] for place in sorted(found)]


async def _main(given: argparse.Namespace) -> None:
    limits = Limits(given.concurrency)
    async with calling(given.url, Path(given.ledger), limits=limits, policy=Policy()) as (
        calls,
        client,
        _,
    ):
        prompts = (f"prompt {number}" for number in range(given.count))
        replies = await complete_all(calls, client, prompts, given.concurrency)
    print(f"done {len(replies)} received {calls.tally.received}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("ledger")
    parser.add_argument("count", type=int)
    parser.add_argument("concurrency", type=int)
    asyncio.run(_main(parser.parse_args()))
