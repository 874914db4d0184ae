"""The client in a process of its own, to be killed or interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def client_of(
    url: str, ledger: Path, count: int, concurrency: int, *options: str
) -> subprocess.Popen[str]:
    """A client that asks ``count`` prompts (see ``faults.client``)."""
    command = [sys.executable, "-m", "faults.client", url, str(ledger), str(count)]
    return subprocess.Popen(
        [*command, str(concurrency), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in [str(TESTS), *sys.path] if p)},
    )
