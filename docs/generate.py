"""Writes the generated blocks of the pages: ``python docs/generate.py`` (``make docs``).

With ``--check`` nothing is written; what differs is shown, and the exit code is 1. A block stands
between ``<!-- generated: KIND ARGUMENTS -->`` and ``<!-- end generated -->``; everything outside of
blocks is written by hand. Code on the pages is formatted as ruff has it. Not covered:
turning the pages into a site.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from blocks import commands, errors, hooks, logic, parts, prompts, records, settings, source, table

DOCS = Path(__file__).parent
KINDS: dict[str, Callable[[Sequence[str]], str]] = {
    "commands": commands.render,
    "error": errors.render,
    "hook": hooks.render,
    "left_out": logic.render,
    "options": settings.options,
    "parts": parts.render,
    "prompts": prompts.render,
    "recipe": settings.recipe,
    "record": records.render,
    "settings": settings.render,
    "source": source.render,
    "table": table.render,
    "tree": errors.tree,
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


def formatted(page: str, path: Path) -> str:
    """``page`` with its code blocks formatted as ``ruff format`` will ask for."""
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(  # noqa: S603 a program of this environment, no user's words
        [ruff, "format", "--stdin-filename", path, "-"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Write or check every page; the exit code."""
    stale = False
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        wanted = formatted(fill(page), path)
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
        print("generated blocks are out of date: run `make docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
