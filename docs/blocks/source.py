"""Block ``source FILE [NAME…]``: a file of the repository, or some of its definitions, as they are."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LANGUAGES = {".py": "python", ".toml": "toml", ".yaml": "yaml"}


def render(arguments: Sequence[str]) -> str:
    """A fenced block. Raises LookupError when the file has no definition of that name."""
    file, *names = arguments
    text = (ROOT / file).read_text(encoding="utf-8")
    shown = "\n\n".join(_definition(text, name, file) for name in names) if names else text
    return f"```{_LANGUAGES[Path(file).suffix]}\n{shown.strip()}\n```"


def _definition(text: str, name: str, file: str) -> str:
    """The source of ``name``; of a name that is assigned twice, both."""
    body: list[ast.stmt] = ast.parse(text).body
    found: list[ast.stmt] = []
    for part in name.split("."):
        found = [node for node in body if _defines(node, part)]
        if not found:
            raise LookupError(f"{file} defines no {name}")
        body = getattr(found[0], "body", [])
    lines = text.splitlines()
    return "\n".join(
        textwrap.dedent("\n".join(lines[_first_line(node) - 1 : node.end_lineno])) for node in found
    )


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _defines(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    return getattr(node, "name", None) == name
