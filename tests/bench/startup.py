"""How long ``errata --help`` takes: the median of nine runs against the limit of 0.3 s, as a ratio.

    python tests/bench/startup.py

Exit code 1 above the limit. Not covered: the first start after installation, which compiles bytecode.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 0.3  # seconds
RUNS = 9


def seconds() -> float:
    """The wall time of one ``errata --help``."""
    program = Path(sys.executable).with_name("errata")
    begun = time.perf_counter()
    subprocess.run([program, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> int:
    """Print median, spread and ratio."""
    seconds()  # bytecode and disk cache
    times = sorted(seconds() for _ in range(RUNS))
    median = statistics.median(times)
    print(
        f"errata --help: median {median:.3f} s of {RUNS} runs ({times[0]:.3f} to {times[-1]:.3f});"
        f" limit {LIMIT} s; ratio {median / LIMIT:.2f}"
    )
    return int(median > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
