"""``new-domain``."""

from __future__ import annotations

from pathlib import Path

from errata.plugins import discover
from errata.scaffold import new_domain


def make_domain(name: str, into: Path) -> None:
    """Make the package and say how to go on."""
    folder = new_domain(name, into, (plugin.name for plugin in discover()))
    print(f"made {folder}; go on with:")
    print(f"  pip install -e '{folder}[dev]'")
    print(f"  pytest {folder}")
    print(f"  errata run {name}/quickstart --into runs/{name}")
