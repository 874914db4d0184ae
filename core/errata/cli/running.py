"""``run``, ``resume`` and ``check``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from errata.check import Prepared, prepare
from errata.cli.progress import Reporter
from errata.cli.telling import Teller
from errata.errors import Interrupted, RecipeError, RunDirectoryError, UserError
from errata.estimating.pilot import is_pilot
from errata.extending import located
from errata.loop import loop
from errata.plugins import Catalogue
from errata.recipe import load, read
from errata.report.following import Follower
from errata.report.page import write_page
from errata.report.summary import summarize
from errata.report.table import print_summary
from errata.run import STAGES, Paused, Run
from errata.store import PROMPTS, Store


def run_recipe(name: str, into: Path | None, changes: Sequence[str], until: str | None) -> None:
    """Run a recipe into a directory."""
    _check_stage(until)
    prepared = prepare_recipe(name, changes)
    store = Store(into or Path("runs") / prepared.recipe.name)
    _refuse_pilot(store)
    _go(prepared, store, until)


def resume_run(directory: Path, until: str | None) -> None:
    """Go on with a run."""
    _check_stage(until)
    store = Store(directory)
    manifest, path = store.manifest(), store.file("recipe.yaml")
    _refuse_pilot(store)
    recipe = load(path)
    if recipe.digest() != manifest.recipe:
        raise RunDirectoryError(
            f"{path} is not the recipe that this run began with; put it back, or start another run:"
            f" errata run {path} --into OTHER-DIR"
        )
    prepared = prepare(
        recipe,
        Catalogue(),
        str(path),
        sources=not manifest.stages,
        own_prompts=store.file(PROMPTS),
    )
    _go(prepared, store, until)


def check_recipe(name: str, changes: Sequence[str]) -> None:
    """Say that a recipe is sound, or raise every mistake."""
    prepared = prepare_recipe(name, changes)
    parts = ", ".join(f"{section}: {chosen.use}" for section, chosen in prepared.parts.items())
    Console(soft_wrap=True).print(f"{name} is sound ({parts})", markup=False, highlight=False)


def prepare_recipe(name: str, changes: Sequence[str]) -> Prepared:
    """A recipe by path or shipped name, with changes, checked. Raises what ``prepare`` does."""
    catalogue = Catalogue()
    path = located(name, catalogue.installed)
    recipe, mistakes = read(path, changes)
    if recipe is None:
        raise RecipeError(name, mistakes)
    return prepare(recipe, catalogue, name, mistakes)


def _check_stage(until: str | None) -> None:
    if until is not None and until not in STAGES:
        raise UserError(f"--until {until}: no such stage; stages: {', '.join(STAGES)}")


def _refuse_pilot(store: Store) -> None:
    if store.exists() and is_pilot(store.manifest()):
        raise RunDirectoryError(
            f"{store.path} holds a pilot, which knows a few problems only: `errata estimate` goes on"
            " with it; for the run give another folder with --into"
        )


def _go(prepared: Prepared, store: Store, until: str | None) -> None:
    console = Console()
    run = Run(prepared, store, cache_folder(), until)
    reporter, teller = Reporter(console, follower=Follower(store)), Teller(store)
    prepared.active.register("terminal", reporter)
    prepared.active.register("teller", teller)
    paused = ""
    try:
        loop(run)
    except Paused as pause:
        paused = str(pause)
    except KeyboardInterrupt as interrupt:
        again = (
            f"`errata resume {store.path}` goes on" if store.exists() else "the run had not begun"
        )
        raise Interrupted(f"stopped; everything received is kept: {again}") from interrupt
    finally:
        reporter.close()
        teller.close()
        for complaint in prepared.active.complaints:
            console.print(f"note: {complaint}", markup=False, highlight=False)
    summary = summarize(store)
    print_summary(summary, console)
    page = write_page(store)
    console.print(f"report: {page}", markup=False, highlight=False, soft_wrap=True)
    if paused:
        console.print(f"{paused}: `errata resume {store.path}` goes on", markup=False)


def cache_folder() -> Path:
    """Where converted model weights are kept: ERRATA_CACHE, else the user's cache folder."""
    own = os.environ.get("ERRATA_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "errata"
