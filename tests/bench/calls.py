"""Benchmarks of the call layer: the whole table of figures and limits in one run.

``python tests/bench/calls.py [ROW …] [--peer NAME=PYTHON …]``; rows are cpu, wall, cached, added,
changed, parsing, bucket, kill, cap, memory (``memory=1000000`` is the whole, a quarter of an hour). A
peer is aiohttp, litellm, curator or data-designer with the Python of an environment that has it.

Everything runs against the fault server in a process of its own on loopback. CPU per request bears a
busy machine, wall times do not: compare within one run, and repeat.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import calls_crashes
import calls_memory
import calls_ours
import calls_peers
from calls_serving import show

OURS: dict[str, Callable[[Path], None]] = {
    "cpu": calls_ours.cpu_per_request,
    "wall": calls_ours.wall_time,
    "cached": calls_ours.cached,
    "added": calls_ours.added_rows,
    "changed": calls_ours.changed_content,
    "parsing": calls_ours.changed_parsing,
    "bucket": calls_ours.token_bucket,
    "kill": calls_crashes.killed,
    "cap": calls_crashes.capped,
    "memory": calls_memory.memory,
}


def of_a_peer(row: str, peer: calls_peers.Peer, folder: Path) -> None:
    """One row for one peer, or why there is none."""
    measure = calls_peers.ROWS.get(row)
    if measure is None:
        return
    try:
        measure(peer, folder)
    except (OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
        show(row, peer.name, f"not measured: {str(error)[:100]}")


def main() -> None:
    """The rows that are named, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", default=list(OURS))
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    given = parser.parse_args()
    peers = [calls_peers.Peer(*peer.split("=", 1)) for peer in given.peer]
    for asked in given.rows:
        row, _, count = asked.partition("=")
        if row not in OURS:
            sys.exit(f"no row {row!r}; rows: {', '.join(OURS)}")
        with tempfile.TemporaryDirectory() as folder:
            if row == "memory" and count:
                calls_memory.memory(Path(folder), int(count))
            else:
                OURS[row](Path(folder))
        for peer in peers:
            with tempfile.TemporaryDirectory() as folder:
                of_a_peer(row, peer, Path(folder) / peer.name)


if __name__ == "__main__":
    main()
