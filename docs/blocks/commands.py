"""Block ``commands``: the help of every command, at 80 columns and without color."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from typer.testing import CliRunner

from errata.cli.app import app

_ENVIRONMENT = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


def render(arguments: Sequence[str]) -> str:  # noqa: ARG001 the signature of every block
    """One section per command, in the order of ``errata --help``."""
    names = [info.name or getattr(info.callback, "__name__", "") for info in app.registered_commands]
    sections = [("errata", ["--help"])]
    sections += [(f"errata {name}", [name, "--help"]) for name in names]
    return "\n\n".join(
        f"## `{title}`\n\n```text\n{_help(asked).rstrip()}\n```" for title, asked in sections
    )


def _help(asked: list[str]) -> str:
    result = CliRunner().invoke(
        app, asked, prog_name="errata", env=_ENVIRONMENT, terminal_width=80, color=False
    )
    if result.exit_code:
        raise typer.Exit(result.exit_code)
    return result.stdout
