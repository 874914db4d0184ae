"""Block ``commands``: the help of every command, on a terminal of 80 columns without color."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from errata.cli.app import app

_TERMINAL = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


def render(arguments: Sequence[str]) -> str:  # noqa: ARG001 the signature of every block
    """One section per command, in the order of ``errata --help``."""
    names = [
        info.name or getattr(info.callback, "__name__", "") for info in app.registered_commands
    ]
    return "\n\n".join(
        f"## `{' '.join(['errata', *asked])}`\n\n```text\n{_help(asked)}\n```"
        for asked in ([], *([name] for name in names))
    )


def _help(asked: Sequence[str]) -> str:
    done = subprocess.run(  # noqa: S603 the program itself, no user's words
        [Path(sys.executable).with_name("errata"), *asked, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | _TERMINAL,
    )
    return done.stdout.rstrip()
