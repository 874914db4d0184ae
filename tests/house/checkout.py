"""The checkout as the house tests see it: its files, its packages, the pages of its documentation."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE_ROOTS = ("core", "plugins", "domains")
PYTHON_ROOTS = (*SOURCE_ROOTS, "tests", "docs")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def _ignored() -> frozenset[str]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().rstrip("/") for line in lines) | {".git"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the checkout that is not ignored, sorted."""

    def walk(folder: Path) -> list[Path]:
        found = []
        for path in sorted(folder.iterdir()):
            if path.name in _ignored() or path.suffix in (".egg-info", ".pyc"):
                continue
            found += walk(path) if path.is_dir() else [path]
        return found

    return tuple(walk(ROOT))


def python_files(*roots: str) -> list[Path]:
    """Python files under the given roots (all roots when none is given)."""
    wanted = roots or PYTHON_ROOTS
    return [p for p in files() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in wanted]


def named(path: Path) -> str:
    """A path as messages show it."""
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    """The import name of a file under a source root."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts[1:])
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def page(name: str) -> str:
    """The text of a page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """Heading (of any level, without its marks) → text up to the next heading of any level.

    Lines inside fences are never headings.
    """
    found: dict[str, list[str]] = {}
    current, fenced = found.setdefault("", []), False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        heading = None if fenced else re.match(r"#+ (.+)", line)
        if heading:
            current = found.setdefault(heading[1], [])
        else:
            current.append(line)
    return {heading: "\n".join(lines) for heading, lines in found.items()}


def rows(text: str) -> dict[str, list[str]]:
    """First cell of every table row (without backticks) → the other cells."""
    found = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            first, *rest = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
            found[first.strip("` ")] = [cell.strip() for cell in rest]
    return found
