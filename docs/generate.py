"""Writes the generated blocks of the pages: ``python -m docs.generate``, from the repository's root.

With ``--check`` nothing is written; what differs is shown, and the exit code is 1. A block stands
between ``<!-- generated: KIND ARGUMENTS -->`` and ``<!-- end generated -->``; everything outside of
blocks is written by hand. Not covered: turning the pages into a site.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from docs.blocks import commands, errors, hooks, parts, records, settings, source

DOCS = Path(__file__).parent
KINDS: dict[str, Callable[[Sequence[str]], str]] = {
    "commands": commands.render,
    "error": errors.render,
    "hook": hooks.render,
    "options": settings.options,
    "parts": parts.render,
    "recipe": settings.recipe,
    "record": records.render,
    "settings": settings.render,
    "source": source.render,
}
_BLOCK = re.compile(
    r"^<!-- generated: (?P<what>[^\n]*?) -->\n.*?^<!-- end generated -->$", re.DOTALL | re.MULTILINE
)


def fill(page: str) -> str:
    """``page`` with every block written anew. Raises LookupError for an unknown kind of block."""
    return _BLOCK.sub(_written, page)


def _written(block: re.Match[str]) -> str:
    kind, *arguments = block["what"].split()
    if kind not in KINDS:
        raise LookupError(f"no kind of block {kind!r}; available: {', '.join(KINDS)}")
    text = KINDS[kind](arguments).strip("\n")
    return f"<!-- generated: {block['what']} -->\n{text}\n<!-- end generated -->"


def main(arguments: Sequence[str]) -> int:
    """Write or check every page; the exit code."""
    stale = False
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        wanted = fill(page)
        if page == wanted:
            continue
        stale = True
        name = str(path.relative_to(DOCS.parent))
        if "--check" in arguments:
            lines = difflib.unified_diff(
                page.splitlines(), wanted.splitlines(), name, f"{name} as generated", lineterm=""
            )
            print("\n".join(lines))
        else:
            path.write_text(wanted, encoding="utf-8")
            print(f"wrote {name}")
    if stale and "--check" in arguments:
        print("generated blocks are out of date: run `python -m docs.generate`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
