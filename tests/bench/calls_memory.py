"""Memory of the call layer from a thousand to a million requests, in a process of its own.

As a program: ``calls_memory.py URL LEDGER COUNT`` asks and prints resident memory on the way. Memory is
what the kernel counts as resident at that moment; the ledger's size is that of its file and its log.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from calls_serving import prompts, serving, show, total

from errata.calls.pacing import Limits
from errata.calls.sending import Policy
from faults.client import ask_for, calling

AT_ONCE = 64


def resident() -> float:
    """Resident memory of this process, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def size(ledger: Path) -> float:
    """Megabytes on disk."""
    return sum(path.stat().st_size for path in ledger.parent.glob(f"{ledger.name}*")) / 1e6


async def ask(url: str, ledger: Path, count: int) -> None:
    """Ask ``count`` prompts and print memory at every power of ten."""
    done, marks = 0, {10**power for power in range(3, 10)}
    begun = time.monotonic()

    async def work(todo: Iterator[str]) -> None:
        nonlocal done
        for prompt in todo:
            await calls.complete(ask_for(client, prompt), label=prompt[-8:])
            done += 1
            if done in marks:
                seconds = time.monotonic() - begun
                print(
                    done, f"{resident():.0f}", f"{size(ledger):.0f}", f"{seconds:.0f}", flush=True
                )

    limits = Limits(AT_ONCE)
    async with calling(url, ledger, limits=limits, policy=Policy()) as (calls, client, _):
        todo = prompts(count)
        await asyncio.gather(*(work(todo) for _ in range(AT_ONCE)))


def memory(folder: Path, count: int = 20_000) -> None:
    """The row of the table; the whole takes a quarter of an hour and is asked for as memory=1000000."""
    most, ledger = 0.0, folder / "calls.sqlite"
    with serving("--totals") as url:
        command = [sys.executable, __file__, url, str(ledger), str(count)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                done, used, disk, seconds = line.split()
                most = max(most, float(used))
                figure = f"{used} MB resident, ledger {disk} MB, {seconds} s"
                show(f"memory at {int(done):,} requests", "errata", figure)
        sent = total(url)
    whole = count >= 10**6
    figure = f"{most:.0f} MB at most, {sent:,} sent"
    show(
        "memory at 1,000,000 requests",
        "errata",
        figure,
        "< 500 MB",
        met=most < 500 if whole else None,
    )


if __name__ == "__main__":
    asyncio.run(ask(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
