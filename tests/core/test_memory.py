"""Freed memory goes back to the system; nothing is done where there is little to gain."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from errata import memory

# Blocks that only the C heap can hold, in a cycle that only the collector finds; a block at the end
# keeps the heap from shrinking by itself.
HOLDING = """
import gc
from errata.memory import _resident, give_back

class Held: pass

gc.disable()
give_back()
before, held = _resident(), Held()
held.itself, held.blocks = held, [bytes(2000) for _ in range(100_000)]
last = bytes(2000)
full = _resident()
del held
give_back()
print((full - before) >> 20, (_resident() - before) >> 20)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="reads /proc and trims glibc's heap: Linux only"
)
def test_what_a_stage_used_is_given_back():
    found = subprocess.run(
        [sys.executable, "-c", HOLDING], capture_output=True, text=True, check=True
    )
    grown, left = map(int, found.stdout.split())
    assert grown > 150
    assert left < 30


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc: Linux only")
def test_nothing_is_collected_where_nothing_grew():
    memory.give_back()
    times: list[int] = []
    gc.callbacks.append(lambda phase, info: times.append(info["generation"]))
    try:
        memory.give_back()
    finally:
        gc.callbacks.pop()
    assert 2 not in times
