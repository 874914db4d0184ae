"""Who imports whom, and how little is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from house.checkout import PROJECT, ROOT

HEAVY = [
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "sympy",
    "hdbscan",
    "sklearn",
    "scipy",
]
HEAVY += [
    "sentence_transformers",
    "datasets",
    "pyarrow",
    "numpy",
    "litellm",
    "aiohttp",
    "rapidfuzz",
]
NOT_FOR_HELP = [*HEAVY, "pydantic", "yaml", "rich", "pluggy", "jinja2", "asyncio"]


def _loaded(program: str, watched: list[str]) -> str:
    """What ``program`` prints in a fresh interpreter, given ``watched`` as its argument."""
    done = subprocess.run(
        [sys.executable, "-c", program, *watched],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_is_under_the_contracts() -> None:
    built = {
        Path(p).name for p in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    }
    on_disk = {
        path.name
        for root in ("core", "plugins", "domains")
        for path in (ROOT / root).iterdir()
        if (path / "__init__.py").exists()
    }
    contracts = PROJECT["tool"]["importlinter"]
    strangers = next(c for c in contracts["contracts"] if c["type"] == "independence")["modules"]
    forbidden = next(c for c in contracts["contracts"] if c["type"] == "forbidden")
    assert built == on_disk
    assert set(contracts["root_packages"]) == on_disk
    assert {*strangers, "errata"} == on_disk
    assert {*forbidden["forbidden_modules"], "errata"} == on_disk


def test_light_imports() -> None:
    entries = PROJECT["project"]["entry-points"]["errata"].values()
    modules = ["errata.hooks", *sorted(entry.partition(":")[0] for entry in entries)]
    program = f"""
import importlib, sys
for module in {["errata.cli.app", *modules]!r}:
    before = set(sys.modules)
    importlib.import_module(module)
    loaded = sorted(name for name in sys.argv[1:] if name in set(sys.modules) - before)
    if loaded:
        print(module, "imports", *loaded)
"""
    assert _loaded(program, HEAVY) == ""


def test_offers_and_settings_import_nothing_heavy() -> None:
    program = """
import sys
from errata.plugins import Catalogue
assert Catalogue().offers
print(*sorted(name for name in sys.argv[1:] if name in sys.modules))
"""
    assert _loaded(program, HEAVY) == ""


def test_help_loads_nothing_it_does_not_need() -> None:
    program = """
import io, sys
from contextlib import redirect_stdout
watched, sys.argv = sys.argv[1:], ["errata", "--help"]
from errata.cli.app import main
shown = io.StringIO()
try:
    with redirect_stdout(shown):
        main()
except SystemExit as end:
    assert not end.code
assert "Commands:" in shown.getvalue()
print(*sorted(name for name in watched if name in sys.modules))
"""
    assert _loaded(program, NOT_FOR_HELP) == ""
