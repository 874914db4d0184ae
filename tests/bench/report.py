"""The report of a 100,000-record run: how big, and how long a browser takes to open it.

    python tests/bench/report.py [--runs N]

Writes a run of more than 100,000 records in a temporary folder, makes its page, and opens it in
headless Chromium N times, each in a new tab; prints the figures beside their limits (2 MB, 2 s) and
exits with 1 where one is missed. The time is from the start of navigation to the end of the load event
and of the frame after it, with our script run. Needs Chromium.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser.driver import MISSING, browser, chromium  # noqa: E402 the path comes first
from errata.report.page import write_page  # noqa: E402 the path comes first

SIZE_LIMIT, TIME_LIMIT = 2_000_000, 2.0  # bytes, seconds
RECORDS, SCALE = 100_000, 35
_PAINTED = """
new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now() / 1000))))
"""


def writer() -> ModuleType:
    """The run writer of the report's tests."""
    path = ROOT / "tests" / "core" / "report" / "conftest.py"
    spec = importlib.util.spec_from_file_location("report_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Print the table; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="how often the page is opened")
    runs = parser.parse_args().runs
    if chromium() is None:
        print(MISSING, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        store = writer().RunWriter(Path(folder) / "big", SCALE, None).run()
        records = sum(path.read_bytes().count(b"\n") for path in store.path.rglob("*.jsonl"))
        assert records > RECORDS, records
        began = time.perf_counter()
        page = write_page(store)
        made = time.perf_counter() - began
        seconds = []
        with browser() as new_tab:
            for _ in range(runs):
                tab = new_tab()
                tab.look()
                tab.open(page.as_uri())
                seconds.append(float(tab.run(_PAINTED)))
        size, middle = page.stat().st_size, statistics.median(seconds)
    print(f"{records:,} records, page made in {made:.1f} s")
    print(f"size  {size:>12,} bytes  limit {SIZE_LIMIT:,}  ratio {size / SIZE_LIMIT:.2f}")
    print("open " + ", ".join(f"{s:.2f}" for s in seconds) + " s")
    ratio = middle / TIME_LIMIT
    print(f"open  {middle:>10.2f} s      limit {TIME_LIMIT:.0f} s  ratio {ratio:.2f}  (the median)")
    return int(size >= SIZE_LIMIT or middle >= TIME_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
