"""The example plugin from its folder, whether or not it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

EXAMPLE = Path(__file__).parents[1] / "example_plugin" / "errata_roman"


def example_module(name: str = "roman_example") -> ModuleType:
    """Its module under a name of the caller's; not left among the imported ones, since other tests
    import it from elsewhere."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLE / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
