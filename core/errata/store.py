"""The run directory: append, finish, resume.

One record a line, append-only. A line without its newline is the torn tail of a crash: readers pass
over it and ``resume`` drops it. A finished stage is entered in ``run.json`` (rewritten atomically)
with its outputs; whatever no finished stage owns is work in progress and may be redone.

Layout: see docs/run-directory.md.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from errata.errors import CorruptRecord, RunDirectoryError
from errata.lines import Appender, drop_torn_line, first_mistake, parse_line, storage
from errata.records import Record

R = TypeVar("R", bound=Record)
FORMAT = 1
# What a start that was interrupted may have left: the manifest is written last.
PROMPTS = "prompts"
_BEFORE_RUN = {
    ".lock",
    "recipe.yaml",
    "recipe.yaml.tmp",
    "run.json.tmp",
    "live.json",
    "live.json.tmp",
    PROMPTS,
}
_SET_UP_FILES = ("problems.jsonl", "splits.jsonl", "dropped.jsonl", "imported")


class StageDone(Record):
    """A finished stage: ``outputs`` maps files (relative) to the SHA-256 they had."""

    round: str
    stage: str
    seconds: float
    outputs: dict[str, str] = Field(default_factory=dict)


class Manifest(Record):
    """``run.json``: what the run is, what is finished, and how it ended.

    ``prompts`` maps purposes to the SHA-256 of their templates, which lie in ``prompts/``.
    ``branched_from`` is the run, relative to this one, that did its first stages (``errata ablate``).
    """

    format: int = FORMAT
    name: str
    recipe: str
    seed: int
    versions: dict[str, str]
    prompts: dict[str, str] = Field(default_factory=dict)
    stages: tuple[StageDone, ...] = ()
    ended: str = ""
    branched_from: str = ""


class _Format(BaseModel):
    """What every version of ``run.json`` has."""

    format: int


def prompt_file(purpose: str) -> str:
    """Where a run keeps its template for ``purpose``."""
    return f"{PROMPTS}/{purpose}.md"


class Store:
    """A run directory, opened by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # --- manifest ---------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether a run lives here."""
        return self.file("run.json").exists()

    def create(
        self, manifest: Manifest, recipe_yaml: str, prompts: Mapping[str, str] | None = None
    ) -> None:
        """Start a run here (``locked`` has seen to it that the folder holds nothing else).

        ``prompts`` are the texts of prompt templates by purpose.
        """
        for purpose, text in (prompts or {}).items():
            self.write(prompt_file(purpose), text)
        self.write("recipe.yaml", recipe_yaml)
        self.save(manifest)

    def abandon(self) -> None:
        """Take a run that finished no stage away again, and its folder if that leaves it empty."""
        for path in [
            self.file(name) for name in ("run.json", *sorted(_BEFORE_RUN), *_SET_UP_FILES)
        ]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def manifest(self) -> Manifest:
        """The manifest. Raises RunDirectoryError when there is none, CorruptRecord if damaged."""
        path = self.file("run.json")
        if not path.exists():
            raise RunDirectoryError(
                f"{self.path} is not a run directory (it has no run.json);"
                " `errata run RECIPE --into DIR` makes one"
            )
        try:
            found = _Format.model_validate_json(path.read_bytes()).format
            if found != FORMAT:
                raise RunDirectoryError(
                    f"{path}: format {found}, this errata reads {FORMAT}; use the version of errata"
                    " named under versions there"
                )
            return Manifest.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise CorruptRecord(
                f"{path}: not the manifest of a run: {first_mistake(error)}; restore the file"
            ) from error

    def save(self, manifest: Manifest) -> None:
        """Rewrite the manifest atomically."""
        self.write("run.json", manifest.model_dump_json(indent=1) + "\n")

    def enter(self, done: StageDone) -> None:
        """Enter a finished stage into the manifest."""
        manifest = self.manifest()
        self.save(manifest.model_copy(update={"stages": (*manifest.stages, done)}))

    # --- files ------------------------------------------------------------------------------------

    def file(self, name: str) -> Path:
        """The path of a file of the run."""
        return self.path / name

    def write(self, name: str, text: str) -> None:
        """Write a whole file atomically and durably."""
        path = self.file(name)
        temporary = path.with_name(path.name + ".tmp")
        with storage(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(path)

    def read(self, name: str, model: type[R]) -> Iterator[R]:
        """The records of a file (none if it does not exist), without a torn last line.

        Raises CorruptRecord naming file and line.
        """
        path = self.file(name)
        if not path.is_file():
            return
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.endswith(b"\n"):
                    yield parse_line(path, number, line, model)

    @contextmanager
    def append(self, name: str, *, fresh: bool = False) -> Iterator[Appender]:
        """Append to a file, after dropping a torn last line; ``fresh`` starts it anew."""
        path = self.file(name)
        with storage(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not fresh:
                drop_torn_line(path)
            with path.open("wb" if fresh else "ab") as out:
                appender = Appender(out)
                yield appender
                appender.sync()

    def replace_folder(self, made: Path, name: str) -> None:
        """Put a finished folder in place of ``name``, durably and in one rename."""
        final = self.file(name)
        with storage(final):
            for path in sorted(made.rglob("*")):
                if path.is_file():
                    with path.open("r+b") as file:
                        os.fsync(file.fileno())
            if final.exists():
                shutil.rmtree(final)
            made.rename(final)

    def digest(self, name: str) -> str:
        """SHA-256 of a file; of a folder, of the names and contents of its files."""
        path = self.file(name)
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        total = hashlib.sha256()
        for file in files:
            total.update(str(file.relative_to(self.path)).encode())
            with file.open("rb") as content:
                total.update(hashlib.file_digest(content, "sha256").digest())
        return total.hexdigest()

    def discard_unowned(self, owned: Iterable[str]) -> None:
        """Remove everything under the round folders that no finished stage owns."""
        kept = {self.file(name) for name in owned}
        for folder in sorted([*self.path.glob("round-*"), *self.path.glob("base")]):
            for path in sorted(folder.rglob("*"), reverse=True):
                if any(path == keep or keep in path.parents for keep in kept):
                    continue
                if path.is_dir() and not path.is_symlink():
                    if not any(path.iterdir()):
                        path.rmdir()
                else:
                    path.unlink()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for this process.

        Raises RunDirectoryError when another process holds it, and, without leaving a trace there,
        when the folder holds something else or cannot be written.
        """
        try:
            self._refuse_foreign()
            with storage(self.path):
                self.path.mkdir(parents=True, exist_ok=True)
                lock = self.file(".lock").open("w")
        except OSError as error:
            raise RunDirectoryError(
                f"{self.path} cannot be a run directory: {error.strerror}; give another folder with"
                " --into"
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RunDirectoryError(
                    f"{self.path} is in use by another errata process; wait for it or stop it"
                ) from error
            yield

    def _refuse_foreign(self) -> None:
        """A folder without run.json must be empty, or be one that errata locked and a crash left
        before run.json was there."""
        if self.exists() or not self.path.exists():
            return
        found = {path.name for path in self.path.iterdir()}
        if found and not (".lock" in found and found <= _BEFORE_RUN):
            raise RunDirectoryError(
                f"{self.path} is not empty and is not a run; give another folder with --into"
            )
