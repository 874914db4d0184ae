"""One round on disk: each method reads records, calls its stage, writes records, names its files.

The first half, up to error types, stands in ``cases.py``. An evaluation belongs to the checkpoint that
was evaluated (``evaluation.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from errata.card import write_card
from errata.cases import BASE, Cases
from errata.checkpoints import train_checkpoint
from errata.errors import ExtensionError, boundary
from errata.evaluation import evaluate_sets, judged, outcomes, slug, take_up
from errata.life import lives_of
from errata.lines import FileMemo
from errata.measure import accuracy, compare, decide
from errata.mending import mended_before
from errata.nearness import nearest_of
from errata.parts import ChoosesStyles, DevCases, Guides, Selector, Solved, Strategy
from errata.quotas import QUOTAS, quotas
from errata.records import (
    Accuracy,
    BadCase,
    Candidate,
    Checkpoint,
    Comparison,
    Diagnosis,
    Objection,
    Outcome,
    Problem,
    RoundRecord,
    Selection,
    Shortfall,
    TrainingExample,
    TypeChange,
)
from errata.stages import synthesize, train
from errata.stages.replay import replay, replayed
from errata.stages.synthesize import Known

__all__ = ["BASE", "GUIDANCE", "Round", "earlier_rounds", "slug", "train_checkpoint"]

GUIDANCE = "guidance.md"


class Round(Cases):
    """Round ``name`` of a run, which starts from the checkpoint ``incoming``."""

    # --- synthesize, select, train ----------------------------------------------------------------

    def synthesize(self) -> list[str]:
        """Candidates against every type, with the objections to them; or guidance alone."""
        strategy = self.run.make(self.run.prepared.parts["synthesize"])
        self.run.together(
            "synthesize",
            self._synthesize(strategy),
            outlives_budget=self.recipe.synthesize.when_spent == "go-on",
        )
        files = [QUOTAS, "candidates.jsonl", "objections.jsonl", "shortfalls.jsonl", "leaks.jsonl"]
        if isinstance(strategy, Guides):
            self.store.write(self.path(GUIDANCE), strategy.guidance(self.grouped[0]))
            files.append(GUIDANCE)
        return [self.path(f) for f in files]

    async def _synthesize(self, strategy: Strategy) -> None:
        askers = (self.run.prepared.parts["synthesize"], *self.run.prepared.verifiers)
        if any(chosen.part.capabilities(chosen.settings) for chosen in askers):
            take_up(self.run, self.incoming)
        types, settings = self.grouped[0], self.recipe.synthesize
        own = {t.id: {a.attempt_id for a in self.of_type(t.id, "train")} for t in types}
        plan = synthesize.Plan(
            self._quotas(own),
            settings.wave,
            settings.idle_waves,
            lambda: self.run.instructing.spent,
        )
        verifiers = {chosen.use: self.run.make(chosen) for chosen in self.run.prepared.verifiers}
        for earlier in self.earlier_candidates():
            synthesize.announce(earlier, verifiers)
        waves = synthesize.synthesize(
            types,
            plan,
            strategy,
            verifiers,
            self._cases_of(own).__getitem__,
            lambda name: self.run.random(f"{self.name}/{name}"),
            self.name,
            self._known(),
        )
        total, done = sum(plan.quota.values()), 0
        with (
            self.store.append(self.path("candidates.jsonl"), fresh=True) as candidates,
            self.store.append(self.path("objections.jsonl"), fresh=True) as objections,
            self.store.append(self.path("shortfalls.jsonl"), fresh=True) as shortfalls,
            self.store.append(self.path("leaks.jsonl"), fresh=True) as leaks,
        ):
            async for made in waves:
                for candidate in made.candidates:
                    candidates.write(candidate)
                for objection in made.objections:
                    objections.write(objection)
                if made.shortfall:
                    shortfalls.write(made.shortfall)
                for nearness in nearest_of(made.candidates, verifiers):
                    leaks.write(nearness)
                objected = {o.candidate_id for o in made.objections}
                done += sum(c.id not in objected for c in made.candidates)
                self.run.progress(done, total)

    def _quotas(self, own: Mapping[str, set[str]]) -> dict[str, int]:
        """How many candidates each type is to get; written with the why."""
        settings = self.recipe.synthesize
        mended = (
            mended_before(self.store, earlier_rounds(self.name), self.name)
            if settings.per_type == "expected-gain"
            else {}
        )
        counts = {t: len(ids) for t, ids in own.items()}
        found = quotas(counts, settings.total, settings.per_type, mended)
        with self.store.append(self.path(QUOTAS), fresh=True) as out:
            for quota in found.values():
                out.write(quota)
        return {t: quota.quota for t, quota in found.items()}

    def _known(self) -> Known:
        """What the target gets right in the train set, and the diagnoses of the bad cases."""
        return Known(
            solved=self._solved(),
            diagnoses={
                d.attempt_id: d for d in self.store.read(self.path("diagnoses.jsonl"), Diagnosis)
            },
        )

    def _solved(self) -> list[Solved]:
        return [
            Solved(self.run.index[attempt.problem_id], attempt)
            for attempt, verdict in judged(self.run, self.incoming, "train")
            if verdict.outcome == "right"
        ]

    def _cases_of(self, own: Mapping[str, set[str]]) -> dict[str, list[BadCase]]:
        """Bad cases by type; ``own`` has the attempt ids of each type."""
        found: dict[str, list[BadCase]] = {type_id: [] for type_id in own}
        for case in self.bad_cases():
            for type_id, ids in own.items():
                if case.attempt.id in ids:
                    found[type_id].append(case)
        return found

    def accepted(self) -> Iterator[Candidate]:
        """Candidates that nothing objected to."""
        objected = {
            o.candidate_id for o in self.store.read(self.path("objections.jsonl"), Objection)
        }
        for candidate in self.store.read(self.path("candidates.jsonl"), Candidate):
            if candidate.id not in objected:
                yield candidate

    def earlier_candidates(self) -> Iterator[Candidate]:
        """Candidates accepted in earlier rounds."""
        for name in earlier_rounds(self.name):
            yield from Round(self.run, name, BASE).accepted()

    def select(self) -> list[str]:
        """Which of the accepted candidates the target is trained on."""
        candidates = list(self.accepted())
        selector: Selector = self.run.make(self.run.prepared.parts["select"])
        selections = self._select(selector, candidates) if candidates else []
        files = [self.path("selection.jsonl")]
        with self.store.append(files[0], fresh=True) as out:
            for selection in selections:
                out.write(selection)
        choices = selector.style_choices() if isinstance(selector, ChoosesStyles) else ()
        if choices:
            files.append(self.path("styles.jsonl"))
            with self.store.append(files[1], fresh=True) as out:
                for choice in choices:
                    out.write(choice)
        return files

    def _select(self, selector: Selector, candidates: Sequence[Candidate]) -> Sequence[Selection]:
        take_up(self.run, self.incoming)
        memo = FileMemo(self.store.file(self.path("scores.jsonl")))
        name = f"selector {self.recipe.select.use}"
        with boundary(name, "selecting"):
            found = list(selector.select(candidates, self.dev_cases(), memo))
        if sorted(s.candidate_id for s in found) != sorted(c.id for c in candidates):
            raise ExtensionError(
                f"{name} was given {len(candidates)} candidates and returned {len(found)} selections"
                " that are not theirs; return one Selection per candidate, with its candidate_id"
            )
        return found

    def dev_cases(self) -> DevCases:
        """Held-out cases for selection, each list in a random order of its own."""
        dev = judged(self.run, self.incoming, "dev")
        good = [verdict.problem_id for _, verdict in dev if verdict.outcome == "right"]
        bad = {t.id: self._dev_problems(t.id) for t in self.grouped[0]}
        all_bad = sorted({problem_id for ids in bad.values() for problem_id in ids})
        return DevCases(
            bad={type_id: self._shuffled(ids) for type_id, ids in bad.items()},
            all_bad=self._shuffled(all_bad),
            good=self._shuffled(good),
        )

    def _dev_problems(self, type_id: str) -> list[str]:
        return [assignment.problem_id for assignment in self.of_type(type_id, "dev")]

    def _shuffled(self, ids: Iterable[str]) -> list[Problem]:
        found = sorted(ids)
        self.run.random(f"{self.name}/dev").shuffle(found)
        return [self.run.index[problem_id] for problem_id in found]

    def examples(self) -> Iterator[TrainingExample]:
        """What this round trains on; with ``start: base`` also what earlier rounds trained on; then
        what it is reminded of."""
        count = 0
        for example in self._without_replay():
            count += 1
            yield example
        settings = self.recipe.train.replay if self.recipe.train else None
        if settings is not None:
            random = self.run.random(f"{self.name}/replay")
            yield from replay(self._solved(), settings, count, self.run.domain, random)

    def _without_replay(self) -> Iterator[TrainingExample]:
        if self.recipe.train and self.recipe.train.start == "base":
            # The round before has in its file what the rounds before it trained on.
            before = ["round-0", *earlier_rounds(self.name)][-1]
            for example in self.store.read(f"{before}/train.jsonl", TrainingExample):
                if not replayed(example):
                    yield example
        yield from self.new_examples()

    def new_examples(self) -> Iterator[TrainingExample]:
        """What this round's kept candidates add."""
        kept = {s.candidate_id for s in self._selections() if s.kept}
        for candidate in self.accepted():
            if candidate.id in kept:
                yield train.example(candidate, self.run.domain)

    def _selections(self) -> Iterator[Selection]:
        return self.store.read(self.path("selection.jsonl"), Selection)

    def train(self) -> list[str]:
        """The next checkpoint."""
        assert self.recipe.train is not None
        start = self.incoming if self.recipe.train.start == "last" else BASE
        return train_checkpoint(self, "train", list(self.examples()), start)

    def guided(self) -> bool:
        """Whether this round changes what the target reads, and not its weights."""
        path = self.store.file(self.path(GUIDANCE))
        return path.exists() and bool(path.read_text(encoding="utf-8").strip())

    def guide(self) -> list[str]:
        """The incoming checkpoint with guidance before every question."""
        text = self.store.file(self.path(GUIDANCE)).read_text(encoding="utf-8")
        update: dict[str, object] = {"id": self.name, "parent": self.incoming.id, "trainer": ""}
        update |= {"guidance": text, "examples": 0, "replayed": 0, "metrics": {}}
        with self.store.append(self.path("checkpoint.jsonl"), fresh=True) as out:
            out.write(self.incoming.model_copy(update=update))
        return [self.path("checkpoint.jsonl")]

    # --- measure ----------------------------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """The checkpoint that this round made."""
        return next(iter(self.store.read(self.path("checkpoint.jsonl"), Checkpoint)))

    def measure(self) -> list[str]:
        """The new checkpoint on every set but train; kept or rejected."""
        made = BASE if self.name == BASE.id else self.checkpoint()
        sets = [s for s in self.run.sets if s != "train"]
        if made == BASE and self.recipe.warmup.examples:
            sets = [s for s in sets if s != "dev"]  # nothing is chosen by the untouched base
        files = evaluate_sets(self.run, made, sets)
        record = self._record(made, sets)
        self.store.write(self.path("round.json"), record.model_dump_json(indent=1) + "\n")
        if made != BASE:
            files.append(write_card(self.store, self.name, self.recipe))
        if self.name not in (BASE.id, "round-0"):
            files.append(self._write_life())
        self.run.active.notify("errata_round_finished", record=record)
        return [*files, self.path("round.json")]

    def _write_life(self) -> str:
        names = [*earlier_rounds(self.name), self.name]
        with self.store.append(self.path("life.jsonl"), fresh=True) as out:
            for life in lives_of(self.store, names)[self.name]:
                out.write(life)
        return self.path("life.jsonl")

    def _record(self, made: Checkpoint, sets: Sequence[str]) -> RoundRecord:
        after = {s: outcomes(self.run, made, s) for s in sets}
        accuracies: list[Accuracy] = [accuracy(s, after[s].values()) for s in sets]
        if made == BASE:
            return RoundRecord(checkpoint=made, accuracies=tuple(accuracies), why="untouched")
        comparisons: list[Comparison] = []
        for set_name in sets:
            before = outcomes(self.run, self.incoming, set_name)
            if before:
                comparisons.append(compare(set_name, self.incoming.id, before, after[set_name]))
        if self.name == "round-0":
            kept, why = True, "the baseline of every claim"
        else:
            kept, why = decide(comparisons, self.recipe.guards(), self.recipe.stop.alpha)
        return RoundRecord(
            checkpoint=made,
            accuracies=tuple(accuracies),
            comparisons=tuple(comparisons),
            kept=kept,
            why=why,
            types=() if self.name == "round-0" else tuple(self._type_changes(after.get("dev", {}))),
        )

    def _type_changes(self, dev_after: dict[str, Outcome]) -> Iterator[TypeChange]:
        for error_type in self.grouped[0]:
            dev = self._dev_problems(error_type.id)
            yield TypeChange(
                error_type=error_type.id,
                name=error_type.name,
                cases=error_type.count,
                dev_cases=len(dev),
                dev_fixed=sum(dev_after.get(problem_id) == "right" for problem_id in dev),
            )

    def shortfalls(self) -> list[Shortfall]:
        """Types that got fewer candidates than their quota."""
        return list(self.store.read(self.path("shortfalls.jsonl"), Shortfall))


def earlier_rounds(name: str) -> list[str]:
    """Names of the rounds before ``name``, the warm-up left out."""
    return [f"round-{n}" for n in range(1, int(name.removeprefix("round-")))]
