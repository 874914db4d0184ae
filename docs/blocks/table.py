"""Block ``table``: what a terminal shows at the end of a run, from the example plugin's recipe.

Without the times, which differ from run to run.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from blocks.roman import PACKAGE, roman_catalogue
from errata.check import prepare
from errata.loop import loop
from errata.recipe import load
from errata.report.summary import summarize
from errata.report.table import print_summary
from errata.run import Run
from errata.store import Store


def render(arguments: Sequence[str]) -> str:  # noqa: ARG001 the signature of every block
    """The summary at 80 columns."""
    with tempfile.TemporaryDirectory() as folder:
        shown = io.StringIO()
        store = finished_run(Path(folder))
        print_summary(summarize(store), Console(file=shown, width=80, no_color=True))
    lines = [line.rstrip() for line in shown.getvalue().splitlines()]
    return "```text\n" + "\n".join(lines[: lines.index("Time per stage")]).strip() + "\n```"


def finished_run(folder: Path) -> Store:
    """A run of the example plugin's recipe, with the scripted target."""
    recipe = load(PACKAGE / "recipes/small.yaml")
    store = Store(folder / "run")
    loop(Run(prepare(recipe, roman_catalogue(), recipe.name), store, folder, None))
    return store
