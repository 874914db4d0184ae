"""Evaluations on disk: attempts and verdicts of a checkpoint, one pair of files a set.

They lie in the folder of the round that made the checkpoint, so no checkpoint ever answers a problem
twice. Not covered: what is made of them (``rounds.py``, ``measure.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from errata.errors import CorruptRecord
from errata.memory import give_back
from errata.records import Attempt, Checkpoint, Outcome, Verdict
from errata.run import Run
from errata.stages import evaluate


def evaluate_set(run: Run, checkpoint: Checkpoint, set_name: str) -> list[str]:
    """Attempts and verdicts of a checkpoint on one set, as far as they are missing; their files."""
    files = evaluation_files(checkpoint, set_name)
    store, total = run.store, len(run.sets.get(set_name, ()))
    done = {a.problem_id for a in store.read(files[0], Attempt)}
    if len(done) < total:
        run.target.use(store.file(checkpoint.path).resolve() if checkpoint.path else None)
        batches = evaluate.attempt(
            run.problems(set_name), checkpoint.id, run.target, run.domain, frozenset(done)
        )
        with store.append(files[0]) as attempts:
            for batch in evaluate.counting(batches, len(done), total, run.progress):
                for made in batch:
                    attempts.write(made)
                attempts.sync()
        give_back()
    checked = {v.problem_id for v in store.read(files[1], Verdict)}
    made_attempts = store.read(files[0], Attempt)
    with store.append(files[1]) as verdicts:
        for found in evaluate.check(made_attempts, run.index.__getitem__, run.domain, checked):
            for verdict in found:
                verdicts.write(verdict)
            verdicts.sync()
    return files


def judged(run: Run, checkpoint: Checkpoint, set_name: str) -> Iterator[tuple[Attempt, Verdict]]:
    """Attempts of a checkpoint on one set with their verdicts. Raises CorruptRecord where the two
    files do not go together."""
    attempts, verdicts = evaluation_files(checkpoint, set_name)
    pairs = zip_longest(run.store.read(attempts, Attempt), run.store.read(verdicts, Verdict))
    for number, (attempt, verdict) in enumerate(pairs, start=1):
        if attempt is None or verdict is None or attempt.id != verdict.attempt_id:
            raise CorruptRecord(
                f"{run.store.file(verdicts)}, line {number}: not the verdict on line {number} of"
                f" {run.store.file(attempts)}; delete both files and `errata resume` redoes them and"
                " what follows"
            )
        yield attempt, verdict


def outcomes(run: Run, checkpoint: Checkpoint, set_name: str) -> dict[str, Outcome]:
    """Outcome by problem id."""
    return {v.problem_id: v.outcome for _, v in judged(run, checkpoint, set_name)}


def evaluation_files(checkpoint: Checkpoint, set_name: str) -> list[str]:
    """Attempts and verdicts of a checkpoint on one set, relative to the run."""
    return [f"{checkpoint.id}/{kind}/{slug(set_name)}.jsonl" for kind in ("attempts", "verdicts")]


def slug(set_name: str) -> str:
    """A set's name as a file name: ``test/drills`` is ``test.drills``."""
    return set_name.replace("/", ".")
