"""Recipes that build on others: ``extends: math/sei``, or the path of a file beside this one.

What stands in the recipe goes over what the other one says, section by section. The keys of a section
are put over the other's keys, and what a key holds (a source, a list, caps of stages) is replaced
whole. A section that names its part (``use``, or a plain name) stands for itself: settings belong to a
part, so that nothing of the other's is kept. The result is a recipe like any other, and a run keeps
that alone.

Not covered: more than one base (the other recipe may extend a third).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from errata.errors import RecipeError, UserError
from errata.plugins import Installed, discover, recipe_files

__all__ = ["EXTENDS", "located", "over", "read_layers"]

EXTENDS = "extends"


def located(name: str, installed: Iterable[Installed] | None = None, folder: Path = Path()) -> Path:
    """The file of a recipe given by path (from ``folder``) or shipped name. Raises UserError."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return folder / path.expanduser()
    shipped = recipe_files(discover() if installed is None else installed)
    if name not in shipped:
        raise UserError(
            f"recipe {name!r}: neither a YAML file nor a shipped recipe;"
            f" shipped: {', '.join(shipped) or 'none'}"
        )
    return shipped[name]


def read_layers(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The recipes that the one in ``path`` is made of, the lowest first, each with the name by which
    it is extended. Raises UserError for what cannot be read, RecipeError for what is no mapping."""
    layers: list[tuple[str, dict[str, Any]]] = []
    name, seen = str(path), [path.resolve()]
    while True:
        raw = _read(path)
        base = raw.pop(EXTENDS, None)
        layers.insert(0, (name, raw))
        if base is None:
            return layers
        if not isinstance(base, str):
            wanted = (
                f"{EXTENDS}: the name of a recipe or the path of one was wanted, found {base!r}"
            )
            raise RecipeError(str(path), [wanted])
        try:
            path, name = located(base, folder=path.parent), base
        except UserError as error:
            raise RecipeError(str(path), [f"{EXTENDS}: {error}"]) from error
        if not path.exists():
            raise RecipeError(str(seen[-1]), [f"{EXTENDS}: {base}: no such file ({path})"])
        if path.resolve() in seen:
            round_about = " → ".join(str(place) for place in [*seen, path.resolve()])
            raise RecipeError(
                str(seen[-1]), [f"{EXTENDS}: recipes extend each other: {round_about}"]
            )
        seen.append(path.resolve())


def over(base: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    """``layer`` put over ``base``."""
    return {**base, **{key: _section(base.get(key), value) for key, value in layer.items()}}


def _section(old: object, new: object) -> object:
    if not isinstance(new, dict) or "use" in new:
        return new
    if isinstance(old, str):
        old = {"use": old}
    return {**old, **new} if isinstance(old, dict) else new


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"recipe {path}: no such file; `errata recipes` lists those by name"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"recipe {path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise RecipeError(str(path), [f"not YAML: {' '.join(str(error).split())}"]) from error
    if not isinstance(raw, dict):
        raise RecipeError(str(path), [f"a mapping was wanted, found {type(raw).__name__}"])
    return raw
