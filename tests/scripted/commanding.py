"""The command line in this process."""

from __future__ import annotations

import sys

import pytest

from errata.cli.app import main


def commanded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """The exit code of ``errata ARGUMENTS``, what it printed, and its errors; never a traceback."""
    monkeypatch.setattr(sys, "argv", ["errata", *arguments])
    code = 0
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err
