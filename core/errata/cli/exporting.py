"""``export``: a run's training data in a format of other tools."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import cast, get_args

from rich.console import Console

from errata.check import domain_of
from errata.errors import UserError
from errata.exporting.card import Provenance
from errata.exporting.formats import FORMATS, FormatName
from errata.exporting.gather import Rounds, What, choose_rounds, gather
from errata.exporting.writing import parts_written, write_dataset
from errata.plugins import Catalogue
from errata.recipe import Recipe, did_you_mean, load
from errata.store import Store


def export_run(
    directory: Path,
    format_name: str,
    number: int | None,
    into: Path | None,
    what: str,
    *,
    everything: bool,
) -> None:
    """Write the examples of a run to a folder and say what is in it."""
    chosen = cast(FormatName, _known("--format", format_name, get_args(FormatName)))
    wanted = cast(What, _known("--what", what, get_args(What)))
    if number is not None and everything:
        raise UserError("--round and --all: give one of them")
    store = Store(directory)
    store.manifest()
    recipe = load(store.file("recipe.yaml"))
    rounds = choose_rounds(store, wanted, number, everything=everything)
    domain = domain_of(recipe, Catalogue(), str(store.file("recipe.yaml")))
    folder = into or store.file(f"export/{chosen}")
    counts = write_dataset(
        folder,
        gather(store, domain, rounds.names, wanted),
        chosen,
        provenance(store, recipe, rounds, wanted),
        replace=into is None,
    )
    console = Console(soft_wrap=True)
    written = " and ".join(parts_written(counts))
    lines = [f"{folder}: {written} examples of {', '.join(rounds.names)}"]
    if rounds.rejected:
        lines.append(
            f"left out, since rejected: {', '.join(rounds.rejected)} (--all takes them in)"
        )
    lines += [f"note: {note}" for note in counts.notes(FORMATS[chosen])]
    console.print("\n".join(lines), markup=False, highlight=False)


def provenance(store: Store, recipe: Recipe, rounds: Rounds, what: What) -> Provenance:
    """What the card of an exported dataset says about the run."""
    manifest, target = store.manifest(), recipe.target
    return Provenance(
        name=manifest.name,
        version=manifest.versions.get("errata", version("errata")),
        recipe=manifest.recipe,
        target=" ".join(str(n) for n in (target.use, target.settings.get("model", "")) if n),
        domain=recipe.domain.use,
        seed=manifest.seed,
        what=what,
        rounds=rounds.names,
        sources=[source.source for source in recipe.problems.train.values()],
    )


def _known(option: str, given: str, known: Sequence[str]) -> str:
    if given not in known:
        raise UserError(
            f"{option} {given}: no such choice{did_you_mean(given, known)}; choices:"
            f" {', '.join(known)}"
        )
    return given
