"""Freed memory goes back to the system between stages.

Native libraries free what a stage used, but the C allocator keeps it, in pieces, for the process; a
run of many stages would then hold the sum of their peaks. Not covered: memory of a GPU.
"""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back() -> None:
    """Collect garbage, and trim the C heap where the C library can (glibc)."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
