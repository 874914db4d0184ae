"""A run: a prepared recipe in a run directory, with its parts made when they are first used."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from random import Random
from typing import Any, TypeVar, cast

from errata.check import Chosen, Prepared
from errata.errors import ExtensionError, PartError, RunDirectoryError, UserError, boundary
from errata.index import RecordIndex
from errata.instructing import Instructing
from errata.memory import give_back
from errata.parts import Embedder, Instructor, Scores, Services, Target
from errata.plugins import plugin_packages
from errata.prompting import Template
from errata.records import Problem
from errata.seeds import stream
from errata.stages import group
from errata.stages.problems import Placed
from errata.store import Manifest, StageDone, Store, prompt_file

T = TypeVar("T")
STAGES = (
    "problems",
    "evaluate",
    "triage",
    "diagnose",
    "group",
    "synthesize",
    "select",
    "train",
    "measure",
)


class Paused(Exception):
    """The stage named by ``--until`` is finished."""


class Run:
    """Ties a recipe to a directory: stages that are done, parts, problems, named random streams."""

    def __init__(self, prepared: Prepared, store: Store, cache: Path, until: str | None) -> None:
        self.prepared, self.store, self.cache, self.until = prepared, store, cache, until
        self.recipe, self.domain, self.active = prepared.recipe, prepared.domain, prepared.active
        self._parts: dict[str, Any] = {}

    # --- opening ----------------------------------------------------------------------------------

    def open(self) -> None:
        """Start a new run in the directory, or go on with the one there.

        Raises RunDirectoryError when the run there is another recipe's.
        """
        prompts = self.prepared.prompts
        if not self.store.exists():
            manifest = new_manifest(self.prepared)
            texts = {name: template.text for name, template in prompts.templates.items()}
            self.store.create(manifest, self.recipe.as_yaml(), texts)
            return
        found = self.store.manifest()
        if found.recipe != self.recipe.digest():
            raise RunDirectoryError(
                f"{self.store.path} holds the run {found.name!r} of another recipe (or of this one"
                f" with other settings); go on with it by `errata resume {self.store.path}`, or give"
                " another folder with --into"
            )
        self._forget_changed(found, self._edited_prompts(found))

    def _edited_prompts(self, manifest: Manifest) -> set[str]:
        """Purposes whose template was edited in the run directory since its stages asked with it."""
        current = self.prepared.prompts.digests
        for name, digest in current.items():
            copy = self.store.file(prompt_file(name))
            if not copy.exists() or Template(copy.read_text(encoding="utf-8")).digest != digest:
                raise RunDirectoryError(
                    f"{self.store.path} holds a run with another prompt template for {name!r}; go on"
                    f" with its own by `errata resume {self.store.path}`, or give another folder with"
                    " --into"
                )
        return {name for name, digest in current.items() if manifest.prompts.get(name) != digest}

    def _forget_changed(self, manifest: Manifest, edited_prompts: set[str]) -> None:
        """Undo the stages after the first whose outputs are missing, those that follow a changed
        ``error_types.yaml``, and those from the first that asked with a prompt edited since; clear
        what no finished stage owns, but for the stage in progress."""
        sections = self.prepared.prompts.sections
        asked_otherwise = {stage for name in edited_prompts for stage in sections[name]}
        kept: list[StageDone] = []
        for done in manifest.stages:
            missing = [name for name in done.outputs if not self.store.file(name).exists()]
            if missing or done.stage in asked_otherwise:
                break
            edited = [name for name in _editable(done) if self._changed(done, name)]
            for name in edited:
                self._refuse_slip(name)
            kept.append(
                done.model_copy(
                    update={
                        "outputs": done.outputs | {name: self.store.digest(name) for name in edited}
                    }
                )
            )
            if edited:
                break
        if kept == list(manifest.stages) and not edited_prompts:
            return
        # First the files, then the manifest: killed in between, the next start sees the same change
        # and goes on clearing. The other way round, what is left over would pass for work in progress.
        self.store.discard_unowned([name for done in kept for name in done.outputs])
        update = {
            "stages": tuple(kept),
            "ended": "",
            "prompts": self.prepared.prompts.digests,
        }
        self.store.save(manifest.model_copy(update=update))

    def _refuse_slip(self, name: str) -> None:
        """Raise UserError when an edited file does not read, before anything is undone for it."""
        path = self.store.file(name)
        try:
            group.edited(path.read_text(encoding="utf-8"), ())
        except (UserError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: {error}; nothing was undone: mend it and resume") from error

    def _changed(self, done: StageDone, name: str) -> bool:
        return self.store.digest(name) != done.outputs[name]

    # --- stages -----------------------------------------------------------------------------------

    def stage(self, round_name: str, stage: str, work: Callable[[], Sequence[str]]) -> None:
        """Do a stage unless it is done. ``work`` returns the files it made.

        Raises Paused after the stage named by ``--until``.
        """
        if any(d.round == round_name and d.stage == stage for d in self.store.manifest().stages):
            return
        self.active.notify("errata_stage_started", round_name=round_name, stage=stage)
        begun = time.monotonic()
        try:
            outputs = work()
        except ExtensionError as error:
            raise ExtensionError(
                f"{error} (stage {stage} of {round_name}); what is finished is kept: mend it, then"
                f" `errata resume {self.store.path}`"
            ) from error
        seconds = time.monotonic() - begun
        give_back()
        done = StageDone(
            round=round_name,
            stage=stage,
            seconds=round(seconds, 3),
            outputs={name: self.store.digest(name) for name in sorted(outputs)},
        )
        manifest = self.store.manifest()
        self.store.save(manifest.model_copy(update={"stages": (*manifest.stages, done)}))
        self.active.notify(
            "errata_stage_finished", round_name=round_name, stage=stage, seconds=done.seconds
        )
        if stage == self.until:
            raise Paused(f"stopped after {stage} of {round_name}, as asked")

    @cached_property
    def instructing(self) -> Instructing:
        """How the run asks its instructor."""
        return Instructing(
            self.recipe.instructor,
            lambda: cast(Instructor, self.part("instructor")),
            self.store.path,
            self.random("pace"),
            self.active.notify,
        )

    def together(
        self, stage: str, work: Coroutine[Any, Any, T], *, outlives_budget: bool = False
    ) -> T:
        """Run asynchronous work of a stage, with the instructor at hand where the recipe has one.

        With ``outlives_budget`` a spent budget leaves prompts unanswered instead of ending the stage.
        """
        return self.instructing.together(stage, work, outlives_budget=outlives_budget)

    @property
    def in_flight(self) -> int:
        """How many items a stage works on at once."""
        return self.instructing.at_once

    def end(self, why: str) -> None:
        """Enter into the manifest how the run ended."""
        self.store.save(self.store.manifest().model_copy(update={"ended": why}))

    def progress(self, done: int, total: int) -> None:
        """Tell observers how far the stage is."""
        self.instructing.moved(done, total)
        self.active.notify("errata_stage_progress", done=done, total=total)

    # --- problems ---------------------------------------------------------------------------------

    @cached_property
    def sets(self) -> dict[str, list[str]]:
        """Problem ids by set, in file order."""
        found: dict[str, list[str]] = {}
        for placed in self.store.read("splits.jsonl", Placed):
            found.setdefault(placed.set, []).append(placed.problem_id)
        return found

    @cached_property
    def index(self) -> RecordIndex[Problem]:
        """Every problem by id."""
        return RecordIndex(self.store.file("problems.jsonl"), Problem, "id")

    def problems(self, set_name: str) -> Iterator[Problem]:
        """The problems of one set, in file order."""
        return (self.index[problem_id] for problem_id in self.sets.get(set_name, ()))

    # --- parts ------------------------------------------------------------------------------------

    def random(self, name: str) -> Random:
        """A named stream of the recipe's seed."""
        return stream(self.recipe.seed, name)

    @cached_property
    def services(self) -> Services:
        """What parts may use."""
        return Services(
            domain=self.domain,
            random=self.random,
            problems=self.problems,
            sets=tuple(self.sets),
            target=lambda: self.target,
            embedder=lambda: cast(Embedder, self.part("embed")),
            cache=self.cache,
            progress=self.progress,
            ask=self.instructing.ask,
            prompts=self.prepared.prompts,
            directory=self.store.path,
            notify=self.active.notify,
        )

    def part(self, section: str) -> Any:
        """The part of a section of the recipe, made once."""
        if section not in self._parts:
            self._parts[section] = self.make(self.prepared.parts[section])
        return self._parts[section]

    def make(self, chosen: Chosen) -> Any:
        """A new part from its offer and settings.

        Raises PartError when what the settings name (a model, a file) is not there.
        """
        who = f"{chosen.part.kind} {chosen.use}"
        with boundary(who, "being made"):
            try:
                return chosen.part.make(chosen.settings, self.services)
            except (LookupError, FileNotFoundError) as error:  # what the settings name is not there
                raise PartError(f"{who}: {error}") from error

    @property
    def target(self) -> Target:
        """The target; it scores too where its offer says so."""
        target = self.part("target")
        assert isinstance(target, Target)
        assert (
            isinstance(target, Scores) or "score" not in self.prepared.parts["target"].part.provides
        )
        return target


def new_manifest(prepared: Prepared) -> Manifest:
    """The manifest of a run that has done nothing yet."""
    recipe = prepared.recipe
    return Manifest(
        name=recipe.name,
        recipe=recipe.digest(),
        seed=recipe.seed,
        versions=_versions(prepared),
        prompts=prepared.prompts.digests,
    )


def _editable(done: StageDone) -> list[str]:
    return [name for name in done.outputs if name.endswith("error_types.yaml")]


def _versions(prepared: Prepared) -> dict[str, str]:
    """Versions of errata, of every package that announces a plugin, and of what the parts import."""
    chosen = [*prepared.parts.values(), *prepared.verifiers]
    packages = {"errata", *plugin_packages(), *(m for c in chosen for m in c.part.requires)}
    found = {}
    for package in sorted(packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # a module whose package has another name
            continue
    return found
