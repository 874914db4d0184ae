"""Checks of short programs a second, against the limit of 100 on two cores, and against a fresh
interpreter for each check (which isolates nothing).

    python tests/bench/sandbox.py

Exit code 1 below the limit. Not covered: long tests, whose own time counts.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from errata_code.sandbox.pool import Check, Sandbox

LIMIT = 100  # checks a second
CHECKS, FRESH = 1000, 60
PROGRAM = "def f(x):\n    return x * x\n"
TESTS = "assert f(2) == 4\nassert f(3) == 9\nassert f(-4) == 16\n"


def rate(sandbox: Sandbox) -> float:
    """Checks a second, all right."""
    begun = time.perf_counter()
    found = sandbox.check_all([Check(PROGRAM, TESTS, "f")] * CHECKS)
    seconds = time.perf_counter() - begun
    assert {ran.outcome for ran in found} == {"right"}
    return CHECKS / seconds


def fresh_rate() -> float:
    """The same tests, each in a new interpreter, two at once."""

    def once(_: int) -> int:
        return subprocess.run([sys.executable, "-c", PROGRAM + TESTS], check=True).returncode

    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        assert set(threads.map(once, range(FRESH))) == {0}
    return FRESH / (time.perf_counter() - begun)


def main() -> int:
    """Print rates and ratios."""
    sandbox = Sandbox()
    level = sandbox.level
    rate(sandbox)  # both servers started
    found, fresh = rate(sandbox), fresh_rate()
    print(
        f"sandbox ({level}): {found:.0f} checks/s; limit {LIMIT}; ratio {found / LIMIT:.2f};"
        f" a fresh interpreter each: {fresh:.0f} checks/s, ratio {found / fresh:.1f}"
    )
    sandbox.close()
    return int(found < LIMIT)


if __name__ == "__main__":
    sys.exit(main())
