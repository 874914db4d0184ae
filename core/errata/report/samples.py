"""Examples for the page: a few bad cases of each type, changed answers, candidates.

Sampled by the smallest SHA-256 of their ids, so the same run always shows the same examples and a
shorter list is the beginning of a longer one. Files are streamed; only what is shown is kept. How
many there are in all is not counted here: the summary has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from errata.evaluation import IMPORTED_FILES
from errata.grouped import grouped
from errata.records import Attempt, Candidate, Diagnosis, Objection, Problem, Selection
from errata.report.few import Few
from errata.report.figures import CheckpointFigures, RoundFigures, Summary
from errata.report.steps import Steps
from errata.report.summary import outcomes
from errata.rounds import slug
from errata.stages.importing import foreign
from errata.stages.problems import Placed
from errata.store import Store

KEPT, NOT_KEPT = "kept for training", "accepted, not kept"


@dataclass(frozen=True)
class Budget:
    """How much to show: bad cases a type, changed answers a set and direction, candidates a fate,
    candidates a type, types a round, and characters a text."""

    cases: int
    changes: int
    candidates: int
    made: int
    types: int
    characters: int


BUDGETS = (
    Budget(8, 8, 8, 4, 60, 2000),
    Budget(4, 4, 4, 2, 40, 1200),
    Budget(2, 2, 2, 1, 25, 800),
    Budget(1, 1, 1, 1, 8, 400),
    Budget(0, 0, 0, 0, 0, 0),
)


@dataclass(frozen=True)
class CaseSample:
    """A bad case of an error type; ``set`` is train or dev, ``model`` another one than the target."""

    problem: Problem
    set: str
    diagnosis: Diagnosis
    steps: Sequence[str]
    model: str = ""


@dataclass(frozen=True)
class ChangeSample:
    """A problem that a checkpoint fixed or broke, with both answers."""

    problem: Problem
    before: Attempt
    after: Attempt


@dataclass(frozen=True)
class CandidateSample:
    """A candidate, the objections to it, and its selection, if it came so far.

    ``near`` are the problems of the run that objections name, by id.
    """

    candidate: Candidate
    parent: Problem | None
    objections: Sequence[Objection]
    selection: Selection | None
    near: Mapping[str, Problem]


@dataclass(frozen=True)
class Samples:
    """Keys: (round, type id); (checkpoint, set, "fixed" or "broken"); (round, fate or reason); ``made``
    has the candidates of a (round, type id)."""

    cases: dict[tuple[str, str], list[CaseSample]]
    changes: dict[tuple[str, str, str], list[ChangeSample]]
    candidates: dict[tuple[str, str], list[CandidateSample]]
    made: dict[tuple[str, str], list[CandidateSample]]
    fruitless: dict[tuple[str, str], list[Objection]]


@dataclass
class _Wanted:
    """What must be looked up: attempts by file, and problems."""

    attempts: dict[str, set[str]] = field(default_factory=dict)
    problems: set[str] = field(default_factory=set)

    def imported(self, diagnosis: Diagnosis) -> None:
        self.attempts.setdefault(IMPORTED_FILES[0], set()).add(diagnosis.attempt_id)
        self.problems.add(diagnosis.problem_id)

    def attempt(self, checkpoint: str, set_name: str, problem_id: str) -> None:
        file = f"{checkpoint}/attempts/{slug(set_name)}.jsonl"
        self.attempts.setdefault(file, set()).add(f"{checkpoint}:{problem_id}")
        self.problems.add(problem_id)

    def found(self, store: Store) -> tuple[dict[str, Problem], dict[str, Attempt]]:
        """Problems and attempts by id."""
        problems = {p.id: p for p in store.read("problems.jsonl", Problem) if p.id in self.problems}
        attempts = {
            a.id: a
            for file, ids in sorted(self.attempts.items())
            for a in store.read(file, Attempt)
            if a.id in ids
        }
        return problems, attempts


def sample(store: Store, summary: Summary, steps: Steps) -> Samples:
    """Examples of every part of the page, as many as the largest budget shows."""
    budget, wanted = BUDGETS[0], _Wanted()
    dev = {p.problem_id for p in store.read("splits.jsonl", Placed) if p.set == "dev"}
    cases = {
        (round_.name, type_id): found
        for round_ in summary.rounds
        for type_id, found in _cases(store, round_, dev, budget, wanted)
    }
    changes = {
        (figures.id, *key): ids
        for figures in summary.checkpoints
        for key, ids in _changes(store, figures, budget, wanted)
    }
    made = [(r.name, _candidates(store, r.name, budget, wanted)) for r in summary.rounds]
    problems, attempts = wanted.found(store)
    compared = {c.id: c.compared_with for c in summary.checkpoints}

    def case(diagnosis: Diagnosis) -> CaseSample:
        problem = problems[diagnosis.problem_id]
        return CaseSample(
            problem=problem,
            set="dev" if problem.id in dev else "train",
            diagnosis=diagnosis,
            steps=list(steps(problem, attempts[diagnosis.attempt_id].text)),
            model=attempts[diagnosis.attempt_id].model,
        )

    def change(checkpoint: str, id_: str) -> ChangeSample:
        before, after = (attempts[f"{c}:{id_}"] for c in (compared[checkpoint], checkpoint))
        return ChangeSample(problem=problems[id_], before=before, after=after)

    def judged(found: _Judged) -> CandidateSample:
        candidate, objections, selection = found
        parent = problems.get(next(iter(candidate.lineage.parents), ""))
        near = {id_: problems[id_] for id_ in _near(objections) if id_ in problems}
        return CandidateSample(candidate, parent, objections, selection, near)

    return Samples(
        cases={key: [case(d) for d in found] for key, found in cases.items()},
        changes={key: [change(key[0], id_) for id_ in ids] for key, ids in changes.items()},
        candidates={
            (name, fate): [judged(c) for c in found]
            for name, candidates in made
            for fate, found in candidates.by_fate.items()
        },
        made={
            (name, type_id): [judged(c) for c in found]
            for name, candidates in made
            for type_id, found in candidates.by_type.items()
        },
        fruitless={
            (name, reason): found
            for name, candidates in made
            for reason, found in candidates.tries.items()
        },
    )


def _cases(
    store: Store, round_: RoundFigures, dev: set[str], budget: Budget, wanted: _Wanted
) -> Iterator[tuple[str, list[Diagnosis]]]:
    """Diagnoses of a few cases of each of the types that are shown."""
    shown = {t.id for t in round_.types[: budget.types]}
    few = Few[str, str](budget.cases)
    for assignment in grouped(store, round_.name)[1]:
        for type_id in assignment.types:
            if type_id in shown:
                few.offer(type_id, assignment.attempt_id, assignment.attempt_id)
    chosen = dict(few.items())
    ids = {id_ for found in chosen.values() for id_ in found}
    diagnoses = {
        d.attempt_id: d
        for d in store.read(f"{round_.name}/diagnoses.jsonl", Diagnosis)
        if d.attempt_id in ids
    }
    for diagnosis in diagnoses.values():
        if foreign(diagnosis.attempt_id):
            wanted.imported(diagnosis)
            continue
        set_name = "dev" if diagnosis.problem_id in dev else "train"
        wanted.attempt(round_.incoming, set_name, diagnosis.problem_id)
    for type_id, found in chosen.items():
        yield type_id, [diagnoses[id_] for id_ in found if id_ in diagnoses]


def _changes(
    store: Store, figures: CheckpointFigures, budget: Budget, wanted: _Wanted
) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """Ids of a few problems that a checkpoint fixed, and of a few that it broke, by set."""
    for paired in figures.comparisons:
        before = outcomes(store, paired.against, paired.set)
        after = outcomes(store, figures.id, paired.set)
        few = Few[str, str](budget.changes)
        for problem_id, outcome in after.items():
            if (before[problem_id] == "right") != (outcome == "right"):
                few.offer("fixed" if outcome == "right" else "broken", problem_id, problem_id)
        for direction, ids in few.items():
            for problem_id in ids:
                wanted.attempt(paired.against, paired.set, problem_id)
                wanted.attempt(figures.id, paired.set, problem_id)
            yield (paired.set, direction), ids


_Judged = tuple[Candidate, Sequence[Objection], Selection | None]


@dataclass(frozen=True)
class _Made:
    """A few candidates of each fate and of each type, and a few tries that gave none, by reason."""

    by_fate: dict[str, list[_Judged]]
    by_type: dict[str, list[_Judged]]
    tries: dict[str, list[Objection]]


def _candidates(store: Store, name: str, budget: Budget, wanted: _Wanted) -> _Made:
    tries = Few[str, Objection](budget.candidates)
    objected: dict[str, set[str]] = {}
    for number, objection in enumerate(store.read(f"{name}/objections.jsonl", Objection)):
        if objection.candidate_id:
            objected.setdefault(objection.candidate_id, set()).add(objection.reason)
        else:
            tries.offer(objection.reason, f"{name}/{number}", objection)
    kept = {s.candidate_id for s in store.read(f"{name}/selection.jsonl", Selection) if s.kept}
    by_fate = Few[str, Candidate](budget.candidates)
    by_type = Few[str, Candidate](budget.made)
    for c in store.read(f"{name}/candidates.jsonl", Candidate):
        for fate in sorted(objected.get(c.id, {KEPT if c.id in kept else NOT_KEPT})):
            by_fate.offer(fate, c.id, c)
        by_type.offer(c.lineage.error_type or "", c.id, c)
    fates, types = dict(by_fate.items()), dict(by_type.items())
    chosen = [c for found in (*fates.values(), *types.values()) for c in found]
    wanted.problems |= {c.lineage.parents[0] for c in chosen if c.lineage.parents}
    judge = _judging(store, name, {c.id for c in chosen})
    made = _Made(
        by_fate={fate: [judge(c) for c in found] for fate, found in fates.items()},
        by_type={type_id: [judge(c) for c in found] for type_id, found in types.items()},
        tries=dict(tries.items()),
    )
    for found in (*made.by_fate.values(), *made.by_type.values()):
        wanted.problems.update(id_ for _, objections, _ in found for id_ in _near(objections))
    return made


def _near(objections: Sequence[Objection]) -> Iterator[str]:
    """Ids of what a candidate is too near to; it may be a problem or another candidate."""
    for objection in objections:
        for key in ("near", "same_as"):
            if isinstance(found := objection.evidence.get(key), str):
                yield found


def _judging(store: Store, name: str, ids: set[str]) -> Callable[[Candidate], _Judged]:
    """Finds the objections to the candidates ``ids``, and their selections."""
    objections: dict[str, list[Objection]] = {}
    for objection in store.read(f"{name}/objections.jsonl", Objection):
        if objection.candidate_id in ids:
            objections.setdefault(objection.candidate_id, []).append(objection)
    selected = {
        s.candidate_id: s
        for s in store.read(f"{name}/selection.jsonl", Selection)
        if s.candidate_id in ids
    }
    return lambda c: (c, objections.get(c.id, ()), selected.get(c.id))
