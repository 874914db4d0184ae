"""``ablate``: several arms of a recipe at several seeds, as runs of their own, compared."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from errata.ablation.arms import Arms, Plan, given_arms, plan_arms, read_arms
from errata.ablation.collecting import collect
from errata.ablation.conducting import jobs_of, refuse_others
from errata.ablation.figures import Ablation
from errata.ablation.jobs import Ended, Job, Jobs
from errata.ablation.outcomes import outcomes_table
from errata.ablation.page import page
from errata.ablation.picture import picture
from errata.ablation.table import print_ablation
from errata.check import Prepared, prepare
from errata.errors import AblationIncomplete, Interrupted, RunDirectoryError, UserError
from errata.extending import located
from errata.plugins import Catalogue, ablation_files
from errata.recipe import Recipe
from errata.store import Store


@dataclass(frozen=True)
class Asked:
    """The options of the command."""

    arms: Sequence[str]
    seeds: str
    reference: str
    changes: Sequence[str]
    into: Path | None
    jobs: int
    as_json: bool


def ablate_recipe(name: str, asked: Asked) -> None:
    """Run what is not done yet, then print the table and write page, picture and records."""
    if asked.jobs < 1:
        raise UserError(f"--jobs {asked.jobs}: at least one run at a time")
    catalogue = Catalogue()
    path = located(name, catalogue.installed)
    arms = _arms(name, asked.arms, catalogue)
    plan = plan_arms(path, arms, asked.changes, _seeds(asked.seeds), asked.reference)
    for arm in plan.arms:
        if arm.seed == plan.seeds[0]:  # seeds change nothing that is checked
            prepare(arm.recipe, catalogue, f"{name}, arm {arm.name}")
    folder = asked.into or Path("runs") / f"{plan.name}.ablation"
    console = Console(stderr=asked.as_json, soft_wrap=True)
    with _held(folder):
        refuse_others(folder, plan)
        ended = _conduct(folder, plan, asked.jobs, catalogue, console)
        found = collect(folder, plan, {n: [*asked.changes, *arms.arms[n]] for n in plan.names})
        write(folder, found)
    if asked.as_json:
        print(found.model_dump_json(indent=1))
    else:
        print_ablation(found, console)
    console.print(f"table: {folder / 'ablation.md'}", markup=False, highlight=False)
    complain(ended)


def complain(ended: Sequence[Ended]) -> None:
    """Raise AblationIncomplete where a run came to nothing."""
    failed = [end for end in ended if end.problem]
    if failed:
        lines = "\n".join(f"  - {end.name}: {end.problem}" for end in failed)
        raise AblationIncomplete(
            f"{len(failed)} of {len(ended)} runs came to nothing, what they did is kept; mend it, and"
            f" the same command goes on with them alone:\n{lines}"
        )


def write(folder: Path, found: Ablation) -> None:
    """``ablation.jsonl``, ``ablation.md``, ``ablation.svg`` and ``outcomes.csv``."""
    store = Store(folder)
    store.write("ablation.md", page(found))
    store.write("ablation.svg", picture(found))
    store.write("outcomes.csv", outcomes_table(folder, found))
    with store.append("ablation.jsonl", fresh=True) as out:
        for record in (*found.runs, *found.figures):
            out.write(record)


def _arms(name: str, given: Sequence[str], catalogue: Catalogue) -> Arms:
    if given:
        return given_arms(given)
    shipped = ablation_files(catalogue.installed)
    if name in shipped:
        return read_arms(shipped[name])
    raise UserError(
        f"{name}: which arms? give --arms FILE, or --arms NAME='a.b=c …' for each; recipes that come"
        f" with arms: {', '.join(shipped) or 'none'}"
    )


def _seeds(text: str) -> list[int]:
    try:
        return [int(seed) for seed in text.split(",")] if text else []
    except ValueError as error:
        raise UserError(f"--seeds {text}: whole numbers with commas between, as 0,1,2") from error


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One ablation in a folder at a time; a folder that holds something else is refused."""
    if (folder / "run.json").exists():
        raise RunDirectoryError(f"{folder} is a run; give another folder with --into")
    folder.mkdir(parents=True, exist_ok=True)
    known = {".lock", "recipes", "logs"}
    known |= {"ablation.md", "ablation.svg", "ablation.jsonl", "outcomes.csv"}
    others = [
        p.name
        for p in folder.iterdir()
        if p.name not in known and p.name[:5] != "seed-" and not p.name.endswith(".tmp")
    ]
    if others:
        raise RunDirectoryError(
            f"{folder} is no ablation (it has {', '.join(sorted(others)[:3])}); give another folder"
            " with --into"
        )
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunDirectoryError(
                f"{folder} is in use by another `errata ablate`; wait for it or stop it"
            ) from error
        yield


def _conduct(
    folder: Path, plan: Plan, at_once: int, catalogue: Catalogue, console: Console
) -> list[Ended]:
    def prepared(recipe: Recipe) -> Prepared:
        return prepare(recipe, catalogue, recipe.name, sources=False)

    jobs = list(jobs_of(folder, plan, _command, prepared))
    told = f"{len(plan.names)} arms at {len(plan.seeds)} seeds, {len(jobs)} runs to do"
    console.print(f"{folder}: {told}", markup=False, highlight=False)
    try:
        return asyncio.run(_run(jobs, at_once, console))
    except KeyboardInterrupt as interrupt:
        raise Interrupted(
            "stopped; everything finished so far is kept: the same `errata ablate` goes on"
        ) from interrupt


async def _run(jobs: Sequence[Job], at_once: int, console: Console) -> list[Ended]:
    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    return await Jobs(at_once, _environment(at_once), say).run(jobs)


def _command(recipe: Path, into: Path, until: str) -> list[str]:
    made = [sys.executable, "-m", "errata.cli.arm", "run", str(recipe), "--into", str(into)]
    return [*made, "--until", until] if until else made


def _environment(at_once: int) -> dict[str, str]:
    """The user's own, with the processor's threads shared among runs that go on at once."""
    found = {"PYTHONUNBUFFERED": "1", **os.environ}
    if at_once > 1:
        found.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // at_once)))
    return found
