"""The third-party domain of ``tests/example_plugin``, taken from its file whether installed or not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from blocks.catalogue import catalogue
from errata.plugins import Catalogue, Installed

PACKAGE = Path(__file__).parents[2] / "tests/example_plugin/errata_roman"
RECIPE = (PACKAGE / "recipes/small.yaml").read_text(encoding="utf-8")


def _domain() -> Any:
    spec = importlib.util.spec_from_file_location("errata_roman", PACKAGE / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Roman


DOMAIN = _domain()


def roman_catalogue(domain: Any = DOMAIN) -> Catalogue:
    """The plugins of this distribution, and ``domain`` as ``roman``."""
    roman = Installed("roman", "errata_roman:Roman", "errata-roman", domain)
    return Catalogue([*catalogue().installed, roman])
