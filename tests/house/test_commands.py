"""docs/commands.md against the real help of every command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from errata.cli.app import app
from house.checkout import page, sections

COMMANDS = [info.name or getattr(info.callback, "__name__", "") for info in app.registered_commands]
PLAIN = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_in_the_docs_is_the_real_help(command: str) -> None:
    program = Path(sys.executable).with_name("errata")
    done = subprocess.run(
        [program, *([command] if command else []), "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, **PLAIN},
    )
    title = f"`errata {command}`" if command else "`errata`"
    assert f"```text\n{done.stdout.rstrip()}\n```" in sections(page("commands.md"))[title]


def test_no_command_is_documented_that_does_not_exist() -> None:
    headings = {h for h in sections(page("commands.md")) if h.startswith("`errata")}
    assert headings == {"`errata`", *(f"`errata {command}`" for command in COMMANDS)}
