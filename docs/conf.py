"""The site: ``make site`` builds it with Sphinx from the pages as they are, a warning being an error.

The contents come from the lists on the first page, so that a page which nothing there leads to is a
warning. Links to files outside of this folder (code, tests) have no page here and become plain names.
"""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from typing import Any

project = "errata"
author = "the errata authors"
copyright = "the errata authors, Apache-2.0"  # noqa: A001 Sphinx's name
release = version = version_of("errata")
extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
html_theme = "furo"
html_title = "errata"
html_show_sourcelink = False
exclude_patterns = ["blocks/**"]
nitpicky = True
# Of the fences: recipes with templates in them, and console sessions, are shown as they are.
highlight_language = "text"

_SECTION = re.compile(r"^([A-Z][^\n]*):\n\n((?:- .*\n)+)", re.MULTILINE)
_PAGE = re.compile(r"\]\(([\w./-]+)\.md\)")


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("source-read", _read)


def _read(_app: Any, page: str, source: list[str]) -> None:
    if page == "index":
        source[0] += "".join(_contents(source[0]))
    depth = page.count("/") + 1  # this many steps up lead out of the folder
    outside = re.compile(rf"\[([^\]]+)\]\((?:\.\./){{{depth},}}[^)]*\)")
    source[0] = outside.sub(r"\1", source[0])


def _contents(index: str) -> list[str]:
    """A table of contents for each list of the first page, each page once."""
    seen: dict[str, None] = {}
    found = []
    for title, items in _SECTION.findall(index):
        pages = [page for page in _PAGE.findall(items) if page not in seen]
        seen |= dict.fromkeys(pages)
        found.append(
            f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(pages) + "\n```\n"
        )
    return found
