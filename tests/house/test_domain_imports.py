"""Domains import what docs/writing-a-domain.md calls public, and the page knows their size."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from house.checkout import ROOT, named, page, python_files, rows, sections, tree

PUBLIC = rows(sections(page("writing-a-domain.md"))["What a domain imports"])
DOMAINS = [
    *python_files("domains"),
    *sorted((ROOT / "tests/example_plugin/errata_roman").glob("*.py")),
    ROOT / "core/errata/scaffold/package/__init__.py.txt",
]


def _imported(path: Path) -> set[tuple[str, str]]:
    """(module of the engine, name) of every import from it."""
    text = path.read_text(encoding="utf-8").replace("@class@", "Made").replace("@name@", "made")
    parsed = ast.parse(text) if path.suffix == ".txt" else tree(path)
    found = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.partition(".")[0] == "errata"]
            found |= {(name, "") for name in names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "errata":
            found |= {(node.module or "", alias.name) for alias in node.names}
    return found


@pytest.mark.parametrize("path", DOMAINS, ids=named)
def test_domains_import_public_names_only(path: Path) -> None:
    for module, name in _imported(path):
        if module == "errata":  # a module as a whole, or the package for its place
            assert not name or f"errata.{name}" in PUBLIC
        else:
            assert module in PUBLIC, f"{module} is not on the page"
            assert f"`{name}`" in PUBLIC[module][0] or PUBLIC[module][0].startswith("all ")
            assert not name.startswith("_")


def test_public_names_exist() -> None:
    for module, (names, _) in PUBLIC.items():
        found = import_module(module)
        listed = re.findall(r"`(\w+)`", names)
        assert [name for name in listed if not hasattr(found, name)] == []
        assert listed or names.startswith("all without") or found.__all__


@pytest.mark.parametrize(
    "folder",
    ["domains/errata_code", "domains/errata_logic", "tests/example_plugin/errata_roman"],
)
def test_the_page_knows_the_size_of_the_domains(folder: str) -> None:
    """In lines of Python, the sandbox apart; within a twentieth."""
    told = re.search(rf"`{Path(folder).name}` has about (\d+) lines", page("writing-a-domain.md"))
    assert told
    files = (ROOT / folder).glob("*.py")
    lines = sum(path.read_text(encoding="utf-8").count("\n") for path in files)
    assert abs(lines - int(told[1])) <= lines / 20
