"""The verifier ``leak``: no candidate comes near a problem that the target is measured on.

Every candidate is compared with every problem of every set but train (dev, gate, test/*, ood/*). The
first rule that holds makes the objection, with its evidence; the nearest problem by every rule is kept
for ``leaks.jsonl``, from F1 0.3 on:

``exact``      the same problem, by the domain's fingerprints;
``template``   the same story with other numbers (the domain's template, or all words but numbers);
``run``        a shared run of 13 words;
``rouge-l``    ROUGE-L F1 of the questions of at least 0.7;
``reordered``  the same sentences in another order, with whatever numbers: F1 of shingles;
``solution-run``, ``solution-rouge-l``  what the target would be trained to write, against the
               reference solutions;
``neighbours`` nearest in meaning, by the embedder; off unless a threshold is given.

A problem without words (a generated drill, whose parameters say it all) leaks only when it is the
same. Not covered: paraphrases, without the embedding rule; translations.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from errata.fingerprints import Fingerprints, text_fingerprints
from errata.nearness import Nearness, NearProblem
from errata.parts import Services, Verifier
from errata.records import Candidate, Objection, Problem
from errata_strategies.neighbours import Neighbours
from errata_strategies.overlap import EPSILON, OverlapIndex
from errata_strategies.settings import LeakSettings
from errata_strategies.shingles import NUMBER, masked, shingles
from errata_strategies.verifiers import trained_text

TRAIN = "train"
_STORY = 5  # words besides numbers from which all but the numbers make a story
_SOLUTION = 20  # words from which a solution is its own: shorter ones are alike by chance
_FLOOR = 0.3  # F1 from which the nearest problem is worth naming
_HELD = 4_096  # candidates whose nearest problems are kept until they are asked for

Place = tuple[str, str]


@dataclass(frozen=True)
class _Found:
    """The nearest problem by one rule, and what a person would want to see beside it."""

    near: NearProblem
    evidence: dict[str, JsonValue] = field(default_factory=dict)


class Leak(Verifier):
    """Reads the evaluation sets once, on first use. ``seconds`` counts the lexical rules' time.

    Raises LookupError when the embedding rule is asked for and the recipe has no embedder.
    """

    name = "leak"

    def __init__(self, settings: LeakSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._read_guard: _Guard | None = None
        self._held: dict[str, tuple[Candidate, Nearness]] = {}
        self.seconds = 0.0
        if settings.neighbours is not None:
            try:
                self._embedder = services.embedder()
            except KeyError as error:
                raise LookupError(
                    "the rule `neighbours` needs an embedder: add a section `embed`, for instance"
                    " `embed: sentence-transformers`, or leave `neighbours` out"
                ) from error

    @property
    def embedding_seconds(self) -> float:
        """Time that the embedding rule took."""
        neighbours = self._read_guard.neighbours if self._read_guard else None
        return neighbours.seconds if neighbours else 0.0

    async def verify(self, candidate: Candidate) -> Objection | None:
        """A ``leak`` objection, with the problem it leaks and the rule that says so."""
        found = self._measure(candidate)
        while len(self._held) >= _HELD:  # whoever verifies alone never asks for them
            del self._held[next(iter(self._held))]
        self._held[candidate.id] = candidate, _nearness(candidate, found)
        leaked = next((one for one in found if one.near.leaked), None)
        return None if leaked is None else _objection(leaked)

    def look_ahead(self, candidates: Sequence[Candidate]) -> None:
        """Embed the questions of ``candidates`` together, which is faster than one by one."""
        if self._guard.neighbours:
            self._guard.neighbours.look_ahead([c.body.problem.question for c in candidates])

    def nearest(self, candidate: Candidate) -> Nearness:
        """The nearest evaluation problem by every rule: exact for F1 from 0.3 on."""
        held = self._held.pop(candidate.id, None)
        if held is not None and held[0] == candidate:
            return held[1]
        return _nearness(candidate, self._measure(candidate))

    def _measure(self, candidate: Candidate) -> list[_Found]:
        """What each rule finds, in the order of the rules."""
        guard, problem = self._guard, candidate.body.problem
        started = time.perf_counter()
        fingerprints = self._services.domain.fingerprints(problem)
        found = [
            *self._same(guard, fingerprints),
            *_likeness(guard.index, guard.known, fingerprints.words, "run", "rouge-l"),
        ]
        if guard.shingles and fingerprints.words:
            found += _likeness(
                guard.shingles, guard.known, shingles(problem.question), "", "reordered"
            )
        if self._settings.solutions:
            words = _solution_words(trained_text(candidate))
            found += _likeness(
                guard.solutions, guard.solved, words, "solution-run", "solution-rouge-l"
            )
        self.seconds += time.perf_counter() - started
        if guard.neighbours and fingerprints.words:
            found += self._by_meaning(guard, guard.neighbours, problem)
        return found

    @property
    def _guard(self) -> _Guard:
        if self._read_guard is None:
            self._read_guard = self._read()
        return self._read_guard

    def _same(self, guard: _Guard, fingerprints: Fingerprints) -> Iterator[_Found]:
        if fingerprints.exact in guard.exact:
            yield _leaked("exact", guard.exact[fingerprints.exact], 1.0)
        if self._settings.template:
            for key in _templates(fingerprints):
                if key in guard.template:
                    yield _leaked("template", guard.template[key], 1.0, template=key)
                    return

    def _by_meaning(
        self, guard: _Guard, neighbours: Neighbours, problem: Problem
    ) -> Iterator[_Found]:
        nearest = neighbours.nearest(problem.question)
        least = self._settings.neighbours
        if nearest is not None and least is not None:
            place, score = guard.known[nearest[0]], nearest[1]
            yield _Found(_near("neighbours", place, score, score >= least))

    def _read(self) -> _Guard:
        own = self._settings
        guard = _Guard(
            index=OverlapIndex(own.rouge_l, own.run),
            solutions=OverlapIndex(own.solution_rouge_l, own.run),
            shingles=None if own.reordered is None else OverlapIndex(own.reordered, ordered=False),
        )
        questions = []
        for name in sorted(self._services.sets):
            if name == TRAIN:
                continue
            for problem in self._services.problems(name):
                fingerprints = self._services.domain.fingerprints(problem)
                guard.add(problem, fingerprints, (problem.id, name))
                if fingerprints.words:
                    questions.append(problem.question)
        if own.neighbours is not None:
            guard.neighbours = Neighbours(self._embedder, questions)
        return guard


@dataclass
class _Guard:
    """What must not leak. Values are (problem id, set); ``known`` names the texts of ``index``,
    ``shingles`` and ``neighbours``, ``solved`` those of ``solutions``."""

    index: OverlapIndex
    solutions: OverlapIndex
    shingles: OverlapIndex | None
    neighbours: Neighbours | None = None
    exact: dict[str, Place] = field(default_factory=dict)
    template: dict[str, Place] = field(default_factory=dict)
    known: list[Place] = field(default_factory=list)
    solved: list[Place] = field(default_factory=list)

    def add(self, problem: Problem, fingerprints: Fingerprints, place: Place) -> None:
        """Guard ``problem``."""
        self.exact.setdefault(fingerprints.exact, place)
        for key in _templates(fingerprints):
            self.template.setdefault(key, place)
        if not fingerprints.words:
            return
        self.index.add(fingerprints.words)
        self.known.append(place)
        if self.shingles is not None:
            self.shingles.add(shingles(problem.question))
        solution = _solution_words(problem.solution)
        if solution:
            self.solutions.add(solution)
            self.solved.append(place)


def _likeness(
    index: OverlapIndex, known: Sequence[Place], words: Sequence[str], run: str, rouge_l: str
) -> Iterator[_Found]:
    """A shared run by the rule named ``run``, and the nearest text by the rule named ``rouge_l``."""
    shared = index.shared_run(words)
    if shared is not None:
        number, told = shared
        yield _leaked(run, known[number], float(len(told)), words=" ".join(told))
    near = index.nearest(words, threshold=min(_FLOOR, index.threshold))
    if near is not None:
        leaked = near.score >= index.threshold - EPSILON
        yield _Found(_near(rouge_l, known[near.index], near.score, leaked))


def _solution_words(text: str) -> tuple[str, ...]:
    """The words of a solution that are no numbers; none where they are too few to be its own."""
    if not text.strip():
        return ()
    words = text_fingerprints(Problem(id="solution", question=text, answer="-")).words
    told = tuple(word for word in masked(words) if word != NUMBER)
    return told if len(told) >= _SOLUTION else ()


def _templates(fingerprints: Fingerprints) -> list[str]:
    """The domain's template, and the words without their numbers where they tell a story."""
    found = [] if fingerprints.template is None else [fingerprints.template]
    words = masked(fingerprints.words)
    if fingerprints.template is not None and len([w for w in words if w != NUMBER]) >= _STORY:
        found.append(" ".join(words))
    return found


def _near(rule: str, place: Place, score: float, leaked: bool) -> NearProblem:
    return NearProblem(
        rule=rule, problem_id=place[0], set=place[1], score=round(score, 4), leaked=leaked
    )


def _leaked(rule: str, place: Place, score: float, **evidence: JsonValue) -> _Found:
    return _Found(_near(rule, place, score, leaked=True), evidence)


def _nearness(candidate: Candidate, found: Sequence[_Found]) -> Nearness:
    near = tuple(one.near for one in found)
    leak = next((one.rule for one in near if one.leaked), "")
    return Nearness(candidate_id=candidate.id, by=Leak.name, leak=leak, near=near)


def _objection(found: _Found) -> Objection:
    near = found.near
    return Objection(
        reason="leak",
        detail=f"near {near.problem_id} ({near.set}) by {near.rule}, {near.score:.4g}",
        by=Leak.name,
        evidence={
            "near": near.problem_id,
            "set": near.set,
            "rule": near.rule,
            "score": near.score,
            **found.evidence,
        },
    )
