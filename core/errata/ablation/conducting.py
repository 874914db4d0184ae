"""The jobs of an ablation: the stages that arms share, once a seed; then each arm from there on.

``FOLDER/seed-N/shared-…`` is a run of the first of the arms that begin alike, stopped where they part;
``FOLDER/seed-N/ARM`` begins as a branch of it. ``FOLDER/recipes`` has the recipe of each,
``FOLDER/logs`` what each process printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from errata.ablation.arms import Arm, Plan
from errata.ablation.branching import Through, branch, finished, reached, upstream
from errata.ablation.collecting import run_directory
from errata.ablation.jobs import Job
from errata.check import Prepared
from errata.errors import ErrataError, RunDirectoryError
from errata.recipe import Recipe
from errata.store import Store

Command = Callable[[Path, Path, str], Sequence[str]]
Prepare = Callable[[Recipe], Prepared]


def refuse_others(folder: Path, plan: Plan) -> None:
    """Raise RunDirectoryError where the folder holds a run of an arm with another recipe."""
    for arm in plan.arms:
        store = Store(run_directory(folder, arm.name, arm.seed))
        if store.exists() and store.manifest().recipe != arm.recipe.digest():
            raise RunDirectoryError(
                f"{store.path} holds a run of another recipe than the arm {arm.name!r} has now; give"
                " the arm another name, another folder with --into, or delete that run"
            )


def jobs_of(folder: Path, plan: Plan, command: Command, prepare: Prepare) -> Iterator[Job]:
    """What is still to be done: shared beginnings, each before the arms that branch from it.

    ``command(recipe, directory, until)`` is the command line of a run.
    """
    waiting = [arm for arm in plan.arms if not finished(_store(folder, arm))]
    for seed in plan.seeds:
        alike: dict[str, list[Arm]] = {}
        for arm in waiting:
            if arm.seed == seed:
                alike.setdefault(upstream(arm.recipe, "evaluate"), []).append(arm)
        for digest, arms in alike.items():
            yield from _together(folder, digest, arms, command, prepare)


def _together(
    folder: Path, digest: str, arms: Sequence[Arm], command: Command, prepare: Prepare
) -> Iterator[Job]:
    """The jobs of arms of one seed that begin alike."""
    seed, first = arms[0].seed, arms[0]
    shared = folder / f"seed-{seed}" / f"shared-{digest[:8]}"
    same = len({upstream(arm.recipe, "group") for arm in arms}) == 1
    through: Through = "group" if same else "evaluate"
    after = ""
    if any(not _store(folder, arm).exists() for arm in arms):
        store = Store(shared)
        if not (reached(store, through) or reached(store, "evaluate")):
            name = f"seed {seed}, shared"
            recipe = first.recipe.model_copy(update={"name": f"{first.recipe.name}, shared"})
            path = _write(folder, f"seed-{seed}.{shared.name}", recipe)
            log = folder / "logs" / f"seed-{seed}.{shared.name}.log"
            yield Job(name, command(path, shared, through), log)
            after = name
    for arm in arms:
        path = _write(folder, f"seed-{seed}.{arm.name}", arm.recipe)
        yield Job(
            f"seed {seed}, {arm.name}",
            command(path, run_directory(folder, arm.name, seed), ""),
            folder / "logs" / f"seed-{seed}.{arm.name}.log",
            after,
            partial(_branched, folder, arm, shared, prepare),
        )


def _branched(folder: Path, arm: Arm, shared: Path, prepare: Prepare) -> str:
    """Begin an arm's run as a branch; what is wrong if that cannot be."""
    into = run_directory(folder, arm.name, arm.seed)
    if Store(into).exists():
        return ""
    try:
        branch(prepare(arm.recipe), Store(shared), into)
    except (ErrataError, OSError) as error:
        return str(error)
    return ""


def _store(folder: Path, arm: Arm) -> Store:
    return Store(run_directory(folder, arm.name, arm.seed))


def _write(folder: Path, name: str, recipe: Recipe) -> Path:
    store = Store(folder / "recipes")
    store.write(f"{name}.yaml", recipe.as_yaml())
    return store.file(f"{name}.yaml")
