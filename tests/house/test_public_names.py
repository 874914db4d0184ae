"""``__all__``, and docstrings of modules."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from house.checkout import SOURCE_ROOTS, module_name, named, python_files, tree

MODULES = python_files(*SOURCE_ROOTS)


def _exported(path: Path) -> list[str] | None:
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
        ):
            return list(ast.literal_eval(node.value))
    return None


def _defined(path: Path) -> set[str]:
    """Public names that a module defines at its top."""
    found: set[str] = set()
    for node in tree(path).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Assign():
                found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return {name for name in found if not name.startswith("_")}


def _passed_on(path: Path) -> set[str]:
    """Public names that a module imports from its own package."""
    package = module_name(path).partition(".")[0]
    return {
        alias.asname or alias.name
        for node in tree(path).body
        if isinstance(node, ast.ImportFrom)
        and (node.level or (node.module or "").partition(".")[0] == package)
        for alias in node.names
        if not (alias.asname or alias.name).startswith("_")
    }


WITH_ALL = [path for path in MODULES if _exported(path) is not None]


def test_some_modules_have_all() -> None:
    assert "core/errata/testing/__init__.py" in [named(path) for path in WITH_ALL]


@pytest.mark.parametrize("path", WITH_ALL, ids=named)
def test_all_is_what_can_be_imported(path: Path) -> None:
    exported = _exported(path) or []
    module = import_module(module_name(path))
    assert len(exported) == len(set(exported))
    assert [name for name in exported if not hasattr(module, name)] == []
    importable = _defined(path) | _passed_on(path)
    assert set(exported) <= importable
    # a package shows all that it gathers; a module shows all that it defines
    shown = importable if path.name == "__init__.py" else _defined(path)
    assert shown <= set(exported)


def test_every_module_has_a_docstring() -> None:
    silent = [
        named(p)
        for p in python_files("core", "plugins", "domains", "docs")
        if not ast.get_docstring(tree(p))
    ]
    assert not silent


def test_every_module_can_be_imported() -> None:
    """Also those that no test imports: a module at the top of which something heavy or misspelt
    stands would fail here."""
    for path in MODULES:
        if path.name != "__main__.py":
            import_module(module_name(path))
