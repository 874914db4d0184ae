"""The first half of a round on disk: from attempts to error types.

Each method reads records, calls its stage, writes records, names its files. What is made of the error
types stands in ``rounds.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import cached_property, partial
from itertools import chain, islice
from typing import Any

from errata.evaluation import (
    evaluate_sets,
    evaluation_files,
    imported,
    judged,
    paired,
    right_attempts,
    sample_set,
    sampled,
)
from errata.grouped import grouped
from errata.lines import Appender
from errata.records import (
    Assignment,
    Attempt,
    BadCase,
    Checkpoint,
    Diagnosis,
    ErrorType,
    Triage,
    Verdict,
)
from errata.run import Run
from errata.stages import diagnose, group, triage
from errata.stages.importing import foreign
from errata.stages.ordered import ordered
from errata.stages.second_look import SecondLook, asking

BASE = Checkpoint(id="base")
_SETS = ("train", "dev")


class Cases:
    """Round ``name`` of a run, which starts from the checkpoint ``incoming``, up to error types."""

    def __init__(self, run: Run, name: str, incoming: Checkpoint) -> None:
        self.run, self.store, self.recipe = run, run.store, run.recipe
        self.name, self.incoming = name, incoming

    def path(self, file: str) -> str:
        """A file of this round, relative to the run."""
        return f"{self.name}/{file}"

    def evaluate(self) -> list[str]:
        """The incoming checkpoint on train and dev, where it has not been there yet."""
        sets = [s for s in _SETS if s in self.run.sets]
        return evaluate_sets(self.run, self.incoming, sets)

    # --- triage -----------------------------------------------------------------------------------

    def triage(self) -> list[str]:
        """Categories of the attempts on train and dev, and of those of other models; and the samples
        of what was answered wrong, where the recipe wants them."""
        files = self._sample() if self.recipe.triage.samples else []
        with self.store.append(self.path("triage.jsonl"), fresh=True) as out:
            suspected: set[str] = set()
            if files:
                work = self._look_again(files, out)
                suspected = self.run.together("triage", work) if self._asks else asyncio.run(work)
            else:
                for row in self._first_look():
                    out.write(row)
            for pair in imported(self.store):
                out.write(triage.of_another(triage.triaged(*pair), suspected))
        return [self.path("triage.jsonl"), *files]

    def _first_look(self) -> Iterator[Triage]:
        for set_name in _SETS:
            for pair in judged(self.run, self.incoming, set_name):
                yield triage.triaged(*pair)

    def _sample(self) -> list[str]:
        files = []
        for set_name in _SETS:
            rows = (triage.triaged(*p) for p in judged(self.run, self.incoming, set_name))
            wrong = [row.problem_id for row in rows if row.category == "model-error"]
            files += sample_set(self.run, self.incoming, set_name, wrong)
        return files

    async def _look_again(self, files: list[str], out: Appender) -> set[str]:
        """Write the categories; returns the problems whose reference is suspected."""
        suspected = set()
        look = self._second_look(files)
        async for row in ordered(self._first_look(), look, self.run.in_flight):
            if row.category == "suspected-wrong-gold":
                suspected.add(row.problem_id)
            out.write(row)
        return suspected

    @property
    def _asks(self) -> bool:
        """Whether triage may ask the instructor."""
        return bool(self.recipe.instructor and self.recipe.triage.suspect_gold)

    def _second_look(self, files: list[str]) -> SecondLook:
        drawn: dict[str, list[Verdict]] = {}
        for attempts, verdicts in zip(files[::2], files[1::2], strict=True):
            for _, verdict in paired(self.store, (attempts, verdicts)):
                drawn.setdefault(verdict.problem_id, []).append(verdict)
        solve = asking(self.run.services) if self._asks else None
        index = self.run.index
        return SecondLook(self.recipe.triage, self.run.domain, index.__getitem__, drawn, solve)

    # --- bad cases --------------------------------------------------------------------------------

    def bad_cases(self) -> Iterator[BadCase]:
        """Errors of the model on train and dev, in file order; then those of other models."""
        wanted = {
            t.attempt_id: t.problem_id
            for t in self.store.read(self.path("triage.jsonl"), Triage)
            if t.category == "model-error"
        }
        contrasts = self._contrasts({i for a, i in wanted.items() if not foreign(a)})
        for set_name in _SETS:
            for attempt, verdict in judged(self.run, self.incoming, set_name):
                if attempt.id in wanted:
                    yield self._case(attempt, verdict, contrasts)
        theirs = self._their_contrasts({i for a, i in wanted.items() if foreign(a)})
        for attempt, verdict in imported(self.store):
            if attempt.id in wanted:
                yield self._case(attempt, verdict, theirs)

    def _case(self, attempt: Attempt, verdict: Verdict, contrasts: dict[str, Attempt]) -> BadCase:
        return BadCase(
            problem=self.run.index[attempt.problem_id],
            attempt=attempt,
            verdict=verdict,
            contrast=contrasts.get(attempt.problem_id),
        )

    def _contrasts(self, wanted: set[str]) -> dict[str, Attempt]:
        """Right attempts at ``wanted`` problems: samples, else the latest of earlier checkpoints, else
        another model's."""
        found: dict[str, Attempt] = {}
        if self.recipe.triage.samples:
            drawn = (p for s in _SETS for p in sampled(self.run, self.incoming, s))
            found = right_attempts(drawn, wanted)
        for id_ in reversed(checkpoints_before(self.name)):
            found |= self._right_by(id_, wanted - found.keys())
        return found | right_attempts(imported(self.store), wanted - found.keys())

    def _their_contrasts(self, wanted: set[str]) -> dict[str, Attempt]:
        """The same for attempts of other models: theirs, else the target's earliest, so that what was
        asked in one round is asked in the same words in the next."""
        if not wanted:
            return {}
        found = right_attempts(imported(self.store), wanted)
        for id_ in checkpoints_before(self.name):
            found |= self._right_by(id_, wanted - found.keys())
        return found

    def _right_by(self, checkpoint: str, wanted: set[str]) -> dict[str, Attempt]:
        if not wanted:
            return {}
        files = (evaluation_files(Checkpoint(id=checkpoint), set_name) for set_name in _SETS)
        return right_attempts(
            chain.from_iterable(paired(self.store, pair) for pair in files), wanted
        )

    # --- diagnose, group --------------------------------------------------------------------------

    def diagnose(self) -> list[str]:
        """A diagnosis of every bad case, and a second one where the recipe names a second diagnoser."""
        files = [self.path("diagnoses.jsonl")]
        work = [("diagnose", self.recipe.diagnose.use)]
        if self.recipe.diagnose.second is not None:
            files.append(self.path("second_diagnoses.jsonl"))
            work.append(("diagnose.second", self.recipe.diagnose.second.use))
        for (section, by), name in zip(work, files, strict=True):
            self.run.together("diagnose", self._diagnose(name, self.run.part(section), by))
        return files

    async def _diagnose(self, name: str, diagnoser: Any, by: str) -> None:
        done = sum(1 for _ in self.store.read(name, Diagnosis))
        triaged = self.store.read(self.path("triage.jsonl"), Triage)
        total = sum(t.category == "model-error" for t in triaged)
        cases = islice(self.bad_cases(), done, None)
        self.run.progress(done, total)
        with self.store.append(name) as out:
            async for found in diagnose.diagnose(cases, diagnoser, by, self.run.in_flight):
                out.write(found)
                done += 1
                self.run.progress(done, total)

    def group(self) -> list[str]:
        """Error types and assignments."""
        diagnoses = list(self.store.read(self.path("diagnoses.jsonl"), Diagnosis))
        grouping = group.group(
            diagnoses,
            self.run.part("group"),
            self.recipe.group.use,
            partial(self.run.together, "group"),
        )
        self.store.write(self.path("error_types.yaml"), group.to_yaml(grouping.types))
        with self.store.append(self.path("assignments.jsonl"), fresh=True) as out:
            for assignment in grouping.assignments:
                out.write(assignment)
        return [self.path("error_types.yaml"), self.path("assignments.jsonl")]

    @cached_property
    def grouped(self) -> tuple[list[ErrorType], list[Assignment]]:
        """Types and assignments as ``error_types.yaml`` now has them."""
        return grouped(self.store, self.name)

    def of_type(self, type_id: str, set_name: str) -> list[Assignment]:
        """Assignments of a type's bad cases in one set."""
        members = set(self.run.sets.get(set_name, ()))
        return [a for a in self.grouped[1] if type_id in a.types and a.problem_id in members]


def checkpoints_before(name: str) -> list[str]:
    """Checkpoints that may be there before round ``name``, oldest first."""
    return [BASE.id, *(f"round-{n}" for n in range(int(name.removeprefix("round-"))))]
