"""The pages: generated blocks are current, links lead somewhere; for code see ``test_blocks``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from house.checkout import DOCS, ROOT, named, page

PAGES = sorted(DOCS.rglob("*.md"))
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
WANTED = {
    "index",
    "tutorial",
    "recipes",
    "commands",
    "hooks",
    "writing-a-domain",
    "writing-a-plugin",
}
WANTED |= {"run-directory", "errors", "glossary", "architecture"}


def test_the_pages_are_there() -> None:
    assert {path.stem for path in PAGES} >= WANTED


def test_generated_blocks_are_current() -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*PAGES, ROOT / "README.md"], ids=named)
def test_links_lead_to_files(path: Path) -> None:
    links = _LINK.findall(path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_architecture_names_every_module_of_the_engine() -> None:
    engine = ROOT / "core/errata"
    modules = [p.name for p in engine.glob("*.py") if p.name != "__init__.py"]
    modules += [f"{p.parent.name}/" for p in engine.glob("*/__init__.py")]
    assert [name for name in modules if f"`{name}`" not in page("architecture.md")] == []


def _led_to(name: str) -> set[str]:
    """Pages that a page links to; a link to a folder leads to every page in it."""
    targets = [((DOCS / name).parent / link).resolve() for link in _LINK.findall(page(name))]
    found = [
        p for target in targets for p in (target.glob("*.md") if target.is_dir() else [target])
    ]
    return {str(p.relative_to(DOCS)) for p in found if p in PAGES}


def test_every_page_is_reachable_from_the_index() -> None:
    reached, waiting = {"index.md"}, ["index.md"]
    while waiting:
        new = _led_to(waiting.pop()) - reached
        reached |= new
        waiting += new
    assert {str(path.relative_to(DOCS)) for path in PAGES} == reached


def test_the_glossary_explains_the_words_it_uses() -> None:
    entries = [line for line in page("glossary.md").splitlines() if line.startswith("- **")]
    heads = [re.findall(r"\*\*(.+?)\*\*", line.partition(":")[0]) for line in entries]
    known = {word for head in heads for word in head}
    used = {w.lower() for w in re.findall(r"(?<!\*)\*(\w[^*]*)\*(?!\*)", "\n".join(entries))}
    assert len(used) > 20
    assert sorted(w for w in used if not {w, w.removesuffix("s")} & known) == []
    assert [head[0].lower() for head in heads] == sorted(head[0].lower() for head in heads)
