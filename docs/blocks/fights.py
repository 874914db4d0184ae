"""Plugins that do not get on, with each other or with the engine."""

from __future__ import annotations

from typing import Any

from blocks.roman import DOMAIN
from errata.alone import make_part
from errata.hooks import hookimpl
from errata.parts import Part, Settings
from errata.plugins import Active, Catalogue, Installed


class Misspelt:
    """A plugin with a method that is almost a hook."""

    @hookimpl
    def errata_chek(self, problems: object, responses: object) -> None:
        """Misspelt."""


class Old:
    """A plugin that asks a hook for more than it gives."""

    @hookimpl
    def errata_steps(self, problem: object, solution: str, language: str) -> None:
        """Of another version."""


class Heavy:
    """A plugin whose part needs a library."""

    @hookimpl
    def errata_parts(self) -> list[Part]:
        """One trainer."""
        return [
            Part(
                name="heavy",
                kind="trainer",
                settings=Settings,
                make=lambda _settings, _services: None,
                requires=("lead",),
                extra="train",
            )
        ]


def misspelt_hook() -> None:
    """A method that is almost a hook."""
    Active({"mine": Misspelt()})


def old_signature() -> None:
    """An argument that the hook does not give."""
    Active({"mine": Old()})


def two_answers() -> None:
    """Two plain implementations of one hook."""
    Active({"roman": DOMAIN(), "latin": DOMAIN()})


def two_packages() -> None:
    """Two packages that announce one name."""
    pair = [_installed("roman", package, DOMAIN) for package in ("errata-roman", "errata-latin")]
    Catalogue(pair).plugin("roman", "domain")


def two_parts() -> None:
    """Two plugins that offer one part."""
    pair = [_installed(name, f"errata-{name}", Heavy) for name in ("lead", "gold")]
    Catalogue(pair).find("trainer", "heavy", "train.use")


def broken_import() -> None:
    """A plugin whose module does not load."""
    problem = "ModuleNotFoundError: No module named 'abacus'"
    broken = Installed("roman", "errata_roman:Roman", "errata-roman", None, problem)
    Catalogue([broken]).plugin("roman", "domain")


def missing_extra() -> None:
    """A part whose library is not there."""
    services: Any = None
    part = Catalogue([_installed("lead", "errata-lead", Heavy)]).find("trainer", "heavy", "x")
    make_part(part, Settings(), services)


def _installed(name: str, package: str, factory: type) -> Installed:
    return Installed(name, f"{package.replace('-', '_')}:Plugin", package, factory)
