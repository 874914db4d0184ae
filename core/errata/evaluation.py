"""Evaluations on disk: attempts and verdicts of a checkpoint, one pair of files a set; and samples.

They lie in the folder of the round that made the checkpoint, so no checkpoint ever answers a problem
twice. What other models answered lies beside the problems. Not covered: what is made of them
(``cases.py``, ``rounds.py``, ``measure.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, islice, zip_longest
from pathlib import Path

from errata.domain import Domain
from errata.errors import CorruptRecord, boundary
from errata.memory import give_back
from errata.records import Attempt, Checkpoint, Outcome, Problem, Record, Verdict
from errata.run import Run
from errata.stages import evaluate, sampling
from errata.stages.importing import IMPORTED, Importing
from errata.stages.problems import Placed
from errata.store import Store

IMPORTED_COUNTS = f"{IMPORTED}/sources.jsonl"
IMPORTED_FILES = (f"{IMPORTED}/attempts.jsonl", f"{IMPORTED}/verdicts.jsonl")


def evaluate_sets(run: Run, checkpoint: Checkpoint, sets: Sequence[str]) -> list[str]:
    """Attempts and verdicts of a checkpoint on sets, as far as they are missing; their files.

    Problems of all sets are answered together, so that small sets make no small batches; not of those
    that an earlier stage has finished. A verdict is written when all attempts are there.
    """
    missing = (s for s in sets if not _finished(run, checkpoint, s))
    place = {problem_id: s for s in missing for problem_id in run.sets[s]}
    evaluate_problems(run, checkpoint, place)
    return [file for s in sets for file in evaluation_files(checkpoint, s)]


def evaluate_problems(run: Run, checkpoint: Checkpoint, place: Mapping[str, str]) -> None:
    """The same for the problems, by id, of which ``place`` says the set: whole sets, or a part."""
    store, sets = run.store, dict.fromkeys(place.values())
    files = {s: evaluation_files(checkpoint, s) for s in sets}
    known = (store.read(attempts, Attempt) for attempts, _ in files.values())
    done = {a.problem_id for a in chain.from_iterable(known)} & place.keys()
    if len(done) < len(place):
        take_up(run, checkpoint)
        problems = (run.index[problem_id] for problem_id in place)
        guidance = checkpoint.guidance or None
        found = evaluate.attempt(problems, checkpoint.id, run.target, run.domain, done, guidance)
        counted = evaluate.counting(found, len(done), len(place), run.progress)
        with ExitStack() as stack:
            out = {s: stack.enter_context(store.append(files[s][0])) for s in files}
            for batch in counted:
                for attempt in batch:
                    out[place[attempt.problem_id]].write(attempt)
                for set_name in {place[attempt.problem_id] for attempt in batch}:
                    out[set_name].sync()
        give_back()
    for each in files.values():
        check_file(store, each, run.index.__getitem__, run.domain)


def _finished(run: Run, checkpoint: Checkpoint, set_name: str) -> bool:
    verdicts = run.store.read(evaluation_files(checkpoint, set_name)[1], Verdict)
    return sum(1 for _ in verdicts) == len(run.sets[set_name])


def sample_set(
    run: Run, checkpoint: Checkpoint, set_name: str, problems: Sequence[str]
) -> list[str]:
    """Samples of a checkpoint at ``problems`` of a set, ``triage.samples`` each, with their verdicts,
    as far as they are missing; their files."""
    files, settings = sample_files(checkpoint, set_name), run.recipe.triage
    store, total = run.store, len(problems) * settings.samples
    done = frozenset(a.id for a in store.read(files[0], Attempt))
    if not total:
        store.write(files[0], "")  # a finished stage has all its files
    if len(done) < total:
        take_up(run, checkpoint)
        batches = sampling.draw(
            (run.index[problem_id] for problem_id in problems),
            settings.samples,
            checkpoint.id,
            run.target,
            lambda problem: run.domain.target_prompt(problem, guidance=checkpoint.guidance or None),
            done,
            settings.temperature,
            run.random,
        )
        counted = evaluate.counting(batches, len(done), total, run.progress)
        append_batches(store, files[0], counted)
        give_back()
    check_file(run.store, files, run.index.__getitem__, run.domain)
    return files


def import_attempts(run: Run) -> list[str]:
    """Attempts of other models at train problems, as the recipe's ``error_sources`` have them, with
    verdicts, and what became of each file; the files made.

    Raises ProblemsError naming file and line.
    """
    store, files = run.store, [*IMPORTED_FILES, IMPORTED_COUNTS]
    sets = {placed.problem_id: placed.set for placed in store.read("splits.jsonl", Placed)}
    importing = Importing(sets, run.index.__getitem__)
    with store.append(files[0], fresh=True) as attempts:
        for source in run.recipe.error_sources:
            for made in importing.read(source):
                attempts.write(made)
    store.file(files[1]).unlink(missing_ok=True)
    check_file(run.store, files[:2], run.index.__getitem__, run.domain)
    with store.append(files[2], fresh=True) as out:
        for counts in importing.counts:
            out.write(counts)
    return files


def check_file(
    store: Store, files: Sequence[str], problems: Callable[[str], Problem], domain: Domain
) -> None:
    """Verdicts on the attempts in the first of two files, as far as the second lacks them."""
    attempts, verdicts = files
    done = sum(1 for _ in store.read(verdicts, Verdict))
    waiting: Iterable[Attempt] = islice(store.read(attempts, Attempt), done, None)
    append_batches(store, verdicts, evaluate.check(waiting, problems, domain))


def append_batches(store: Store, name: str, batches: Iterable[Iterable[Record]]) -> None:
    """Append records to a file, durable a batch at a time."""
    with store.append(name) as out:
        for batch in batches:
            for record in batch:
                out.write(record)
            out.sync()


def weights(store: Store, checkpoint: Checkpoint) -> Path | None:
    """The folder with the weights of a checkpoint; None for the untouched base."""
    return store.file(checkpoint.path).resolve() if checkpoint.path else None


def take_up(run: Run, checkpoint: Checkpoint) -> None:
    """Switch the target to the weights of ``checkpoint``."""
    with boundary(f"target {run.target.name}", f"taking up {checkpoint.id}"):
        run.target.use(weights(run.store, checkpoint))


def judged(run: Run, checkpoint: Checkpoint, set_name: str) -> Iterator[tuple[Attempt, Verdict]]:
    """Attempts of a checkpoint on one set with their verdicts. Raises CorruptRecord where the two
    files do not go together."""
    return paired(run.store, evaluation_files(checkpoint, set_name))


def sampled(run: Run, checkpoint: Checkpoint, set_name: str) -> Iterator[tuple[Attempt, Verdict]]:
    """Samples of a checkpoint on one set with their verdicts; see ``judged``."""
    return paired(run.store, sample_files(checkpoint, set_name))


def imported(store: Store) -> Iterator[tuple[Attempt, Verdict]]:
    """Attempts of other models with their verdicts; see ``judged``."""
    return paired(store, IMPORTED_FILES)


def paired(store: Store, files: Sequence[str]) -> Iterator[tuple[Attempt, Verdict]]:
    """Attempts with their verdicts, of two files. Raises CorruptRecord where they do not go
    together."""
    attempts, verdicts = files
    pairs = zip_longest(store.read(attempts, Attempt), store.read(verdicts, Verdict))
    for number, (attempt, verdict) in enumerate(pairs, start=1):
        if attempt is None or verdict is None or attempt.id != verdict.attempt_id:
            raise CorruptRecord(
                f"{store.file(verdicts)}, line {number}: not the verdict on line {number} of"
                f" {store.file(attempts)}; delete both files and `errata resume` redoes them and"
                " what follows"
            )
        yield attempt, verdict


def right_attempts(
    pairs: Iterable[tuple[Attempt, Verdict]], wanted: Iterable[str]
) -> dict[str, Attempt]:
    """The right attempt with the smallest id at each of the ``wanted`` problems."""
    lacking, found = set(wanted), dict[str, Attempt]()
    for attempt, verdict in pairs:
        if verdict.outcome != "right" or attempt.problem_id not in lacking:
            continue
        known = found.setdefault(attempt.problem_id, attempt)
        found[attempt.problem_id] = min(known, attempt, key=_place)
    return found


def _place(attempt: Attempt) -> tuple[int, str]:
    return len(attempt.id), attempt.id  # the tenth sample comes after the ninth


def outcomes(run: Run, checkpoint: Checkpoint, set_name: str) -> dict[str, Outcome]:
    """Outcome by problem id."""
    return {v.problem_id: v.outcome for _, v in judged(run, checkpoint, set_name)}


def evaluation_files(checkpoint: Checkpoint, set_name: str) -> list[str]:
    """Attempts and verdicts of a checkpoint on one set, relative to the run."""
    return [f"{checkpoint.id}/{kind}/{slug(set_name)}.jsonl" for kind in ("attempts", "verdicts")]


def sample_files(checkpoint: Checkpoint, set_name: str) -> list[str]:
    """Samples of a checkpoint on one set and their verdicts, relative to the run."""
    folder = f"{checkpoint.id}/samples"
    return [f"{folder}/{kind}/{slug(set_name)}.jsonl" for kind in ("attempts", "verdicts")]


def slug(set_name: str) -> str:
    """A set's name as a file name: ``test/drills`` is ``test.drills``."""
    return set_name.replace("/", ".")
