"""`errata new-domain`: what it makes installs, passes its own tests, and runs the loop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from errata.errors import UserError
from errata.plugins import discover
from errata.records import RoundRecord
from errata.scaffold import new_domain
from errata.store import Store

COMMAND = [sys.executable, "-c", "from errata.cli.app import main; main()"]


def _ran(arguments: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        arguments,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_new_domain_installs_passes_its_suite_and_runs(tmp_path):
    said = _ran([*COMMAND, "new-domain", "word-play"], tmp_path)
    made = tmp_path / "errata-word-play"
    assert "errata run word-play/quickstart" in said
    site = tmp_path / "site"
    pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-index"]
    _ran([sys.executable, *pip, "--no-build-isolation", "--target", str(site), str(made)], tmp_path)
    found = {"PYTHONPATH": str(site), "ERRATA_CACHE": str(tmp_path / "cache")}
    where = _ran([*COMMAND, "plugins", "--where", "word-play"], tmp_path, **found)
    assert where.startswith(f"{site}/errata_word_play/__init__.py:")
    tested = _ran([sys.executable, "-m", "pytest", "-q", "-rA", "."], made, **found)
    assert "17 passed" in tested, tested
    assert "skipped" not in tested
    _ran([*COMMAND, "run", "word-play/quickstart", "--into", "run"], tmp_path, **found)
    store = Store(tmp_path / "run")
    assert store.manifest().ended == "all 2 rounds are done"
    record = RoundRecord.model_validate_json(store.file("round-2/round.json").read_bytes())
    assert record.checkpoint.id == "round-2"


def test_its_class_is_about_sixty_lines(tmp_path):
    made = new_domain("chess", tmp_path, ())
    text = (made / "errata_chess" / "__init__.py").read_text()
    assert "class Chess:" in text
    body = text[text.index("class Chess:") :].splitlines()
    assert len(body) <= 66, len(body)
    assert "@" not in text.replace("@hookimpl", "")
    assert {p.name for p in made.iterdir()} == {
        "README.md", "errata_chess", "pyproject.toml", "tests",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["", "Chess", "2chess", "my chess", "../chess", "a--b", "-a", "sch\u00e4ch", "chess/"]
)
def test_names_that_cannot_be(name, tmp_path):
    with pytest.raises(UserError, match="cannot be the name of a domain"):
        new_domain(name, tmp_path, ())
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_taken(tmp_path):
    with pytest.raises(UserError, match="'math' is installed already"):
        new_domain("math", tmp_path, (plugin.name for plugin in discover()))
    with pytest.raises(UserError, match="is a word of Python"):
        new_domain("class", tmp_path, ())


def test_a_folder_that_is_there_stays_as_it_is(tmp_path):
    (tmp_path / "errata-chess").mkdir()
    with pytest.raises(UserError, match="is there already"):
        new_domain("chess", tmp_path, ())
    assert list((tmp_path / "errata-chess").iterdir()) == []
    with pytest.raises(UserError, match="is no folder"):
        new_domain("chess", tmp_path / "nowhere", ())
