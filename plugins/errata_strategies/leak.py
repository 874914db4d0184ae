"""The verifier ``leak``: no candidate comes near a problem that the target is measured on.

Every candidate is compared with every problem of every set but train (dev, gate, test/*, ood/*), and
the first rule that holds is reported, with its evidence:

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
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from errata.fingerprints import Fingerprints, text_fingerprints
from errata.parts import Services, Verifier
from errata.records import Candidate, Objection, Problem, Record
from errata_strategies.neighbours import Neighbours
from errata_strategies.overlap import OverlapIndex
from errata_strategies.settings import LeakSettings
from errata_strategies.shingles import NUMBER, masked, shingles
from errata_strategies.verifiers import trained_text

TRAIN = "train"
_STORY = 5  # words besides numbers from which all but the numbers make a story
_SOLUTION = 20  # words from which a solution is its own: shorter ones are alike by chance
_FLOORS = (0.7, 0.5, 0.3)  # where the nearest problem is looked for, in turn

Place = tuple[str, str]


class Nearness(Record):
    """The evaluation problem nearest to an accepted candidate.

    ``rouge_l`` is 0 where none shares as much as 0.3; ``cosine`` is None where the embedding rule is
    off, and then ``near_in_meaning`` is empty.
    """

    candidate_id: str
    near: str = ""
    set: str = ""
    rouge_l: float = 0.0
    near_in_meaning: str = ""
    cosine: float | None = None


class Leak(Verifier):
    """Reads the evaluation sets once, on first use. ``seconds`` counts the lexical rules' time.

    Raises LookupError when the embedding rule is asked for and the recipe has no embedder.
    """

    name = "leak"

    def __init__(self, settings: LeakSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._read_guard: _Guard | None = None
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
        guard, problem = self._guard, candidate.body.problem
        started = time.perf_counter()
        fingerprints = self._services.domain.fingerprints(problem)
        found = self._by_question(guard, problem, fingerprints)
        if found is None and self._settings.solutions:
            found = _by_solution(guard, trained_text(candidate))
        self.seconds += time.perf_counter() - started
        if found is None and guard.neighbours and fingerprints.words:
            found = self._by_meaning(guard, guard.neighbours, problem)
        return found

    def look_ahead(self, candidates: Sequence[Candidate]) -> None:
        """Embed the questions of ``candidates`` together, which is faster than one by one."""
        if self._guard.neighbours:
            self._guard.neighbours.look_ahead([c.body.problem.question for c in candidates])

    def nearest(self, candidate: Candidate) -> Nearness:
        """The nearest evaluation problem, for the report: exact by ROUGE-L from 0.3 on."""
        guard, problem = self._guard, candidate.body.problem
        words = self._services.domain.fingerprints(problem).words
        update: dict[str, object] = {}
        for floor in _FLOORS:
            near = guard.index.nearest(words, threshold=floor)
            if near is not None:
                place = guard.known[near.index]
                update = {"near": place[0], "set": place[1], "rouge_l": round(near.score, 4)}
                break
        if guard.neighbours and words:
            nearest = guard.neighbours.nearest(problem.question)
            if nearest is not None:
                update["near_in_meaning"] = guard.known[nearest[0]][0]
                update["cosine"] = nearest[1]
        return Nearness(candidate_id=candidate.id).model_copy(update=update)

    @property
    def _guard(self) -> _Guard:
        if self._read_guard is None:
            self._read_guard = self._read()
        return self._read_guard

    def _by_question(
        self, guard: _Guard, problem: Problem, fingerprints: Fingerprints
    ) -> Objection | None:
        if fingerprints.exact in guard.exact:
            return _objection(guard.exact[fingerprints.exact], "exact", 1.0)
        if self._settings.template:
            for key in _templates(fingerprints):
                if key in guard.template:
                    return _objection(guard.template[key], "template", 1.0, {"template": key})
        run = guard.index.shared_run(fingerprints.words)
        if run is not None:
            found, words = run
            evidence: dict[str, JsonValue] = {"words": " ".join(words)}
            return _objection(guard.known[found], "run", float(len(words)), evidence)
        near = guard.index.nearest(fingerprints.words)
        if near is not None:
            return _objection(guard.known[near.index], "rouge-l", near.score)
        if guard.shingles and fingerprints.words:
            near = guard.shingles.nearest(shingles(problem.question))
            if near is not None:
                return _objection(guard.known[near.index], "reordered", near.score)
        return None

    def _by_meaning(
        self, guard: _Guard, neighbours: Neighbours, problem: Problem
    ) -> Objection | None:
        nearest = neighbours.nearest(problem.question)
        least = self._settings.neighbours
        if nearest is None or least is None or nearest[1] < least:
            return None
        return _objection(guard.known[nearest[0]], "neighbours", nearest[1])

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


def _by_solution(guard: _Guard, text: str) -> Objection | None:
    words = _solution_words(text)
    run = guard.solutions.shared_run(words)
    if run is not None:
        found, shared = run
        evidence: dict[str, JsonValue] = {"words": " ".join(shared)}
        return _objection(guard.solved[found], "solution-run", float(len(shared)), evidence)
    near = guard.solutions.nearest(words)
    return None if near is None else _objection(
        guard.solved[near.index], "solution-rouge-l", near.score
    )  # fmt: skip


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


def _objection(
    place: Place, rule: str, score: float, evidence: dict[str, JsonValue] | None = None
) -> Objection:
    near, where = place
    return Objection(
        reason="leak",
        detail=f"near {near} ({where}) by {rule}, {score:.4g}",
        by=Leak.name,
        evidence={
            "near": near,
            "set": where,
            "rule": rule,
            "score": round(score, 4),
            **(evidence or {}),
        },
    )
