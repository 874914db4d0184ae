"""``show``, ``report``, ``plugins`` and ``recipes``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from errata.plugins import Catalogue, recipe_files
from errata.recipe import load
from errata.report.page import write_page
from errata.report.summary import summarize
from errata.report.table import print_summary
from errata.store import Store


def show_run(directory: Path, *, as_json: bool, console: Console | None = None) -> None:
    """Print the summary of a run."""
    store = Store(directory)
    store.manifest()
    summary = summarize(store)
    if as_json:
        print(summary.model_dump_json(indent=1))
    else:
        print_summary(summary, console or Console())


def write_report(directory: Path, controls: Sequence[Path] = ()) -> None:
    """Write the report, with other runs beside it, and say where it is."""
    store, beside = Store(directory), [Store(path) for path in controls]
    for found in (store, *beside):
        found.manifest()
    print(write_page(store, beside))


def list_plugins(where: str) -> None:
    """Plugins with what they offer, broken ones with their reason; or where one is defined."""
    catalogue = Catalogue()
    if where:
        print(catalogue.plugin(where, "--where").where())
        return
    offers = catalogue.offers
    for plugin in catalogue.installed:
        print(f"{plugin.name}  ({plugin.package}: {plugin.value})")
        if plugin.problem:
            print(f"  did not load: {plugin.problem}")
        for offer in offers:
            if offer.plugin == plugin.name:
                print(f"  {offer.part.kind:<10} {offer.part.name:<22} {offer.part.summary}")


def list_recipes() -> None:
    """Shipped recipes with their files."""
    found = recipe_files(Catalogue().installed)
    width = max((len(name) for name in found), default=0)
    for name, path in found.items():
        print(f"{name:<{width}}  {load(path).name}  {path}")
