"""What the pages know of plugins: those of this distribution, whatever else is installed."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from errata.plugins import Catalogue, Installed, Offer, discover

ROOT = Path(__file__).parents[2]


@cache
def catalogue() -> Catalogue:
    """The plugins that pyproject.toml announces."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    own = project["project"]["entry-points"]["errata"]
    return Catalogue([plugin for plugin in discover() if plugin.name in own])


def offers() -> list[Offer]:
    """Their parts by kind, name and plugin. Raises ImportError when a plugin does not load."""
    found = sorted(catalogue().offers, key=lambda o: (o.part.kind, o.part.name, o.plugin))
    for plugin in catalogue().installed:
        if plugin.factory is None:
            raise ImportError(f"plugin {plugin.name} does not load: {plugin.problem}")
    return found


def domain(name: str) -> Installed:
    """One plugin by name."""
    return catalogue().plugin(name, "docs")
