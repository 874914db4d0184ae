"""``handover`` and ``adopt``: a round trained by somebody else's trainer."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from rich.console import Console

from errata.check import prepare
from errata.cli.running import cache_folder
from errata.elsewhere.adopt import adopt
from errata.elsewhere.handover import Tool, hand_over
from errata.elsewhere.rounds import selected_round
from errata.errors import RunDirectoryError, UserError
from errata.plugins import Catalogue
from errata.recipe import did_you_mean, load
from errata.run import Run
from errata.store import PROMPTS, Store


def handover_round(directory: Path, number: int | None, tool: str, into: Path | None) -> None:
    """Write a folder for another trainer, and say what to do with it."""
    tools = get_args(Tool)
    if tool not in tools:
        raise UserError(
            f"--for {tool}: no such trainer{did_you_mean(tool, tools)}; known: {', '.join(tools)}"
        )
    run = open_run(directory)
    with run.store.locked():
        run.open()
        round_ = selected_round(run, number, trained=True)
        folder = into or run.store.file(f"handover/{round_.name}-{tool}")
        written = hand_over(round_, cast(Tool, tool), folder)
    counts = ", ".join(f"{n:,} examples for {kind}" for kind, n in written.examples.items())
    lines = [f"{written.folder}: {round_.name}, {counts}", *written.commands]
    lines += [f"note: {note}" for note in written.notes]
    lines.append(f"what comes out: errata adopt {directory} CHECKPOINT; see README.md there")
    Console(soft_wrap=True).print("\n".join(lines), markup=False, highlight=False)


def adopt_checkpoint(directory: Path, checkpoint: Path, number: int | None) -> None:
    """Take a folder as a round's checkpoint."""
    made = adopt(open_run(directory), checkpoint, number)
    Console(soft_wrap=True).print(
        f"{made.id} has the checkpoint {made.path}, adopted from {checkpoint}: `errata resume"
        f" {directory}` measures it",
        markup=False,
        highlight=False,
    )


def open_run(directory: Path) -> Run:
    """The run in a directory, with its own recipe and prompts, nothing done yet."""
    store = Store(directory)
    manifest, path = store.manifest(), store.file("recipe.yaml")
    recipe = load(path)
    if recipe.digest() != manifest.recipe:
        raise RunDirectoryError(f"{path} is not the recipe that this run began with; put it back")
    prepared = prepare(
        recipe, Catalogue(), str(path), sources=False, own_prompts=store.file(PROMPTS)
    )
    return Run(prepared, store, cache_folder(), None)
