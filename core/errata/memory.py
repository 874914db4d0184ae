"""Freed memory goes back to the system between stages.

Native libraries free what a stage used, but the C allocator keeps it, in pieces, for the process; a
run of many stages would then hold the sum of their peaks. Not covered: memory of a GPU.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")
# Collecting walks every object of every loaded library, some 0.1 s; not for less than this to gain.
_WORTH = 64 << 20
_least = [0]  # bytes in memory, at the least since the last time


def give_back() -> None:
    """Collect garbage, and trim the C heap where the C library can (glibc).

    Nothing happens where the process is known not to have grown by 64 MiB since the last time.
    """
    now = _resident()
    _least[0] = min(_least[0], now)
    if 0 < now < _least[0] + _WORTH:
        return
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
    _least[0] = _resident()


def _resident() -> int:
    """Bytes of this process that are in memory; 0 where the system does not say (it has no /proc)."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
