"""Benchmarks of the call layer: ``python tests/bench/calls.py [ROW …]`` prints figures and limits.

Everything runs against the fault server in a process of its own on loopback. Not covered: peers, which
need environments of their own.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp  # noqa: TID253 the raw client is what is measured against

sys.path.insert(0, str(Path(__file__).parents[1]))

from errata.calls.pacing import Limits
from errata.calls.sending import Policy
from faults.client import ask_for, calling, complete_all

PROBLEM = "A farmer has 12 sheep and buys 5 more. " * 12  # as long as a short prompt


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """The URL of a fault server in a process of its own."""
    command = [sys.executable, "-m", "faults.server", *options]
    folder = Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def prompts(count: int) -> Iterator[str]:
    """Distinct prompts of realistic length."""
    return (f"{PROBLEM}{number}" for number in range(count))


async def seen(url: str) -> dict[str, int]:
    """How many requests the server answered, and refused."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(url.removesuffix("/v1") + "/seen") as response,
    ):
        found = await response.json()
    return {"arrived": sum(found["arrived"].values()), "refused": int(found["refused"])}


async def raw(url: str, count: int, at_once: int) -> None:
    """The same requests through aiohttp alone."""
    todo = prompts(count)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for prompt in todo:
                body = {"model": "scripted", "messages": [{"role": "user", "content": prompt}]}
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    await response.json()

        await asyncio.gather(*(work() for _ in range(at_once)))


async def ours(url: str, path: Path, count: int, at_once: int) -> dict[str, float]:
    """The same requests through the call layer."""
    begun, cpu = time.perf_counter(), time.process_time()
    async with calling(url, path, limits=Limits(at_once), policy=Policy()) as (calls, client, _):
        await complete_all(calls, client, prompts(count), at_once)
        refused = calls.tally.refused
    return {
        "wall": time.perf_counter() - begun,
        "cpu": time.process_time() - cpu,
        "refused": refused,
        "commits": calls.ledger.commits,
    }


def show(what: str, figure: str, limit: str) -> None:
    """One row."""
    print(f"{what:<58} {figure:>28}   {limit}", flush=True)


def cpu_per_request(folder: Path) -> None:
    """Slope of client CPU between 200 and 1,200 requests, at concurrency 64 and 20 ms latency."""
    with serving("--latency", "0.02") as url:
        asyncio.run(ours(url, folder / "warm", 100, 64))
        small = asyncio.run(ours(url, folder / "small", 200, 64))
        large = asyncio.run(ours(url, folder / "large", 1200, 64))
        begun = time.process_time()
        asyncio.run(raw(url, 200, 64))
        middle = time.process_time()
        asyncio.run(raw(url, 1200, 64))
        slope = (time.process_time() - middle - (middle - begun)) / 1000
    show("client CPU per request, raw aiohttp", f"{slope * 1e3:.3f} ms", "")
    figure = f"{large['cpu'] - small['cpu']:.3f} ms ({large['commits']:.0f} commits)"
    show("client CPU per request, ledger and look-up included", figure, "<= 0.6 ms")


def wall_time(folder: Path, count: int = 5000) -> None:
    """Wall time at concurrency 512 and 500 ms latency, against raw aiohttp."""
    with serving("--latency", "0.5") as url:
        begun = time.perf_counter()
        asyncio.run(raw(url, count, 512))
        alone = time.perf_counter() - begun
        found = asyncio.run(ours(url, folder / "wall", count, 512))
    ratio = found["wall"] / alone
    figure = f"{found['wall']:.2f} s / {alone:.2f} s = {ratio:.3f}"
    show(f"wall time of {count} requests at 512, 500 ms", figure, "<= 1.15")


def cached(folder: Path, count: int = 5000) -> None:
    """A fully cached re-run: rendered request in, stored reply out."""
    with serving() as url:
        asyncio.run(ours(url, folder / "cached", count, 64))
        before = asyncio.run(seen(url))["arrived"]
        again = asyncio.run(_again(url, folder / "cached", count))
        sent = asyncio.run(seen(url))["arrived"] - before
    show("fully cached re-run", f"{count / again:,.0f}/s, {sent} requests", ">= 25,000/s, 0")


async def _again(url: str, path: Path, count: int) -> float:
    async with calling(url, path) as (calls, client, _):
        requests = [ask_for(client, prompt) for prompt in prompts(count)]
        begun = time.perf_counter()
        for request in requests:
            await calls.complete(request)
        return time.perf_counter() - begun


def added_rows(folder: Path) -> None:
    """Ten rows added to 500."""
    with serving() as url:
        asyncio.run(ours(url, folder / "added", 500, 64))
        before = asyncio.run(seen(url))["arrived"]
        asyncio.run(ours(url, folder / "added", 510, 64))
        sent = asyncio.run(seen(url))["arrived"] - before
    show("10 rows added to 500", f"{sent} requests", "10")


def token_bucket(folder: Path) -> None:
    """A server that allows 50 a second, burst 50, Retry-After 1; 600 requests at 200 at once."""
    options = ["--latency", "0.02", "--rate", "50", "--burst", "50", "--retry-after", "1"]
    with serving(*options) as url:
        found = asyncio.run(ours(url, folder / "bucket", 600, 200))
        at_server = asyncio.run(seen(url))
    lost = 600 - at_server["arrived"]
    figure = f"{found['wall']:.2f} s, {at_server['refused']} refused, {lost} lost"
    show("token bucket 50/s, 600 requests (ideal 11 s)", figure, "<= 12.5 s, < 60, 0")


def memory(folder: Path, counts: tuple[int, ...] = (2000, 8000)) -> None:
    """Highest resident memory after so many requests in one process."""
    with serving() as url:
        for count in counts:
            asyncio.run(ours(url, folder / f"memory{count}", count, 64))
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            show(f"highest memory after {count} requests more", f"{used:.0f} MB", "< 500 MB, flat")


ROWS: dict[str, Callable[[Path], None]] = {
    "cpu": cpu_per_request,
    "wall": wall_time,
    "cached": cached,
    "added": added_rows,
    "bucket": token_bucket,
    "memory": memory,
}


def main() -> None:
    """The rows that are named, all of them by default."""
    for name in sys.argv[1:] or ROWS:
        with tempfile.TemporaryDirectory() as folder:
            ROWS[name](Path(folder))


if __name__ == "__main__":
    main()
