"""Which round can be trained elsewhere, and what it starts from."""

from __future__ import annotations

from errata.errors import UserError
from errata.loop import WARM_UP, finished
from errata.records import Checkpoint
from errata.rounds import BASE, Round, earlier_rounds
from errata.run import Run


def selected_round(run: Run, number: int | None, *, trained: bool) -> Round:
    """Round ``number``, or the last one whose candidates are selected; without ``trained`` only one
    that has no checkpoint yet. Raises UserError when there is none."""
    selected = [d.round for d in run.store.manifest().stages if d.stage == "select"]
    names = [n for n in selected if trained or not run.done(n, "train")]
    path = run.store.path
    if number is not None and f"round-{number}" not in names:
        name = f"round-{number}"
        why = "has a checkpoint already" if name in selected else "has not selected its candidates"
        raise UserError(
            f"{path}: {name} {why}; rounds that can be taken: {', '.join(names) or 'none'}"
        )
    if not names:
        why = (
            f"{selected[-1]} has a checkpoint already"
            if selected
            else "no round has got so far yet"
        )
        raise UserError(
            f"{path}: no round waits for a checkpoint: {why}. `errata run RECIPE --into DIR --until"
            " select`, or a recipe without a section `train`, stops where one can come from elsewhere"
        )
    name = names[-1] if number is None else f"round-{number}"
    return Round(run, name, incoming(run, name))


def incoming(run: Run, name: str) -> Checkpoint:
    """The checkpoint that round ``name`` goes on from: the last one kept before it."""
    found = BASE
    earlier = [WARM_UP] if run.done(WARM_UP, "measure") else []
    for before in [*earlier, *earlier_rounds(name)]:
        if run.done(before, "measure"):
            record = finished(Round(run, before, BASE))
            if record.kept:
                found = record.checkpoint
    return found


def start(round_: Round) -> Checkpoint:
    """What the recipe has this round trained from."""
    train = round_.recipe.train
    return BASE if train is not None and train.start == "base" else round_.incoming
