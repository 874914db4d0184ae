"""The README's pictures, from a real run: ``python docs/pictures.py DIR`` (``make pictures``).

Writes the page of the run anew and takes pictures of it in headless Chromium, in light and dark;
nothing is drawn by hand. Exit code 2 where there is no run or no Chromium, with what to do.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the driver that the tests of the page use

from browser.driver import Tab, browser, chromium  # noqa: E402 the path comes first

PICTURES = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1120, 1180


def main(arguments: list[str]) -> int:
    """Take the pictures; the exit code."""
    run = Path(arguments[0] if arguments else "runs/quickstart")
    if not (run / "run.json").exists():
        print(
            f"pictures: {run} holds no run; `make demo` makes runs/quickstart, or name another:"
            " make pictures RUN=runs/mine",
            file=sys.stderr,
        )
        return 2
    if chromium() is None:
        print(
            "pictures: Chromium is not installed; on Debian: apt-get install chromium",
            file=sys.stderr,
        )
        return 2
    from errata.report.page import write_page
    from errata.store import Store

    page = write_page(Store(run)).resolve()
    with browser() as new_tab:
        tab = new_tab()
        for scheme in ("light", "dark"):
            for path in take(tab, page.as_uri(), scheme):
                print(path)
    return 0


def take(tab: Tab, url: str, scheme: str) -> list[Path]:
    """The top of the page, and a type opened at one of its cases."""
    top = PICTURES / f"report-{scheme}.png"
    tab.look(WIDTH, HEIGHT, scheme)
    tab.open(url)
    tab.picture(top)
    opened = PICTURES / f"report-types-{scheme}.png"
    tab.run(
        "document.querySelector('details.thread').open = true;"
        "document.documentElement.style.scrollBehavior = 'auto';"
        "document.querySelector('#wrong h2').scrollIntoView()"
    )
    tab.picture(opened)
    return [top, opened]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
