"""Calls against the fault server, as the tests and the benchmarks make them.

As a program it asks ``count`` prompts through the call layer and prints one line at the end; it is
what the crash tests kill.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import BaseModel

from errata.calls.asking import Asking
from errata.calls.budget import RUN, Budget, Caps
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.sending import Calls, Policy
from errata.calls.wire import Reply, Request
from errata.errors import BudgetSpent
from errata.records import Message
from errata.seeds import stream
from errata_openai.client import OpenAIClient
from errata_openai.settings import OpenAISettings

# Dollars per million tokens: a reply of the fault server costs 10 × $1 + 5 × $2 per thousand.
PRICES = {"usd_per_million_prompt_tokens": 1e3, "usd_per_million_reply_tokens": 2e3}
FAULTS = ("500", "cut", "429-after", "malformed", "cut-midway", "no-usage", "503", "truncated")
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


def client_for(url: str, **changes: object) -> OpenAIClient:
    """The client, without a call layer."""
    return OpenAIClient(settings(url, **changes))


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


def states(path: Path) -> Counter[str]:
    """How the requests in a ledger ended."""
    with sqlite3.connect(path) as db:
        return Counter(state for (state,) in db.execute("SELECT state FROM sent"))


def prompts(count: int, *, faulty: bool) -> Iterator[str]:
    """Distinct prompts; every other ``faulty`` one meets a fault at its first arrival."""
    for number in range(count):
        fault = f" fault={FAULTS[number % len(FAULTS)]}*1" if faulty and number % 2 else ""
        yield f"prompt {number}{fault}"


async def _main(given: argparse.Namespace) -> str:
    policy = Policy(timeout=given.timeout, first_wait=0.05, slowest=0.2)
    async with calling(
        given.url,
        Path(given.ledger),
        limits=Limits(given.concurrency),
        caps=Caps(max_usd=given.max_usd),
        policy=policy,
        shared=given.shared,
        **PRICES if given.max_usd is not None else {},
    ) as (calls, client, _):
        asked = prompts(given.count, faulty=given.faulty)
        replies = await complete_all(calls, client, asked, given.concurrency)
    return f"done {len(replies)} received {calls.tally.received}"


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("ledger")
    parser.add_argument("count", type=int)
    parser.add_argument("concurrency", type=int)
    parser.add_argument("--timeout", type=float, default=60.0)
    parser.add_argument("--max-usd", type=float)
    parser.add_argument("--faulty", action="store_true")
    parser.add_argument("--shared", type=Path)
    # a shell that runs this in the background may have told it to ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        print(asyncio.run(_main(parser.parse_args())), flush=True)
    except KeyboardInterrupt:
        return 130
    except BudgetSpent as spent:
        print(f"spent: {spent}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
