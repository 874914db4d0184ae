"""Runs of the small third-party domain `roman`, inside this process and without torch."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from errata.check import prepare
from errata.loop import loop
from errata.plugins import Catalogue, Installed
from errata.recipe import load
from errata.records import RoundRecord
from errata.run import Paused, Run
from errata.store import Store
from errata.testing.plugin import TestingPlugin
from errata_selection.plugin import SelectionPlugin
from errata_strategies.plugin import StrategiesPlugin
from faults.server import FaultServer
from scripted.example import EXAMPLE, example_module


def installed(name: str, factory: Callable[..., object], package: str = "") -> Installed:
    """A plugin as discovery would find it."""
    return Installed(name, f"{factory.__module__}:x", package or f"errata-{name}", factory)


@dataclass
class RomanBench:
    """Runs the recipe `roman/small` in a directory."""

    cache: Path
    plugins: list[Installed] = field(default_factory=list)
    recipe: Path = EXAMPLE / "recipes" / "small.yaml"

    def catalogue(self) -> Catalogue:
        """The plugins at hand."""
        return Catalogue(list(self.plugins))

    def prepared(
        self,
        directory: Path,
        changes: Sequence[str] = (),
        until: str | None = None,
        *,
        sources: bool = True,
    ) -> Run:
        """A run that has not begun."""
        recipe = load(self.recipe, changes)
        made = prepare(recipe, self.catalogue(), "small", sources=sources)
        return Run(made, Store(directory), self.cache, until)

    def run(self, directory: Path, *changes: str, until: str | None = None) -> Run:
        """Run or resume, up to the end or to ``until``."""
        run = self.prepared(directory, changes, until)
        try:
            loop(run)
        except Paused:
            assert until
        return run

    def read_files(self) -> None:
        """From now on the domain has no generator: its problems come from files."""
        own = vars(self.plugins[0].factory)
        kept = {name: own[name] for name in own if name != "errata_problems" and name[:2] != "__"}
        self.plugins[0] = installed("roman", type("FromFiles", (), kept))

    @staticmethod
    def rounds(directory: Path) -> dict[str, RoundRecord]:
        """The rounds that are measured, by name."""
        return {
            path.parent.name: RoundRecord.model_validate_json(path.read_bytes())
            for path in sorted(directory.glob("*/round.json"))
        }

    @staticmethod
    def stages(directory: Path) -> list[str]:
        """The stages that are done, as "round stage"."""
        return [f"{done.round} {done.stage}" for done in Store(directory).manifest().stages]

    @staticmethod
    def ended(directory: Path) -> str:
        """How the run ended, if it did."""
        return Store(directory).manifest().ended


@pytest.fixture(scope="session")
def roman_module() -> ModuleType:
    return example_module()


@pytest.fixture
def roman(tmp_path: Path, roman_module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> RomanBench:
    # No power fails in these tests, and waiting for the disk would be most of their time.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    return _bench(tmp_path / "cache", roman_module)


def _bench(cache: Path, roman_module: ModuleType) -> RomanBench:
    return RomanBench(
        cache,
        [
            installed("roman", roman_module.Roman),
            installed("selection", SelectionPlugin),
            installed("strategies", StrategiesPlugin),
            installed("testing", TestingPlugin),
        ],
    )


@pytest.fixture(scope="session")
def roman_finished(tmp_path_factory: pytest.TempPathFactory, roman_module: ModuleType) -> Path:
    """A finished run with a warm-up and one round, to be read; who changes it takes a copy."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        bench = _bench(folder / "cache", roman_module)
        bench.run(folder / "run", "warmup.examples=6", "rounds=1")
    return folder / "run"


@pytest.fixture(scope="session")
def roman_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as pip would leave it, with the example plugin installed in it."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, site / "errata_roman", ignore=shutil.ignore_patterns("__pycache__"))
    info = site / "errata_roman-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: errata-roman\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[errata]\nroman = errata_roman:Roman\n")
    return site


def files_of(directory: Path) -> dict[str, bytes]:
    """Every file of a run but lock and report; the times are taken out of the manifest."""
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.name not in (".lock", "report.html"):
            content = path.read_bytes()
            if path.name == "run.json":
                manifest = json.loads(content)
                for stage in manifest["stages"]:
                    del stage["seconds"]
                content = json.dumps(manifest).encode()
            found[str(path.relative_to(directory))] = content
    return found


@pytest.fixture(scope="session")
def run_files() -> Callable[[Path], dict[str, bytes]]:
    return files_of


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """A server that misbehaves as prompts ask it to."""
    server = FaultServer()
    yield server
    server.stop()
