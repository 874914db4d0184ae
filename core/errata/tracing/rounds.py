"""One round of a run, read once and looked up by id.

Not covered: what is told of it (``telling.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from errata.evaluation import IMPORTED_FILES, evaluation_files
from errata.grouped import grouped
from errata.records import (
    Assignment,
    Attempt,
    Candidate,
    Checkpoint,
    Diagnosis,
    ErrorType,
    Objection,
    Problem,
    RoundRecord,
    Selection,
    TrainingExample,
    TypeChange,
)
from errata.stages.problems import Placed
from errata.store import Store
from errata.tracing.traced import Fate, Made, TracedCase

_SETS = ("train", "dev")


class RunProblems:
    """The problems of a run with their sets; read when they are first needed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def by_id(self) -> Mapping[str, Problem]:
        """Every problem of every set."""
        return {problem.id: problem for problem in self._store.read("problems.jsonl", Problem)}

    @cached_property
    def sets(self) -> Mapping[str, str]:
        """The set of each problem."""
        return {p.problem_id: p.set for p in self._store.read("splits.jsonl", Placed)}


class Round:
    """Round ``name`` of the run in ``store``, as far as it went."""

    def __init__(self, store: Store, name: str, problems: RunProblems) -> None:
        self._store, self.name, self._problems = store, name, problems

    @cached_property
    def candidates(self) -> Mapping[str, Candidate]:
        """By id."""
        return {c.id: c for c in self._store.read(f"{self.name}/candidates.jsonl", Candidate)}

    @cached_property
    def examples(self) -> Mapping[str, TrainingExample]:
        """What the trainer received, by id; empty before it was trained."""
        return {e.id: e for e in self._store.read(f"{self.name}/train.jsonl", TrainingExample)}

    @cached_property
    def types(self) -> Mapping[str, ErrorType]:
        """By id."""
        return {t.id: t for t in self._grouped[0]}

    @cached_property
    def diagnoses(self) -> Mapping[str, Diagnosis]:
        """By attempt."""
        found = self._store.read(f"{self.name}/diagnoses.jsonl", Diagnosis)
        return {d.attempt_id: d for d in found}

    def objections(self, candidate_id: str) -> tuple[Objection, ...]:
        """Those to one candidate."""
        return tuple(self._objections.get(candidate_id, ()))

    def selection(self, candidate_id: str) -> Selection | None:
        """What the selector decided on one candidate."""
        return self._selections.get(candidate_id)

    def fate(self, candidate_id: str) -> Fate:
        """What became of a candidate."""
        if candidate_id in self.examples:
            return "trained on"
        if candidate_id in self._objections:
            return "refused"
        selection = self.selection(candidate_id)
        if selection is not None:
            return "kept" if selection.kept else "accepted, not kept"
        return "accepted" if self._synthesized else "not decided yet"

    def made(self, candidates: Iterable[Candidate]) -> tuple[Made, ...]:
        """Candidates in short."""
        return tuple(
            Made(
                id=c.id,
                fate=self.fate(c.id),
                question=c.body.problem.question,
                reasons=tuple(o.reason for o in self.objections(c.id)),
                usd=c.lineage.cost,
            )
            for c in candidates
        )

    def change(self, error_type: str) -> TypeChange | None:
        """How held-out cases of a type fared with the round's checkpoint."""
        path = self._store.file(f"{self.name}/round.json")
        if not path.exists():
            return None
        record = RoundRecord.model_validate_json(path.read_bytes())
        return next((t for t in record.types if t.error_type == error_type), None)

    def cases_of(self, error_type: str) -> tuple[TracedCase, ...]:
        """The bad cases of a type."""
        return tuple(
            self._case(id_) for id_, types in self._assigned.items() if error_type in types
        )

    def cases_at(self, problem_id: str) -> tuple[TracedCase, ...]:
        """The bad cases that a problem was: one for each attempt at it."""
        return tuple(
            self._case(id_) for id_, d in self.diagnoses.items() if d.problem_id == problem_id
        )

    def parent(self, problem_id: str, error_type: str | None) -> TracedCase | None:
        """A problem that a candidate was made from: the case of that type if it was one."""
        cases = self.cases_at(problem_id)
        if cases:
            return next((case for case in cases if error_type in case.types), cases[0])
        if problem_id in self._problems.by_id:
            place = self._problems.sets.get(problem_id, "")
            return TracedCase(problem=self._problems.by_id[problem_id], set=place)
        own = self._own_problems.get(problem_id)
        return None if own is None else TracedCase(problem=own, set="candidate")

    def _case(self, attempt_id: str) -> TracedCase:
        diagnosis = self.diagnoses[attempt_id]
        id_ = diagnosis.problem_id
        return TracedCase(
            problem=self._problems.by_id[id_],
            set=self._problems.sets.get(id_, ""),
            attempt=self._attempts.get(attempt_id),
            diagnosis=diagnosis,
            types=self._assigned.get(attempt_id, ()),
        )

    @cached_property
    def _grouped(self) -> tuple[list[ErrorType], list[Assignment]]:
        return grouped(self._store, self.name)

    @cached_property
    def _assigned(self) -> Mapping[str, tuple[str, ...]]:
        return {assignment.attempt_id: assignment.types for assignment in self._grouped[1]}

    @cached_property
    def _objections(self) -> Mapping[str, list[Objection]]:
        found: dict[str, list[Objection]] = defaultdict(list)
        for objection in self._store.read(f"{self.name}/objections.jsonl", Objection):
            found[objection.candidate_id].append(objection)
        return dict(found)

    @cached_property
    def _selections(self) -> Mapping[str, Selection]:
        found = self._store.read(f"{self.name}/selection.jsonl", Selection)
        return {selection.candidate_id: selection for selection in found}

    @cached_property
    def _synthesized(self) -> bool:
        done = {(s.round, s.stage) for s in self._store.manifest().stages}
        return (self.name, "synthesize") in done

    @cached_property
    def _own_problems(self) -> Mapping[str, Problem]:
        return {c.body.problem.id: c.body.problem for c in self.candidates.values()}

    @cached_property
    def _attempts(self) -> Mapping[str, Attempt]:
        """The attempts that were diagnosed."""
        checkpoints = {id_.split(":", 1)[0] for id_ in self.diagnoses}
        files = [
            evaluation_files(Checkpoint(id=c), s)[0] for c in sorted(checkpoints) for s in _SETS
        ]
        return {
            attempt.id: attempt
            for file in (*files, IMPORTED_FILES[0])
            for attempt in self._store.read(file, Attempt)
            if attempt.id in self.diagnoses
        }
