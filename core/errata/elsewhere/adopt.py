"""A checkpoint that was trained elsewhere becomes a round's own.

It is copied beside its place, looked at (names and shapes of its weights, then one problem answered
with it), put in place in one rename, and the stage *train* is entered as finished. A process that dies
before that leaves the round as it was. ``errata resume`` then measures it like any other.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from errata.checkpoints import enter_checkpoint, write_examples
from errata.elsewhere.fitting import refuse_misfit
from errata.elsewhere.rounds import selected_round, start
from errata.errors import ExtensionError, UserError, boundary
from errata.lines import storage
from errata.parts import Materialises
from errata.records import Checkpoint
from errata.rounds import Round
from errata.run import Run
from errata.store import StageDone

ADOPTED = "adopted"  # what a checkpoint from elsewhere names as its trainer
# Weights, configuration, tokenizer; not a trainer's own states and logs.
_WANTED = {".safetensors", ".json", ".jinja", ".model", ".txt"}


def adopt(run: Run, folder: Path, number: int | None) -> Checkpoint:
    """Take ``folder`` as the checkpoint of a round that has none: ``number``, or the last one.

    Raises UserError when no round waits for one, and when the folder is no checkpoint of the run's
    base; nothing is changed then.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give the one that the trainer saved")
    with run.store.locked():
        run.open()
        round_ = selected_round(run, number, trained=False)
        if "materialise" in run.prepared.parts["target"].part.provides:
            target = run.target
            assert isinstance(target, Materialises)
            with boundary(f"target {target.name}", "giving its base weights"):
                base = target.materialise()
            refuse_misfit(folder, base)
        made = _copied(round_, folder)
        with ExitStack() as leftovers:
            leftovers.callback(shutil.rmtree, made, ignore_errors=True)
            _try_out(run, made, folder)
            leftovers.pop_all()
        return _enter(round_, made)


def _copied(round_: Round, folder: Path) -> Path:
    made = round_.store.file(round_.path("checkpoint.tmp"))
    with storage(made):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.suffix in _WANTED:
                shutil.copyfile(path, made / path.name)
    return made


def _try_out(run: Run, made: Path, folder: Path) -> None:
    """Answer one problem with the checkpoint. Raises UserError when the target cannot take it up."""
    problem = next(run.problems("train"))
    try:
        with boundary(f"target {run.target.name}", "answering a problem with it"):
            run.target.use(made.resolve())
            run.target.generate([run.domain.target_prompt(problem)])
    except ExtensionError as error:
        raise UserError(f"{folder}: cannot be adopted: {error}") from error
    finally:
        with boundary(f"target {run.target.name}", "letting go of it"):
            run.target.use(None)


def _enter(round_: Round, made: Path) -> Checkpoint:
    """Put the checkpoint in place and enter the stage. Its examples are those of the round, whatever
    was done with them."""
    store, examples = round_.store, list(round_.examples())
    write_examples(round_, examples)
    files = enter_checkpoint(round_, made, start(round_), ADOPTED, examples, {})
    done = StageDone(
        round=round_.name,
        stage="train",
        seconds=0.0,
        outputs={name: store.digest(name) for name in sorted(files)},
    )
    manifest = store.manifest()
    update = {"stages": (*manifest.stages, done), "ended": ""}
    store.save(manifest.model_copy(update=update))
    return round_.checkpoint()
