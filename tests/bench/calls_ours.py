"""The rows of the call layer itself, with raw aiohttp in this process where it is the yardstick."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path

import aiohttp  # noqa: TID253 the raw client is what is measured against

sys.path.insert(0, str(Path(__file__).parents[1]))

from calls_serving import log_of, prompts, serving, show, total

from errata.calls.pacing import Limits
from errata.calls.sending import Policy
from faults.client import ask_for, calling, complete_all

ERRATA, RAW = "errata", "raw aiohttp"


async def raw(url: str, count: int, at_once: int) -> None:
    """The prompts through aiohttp alone."""
    todo = prompts(count)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for prompt in todo:
                body = {"model": "scripted", "messages": [{"role": "user", "content": prompt}]}
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    await response.json()

        await asyncio.gather(*(work() for _ in range(at_once)))


async def ours(url: str, path: Path, count: int, at_once: int, start: int = 0) -> int:
    """The prompts through the call layer; how many replies there are."""
    async with calling(url, path, limits=Limits(at_once), policy=Policy()) as (calls, client, _):
        return len(await complete_all(calls, client, prompts(count, start), at_once))


def _cpu(url: str, count: int, path: Path | None) -> float:
    """CPU seconds of this process for so many requests, raw without a ``path``."""
    begun = time.process_time()
    asyncio.run(ours(url, path, count, 64) if path else raw(url, count, 64))
    return time.process_time() - begun


def cpu_per_request(folder: Path, repeats: int = 5) -> None:
    """Slope of client CPU between 200 and 1,200 requests, at concurrency 64 and 20 ms latency.

    Raw and ours in turn; the median of ``repeats``.
    """
    alone, with_ledger = [], []
    with serving("--latency", "0.02") as url:
        asyncio.run(ours(url, folder / "warm", 100, 64))
        for turn in range(repeats):
            small = _cpu(url, 200, None)
            alone.append(_cpu(url, 1200, None) - small)
            small = _cpu(url, 200, folder / f"small{turn}")
            with_ledger.append(_cpu(url, 1200, folder / f"large{turn}") - small)
    what = "client CPU per request (slope 200 → 1,200)"
    for who, found, limit in ((RAW, alone, ""), (ERRATA, with_ledger, "≤ 0.6 ms")):
        median = statistics.median(found)
        figure = f"{median:.3f} ms ({min(found):.3f} to {max(found):.3f})"
        show(what, who, figure, limit, met=median <= 0.6 if limit else None)


def wall_time(folder: Path, count: int = 5000, repeats: int = 3) -> None:
    """Wall time at concurrency 512 and 500 ms latency, against raw aiohttp, in turn."""
    ratios, figures = [], []
    with serving("--latency", "0.5") as url:
        for turn in range(repeats):
            begun = time.perf_counter()
            asyncio.run(raw(url, count, 512))
            middle = time.perf_counter()
            asyncio.run(ours(url, folder / f"wall{turn}", count, 512))
            end = time.perf_counter()
            ratios.append((end - middle) / (middle - begun))
            figures.append(f"{end - middle:.1f}/{middle - begun:.1f}")
    ratio = statistics.median(ratios)
    what = f"wall time, {count} requests at 512, 500 ms"
    figure = f"{ratio:.3f} times raw ({', '.join(figures)} s)"
    show(what, ERRATA, figure, "≤ 1.15 times", met=ratio <= 1.15)


def cached(folder: Path, count: int = 5000, repeats: int = 3) -> None:
    """A fully cached re-run: rendered request in, stored reply out; nothing is written."""
    with serving() as url:
        asyncio.run(ours(url, folder / "cached", count, 64))
        before = total(url)
        took = [asyncio.run(_again(url, folder / "cached", count)) for _ in range(repeats)]
        sent = total(url) - before
    wall, cpu = (count / statistics.median(seconds) for seconds in zip(*took, strict=True))
    figure = f"{wall:,.0f} rows/s ({cpu:,.0f} per CPU second), {sent} sent"
    show("fully cached re-run", ERRATA, figure, "≥ 25,000/s, 0", met=wall >= 25_000 and not sent)


async def _again(url: str, path: Path, count: int) -> tuple[float, float]:
    async with calling(url, path) as (calls, client, _):
        asked = [(ask_for(client, prompt), prompt) for prompt in prompts(count)]
        commits = calls.ledger.commits
        begun, cpu = time.perf_counter(), time.process_time()
        for request, label in asked:
            await calls.complete(request, label=label)
        seconds = time.perf_counter() - begun, time.process_time() - cpu
        assert calls.ledger.commits == commits, "a cached re-run wrote something"
        return seconds


def added_rows(folder: Path) -> None:
    """Ten rows added to 500."""
    with serving() as url:
        asyncio.run(ours(url, folder / "added", 500, 64))
        asyncio.run(ours(url, folder / "added", 510, 64))
        sent = total(url) - 500
    show("10 rows added to 500", ERRATA, f"{sent} requests", "10", met=sent == 10)


def changed_content(folder: Path) -> None:
    """The same number of rows, all with other content."""
    with serving() as url:
        asyncio.run(ours(url, folder / "changed", 500, 64))
        asyncio.run(ours(url, folder / "changed", 500, 64, start=1000))
        sent = total(url) - 500
    show("content changed at the same path", ERRATA, f"{sent} requests", "500", met=sent == 500)


def changed_parsing(folder: Path) -> None:
    """The same rows, read by other code: what reads a reply is in no key, so nothing is asked."""
    with serving() as url:
        asyncio.run(ours(url, folder / "parsed", 500, 64))
        asyncio.run(ours(url, folder / "parsed", 500, 64))
        sent = total(url) - 500
    show("only parsing code changed, 500 rows", ERRATA, f"{sent} requests", "0", met=sent == 0)


BUCKET = ["--latency", "0.02", "--rate", "50", "--burst", "50", "--retry-after", "1"]


def token_bucket(folder: Path, repeats: int = 3) -> None:
    """A server that allows 50 a second, burst 50, Retry-After 1; 600 requests at 200 at once."""
    for turn in range(repeats):
        with serving(*BUCKET) as url:
            begun = time.perf_counter()
            done = asyncio.run(ours(url, folder / f"bucket{turn}", 600, 200))
            seconds = time.perf_counter() - begun
            refused = sum(log_of(url)["refused"].values())
        figure = f"{seconds:.2f} s, {refused} refusals, {600 - done} lost"
        met = seconds <= 12.5 and refused < 60 and done == 600
        show("token bucket 50/s (ideal 11 s)", ERRATA, figure, "≤ 12.5 s, < 60, 0", met=met)
