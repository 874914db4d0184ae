"""Stages that arms have in common, done once: what they depend on, and a new run that begins with them.

A run directory of an arm is a run like any other: its manifest has the digest of its own recipe, and
the stages it took over with the digests that their files had. They are taken over only from a run whose
recipe agrees in everything that those stages depend on, under the same versions and prompt templates.

Not covered: the ledger of an instructor; what an arm asks after the branch, it asks and pays itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from errata.check import Prepared
from errata.errors import CorruptRecord, RunDirectoryError
from errata.recipe import Recipe, load
from errata.run import new_manifest
from errata.sections import CallsUse
from errata.store import StageDone, Store

Through = Literal["evaluate", "group"]
_BEFORE = ("setup", "base", "round-0")
_CASES = ("triage", "diagnose", "group")
ROUND = "round-1"


def upstream(recipe: Recipe, through: Through) -> str:
    """SHA-256 of everything that the stages up to ``through`` of round 1 depend on."""
    resolved = recipe.model_dump(mode="json")
    kept = ["domain", "problems", "target", "error_sources", "plugins", "seed"]
    if through == "group":
        kept += ["triage", "diagnose", "group", "embed"]
    found: dict[str, Any] = {name: resolved[name] for name in kept}
    for name in CallsUse.model_fields:  # what calls cost and how fast they leave
        found["target"].pop(name, None)
    found["warmup"] = _warm_up(recipe)
    if through == "group" and recipe.instructor is not None:
        found["instructor"] = [recipe.instructor.use, recipe.instructor.settings]
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def _warm_up(recipe: Recipe) -> dict[str, Any]:
    """The warm-up with the trainer's settings that it shares (see ``errata.check``)."""
    warmup, train = recipe.warmup, recipe.train
    if not warmup.examples:
        return {}
    use = warmup.use or (train.use if train else "")
    shared = train.settings if train and train.use == use else {}
    return {**shared, **warmup.settings, "use": use, "examples": warmup.examples}


def branch(prepared: Prepared, source: Store, into: Path) -> Store:
    """A run of ``prepared`` in ``into`` that begins with the stages of ``source`` it has in common.

    The folder appears in one rename. Raises RunDirectoryError where ``source`` is no beginning of it,
    CorruptRecord where a file of ``source`` is not what its stage wrote.
    """
    stages = _in_common(prepared, source)
    unfinished = into.with_name(f".{into.name}.tmp")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    made = Store(unfinished)
    for name in (name for stage in stages for name in stage.outputs):
        _copy(source.file(name), made.file(name))
    for stage in stages:
        for name, digest in stage.outputs.items():
            # Types that a person edits are noticed when the run is opened, and lead on from there.
            if not name.endswith("error_types.yaml") and made.digest(name) != digest:
                raise CorruptRecord(
                    f"{source.file(name)} is not what {stage.stage} of {stage.round} wrote; delete"
                    f" {source.path}, and the same `errata ablate` does it again"
                )
    manifest = new_manifest(prepared).model_copy(
        update={"stages": tuple(stages), "branched_from": os.path.relpath(source.path, into)}
    )
    texts = {name: template.text for name, template in prepared.prompts.templates.items()}
    made.create(manifest, prepared.recipe.as_yaml(), texts)
    unfinished.rename(into)
    return Store(into)


def _in_common(prepared: Prepared, source: Store) -> list[StageDone]:
    """Stages of ``source`` that are stages of the prepared recipe too."""
    manifest, own = source.manifest(), new_manifest(prepared)
    theirs = load(source.file("recipe.yaml"))
    if upstream(theirs, "evaluate") != upstream(prepared.recipe, "evaluate"):
        raise RunDirectoryError(
            f"{source.path} does not begin as the recipe {prepared.recipe.name!r} does (domain,"
            " problems, target, warm-up, error sources, plugins, seed)"
        )
    both = manifest.versions.keys() & own.versions.keys()
    changed = sorted(name for name in both if manifest.versions[name] != own.versions[name])
    if changed:
        raise RunDirectoryError(
            f"{source.path} was made with other versions of {', '.join(changed)}; install those, or"
            " give another folder with --into"
        )
    same_prompts = all(
        manifest.prompts.get(name) == digest
        for name, digest in own.prompts.items()
        if prepared.prompts.sections[name] & set(_CASES)
    )
    wanted = {"evaluate"}
    if same_prompts and upstream(theirs, "group") == upstream(prepared.recipe, "group"):
        wanted |= set(_CASES)
    return [
        *takewhile(
            lambda done: done.round in _BEFORE or (done.round == ROUND and done.stage in wanted),
            manifest.stages,
        )
    ]


def _copy(path: Path, into: Path) -> None:
    """Record files as copies, since they may be appended to; weights, which never are, as links."""
    into.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, into, copy_function=_link, dirs_exist_ok=True)
    else:
        shutil.copyfile(path, into)


def _link(path: str, into: str) -> None:
    try:
        os.link(path, into)
    except OSError:  # another file system, or one without links
        shutil.copyfile(path, into)


def finished(run: Store) -> bool:
    """Whether the run in a directory has ended."""
    return run.exists() and bool(run.manifest().ended)


def reached(run: Store, through: Through) -> bool:
    """Whether a shared run has done what it is for."""
    if not run.exists():
        return False
    manifest = run.manifest()
    done = {(stage.round, stage.stage) for stage in manifest.stages}
    return bool(manifest.ended) or (ROUND, through) in done
