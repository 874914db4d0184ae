"""A run directory written record by record: two rounds, the second rejected, hostile texts in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest

from errata.calls.budget import Cost
from errata.calls.ledger import Asked, Ledger
from errata.calls.wire import Reply, Usage
from errata.measure import accuracy, compare, decide
from errata.records import (
    QA,
    Assignment,
    Attempt,
    Candidate,
    Checkpoint,
    Diagnosis,
    ErrorType,
    Lineage,
    Message,
    Objection,
    Outcome,
    Problem,
    Record,
    RoundRecord,
    Selection,
    Shortfall,
    Span,
    TrainingExample,
    Verdict,
)
from errata.rounds import slug
from errata.stages.group import to_yaml
from errata.stages.problems import Dropped, Placed
from errata.stages.triage import triage
from errata.store import Manifest, StageDone, Store
from errata.styles import StyleChoice, StyleFigure

HOSTILE = "<script>alert('x')</script></script><!-- <b>&amp; {{ 7*7 }} \u202eevil\x1b[31m"
SIZES = {"test/drills": 40, "test/stories": 25, "ood/svamp": 20, "gate": 60, "dev": 30, "train": 90}
RATES = {"base": 0.1, "round-0": 0.3, "round-1": 0.6, "round-2": 0.3}
TYPES = (
    ("t1", "borrow skipped in a difference", ("borrow skipped", "no borrow", "forgot to borrow")),
    ("t2", "wrong operation between price and count", ("added instead of multiplied",)),
    ("t3", f"hostile {HOSTILE}", (HOSTILE,)),
    ("t4", "stopped before the last step", ("stops early",)),
)
CHOICES = (
    StyleChoice(
        error_type="t1",
        chosen="program",
        why="the style 'program' is +0.200 against the usual style, ± 0.080",
        judge="train",
        cases=12,
        sureness=0.99379,
        figures=(StyleFigure(style="program", candidates=9, score=0.4, uncertainty=0.06),),
    ),
    StyleChoice(error_type="t3", chosen=None, why=f"no bad dev case {HOSTILE}"),
)
STABILITY = {"t1": 0.912, "t2": 0.65, "t3": 0.311, "t4": None}
RECIPE = """\
name: made
domain: {use: math, options: {}}
target: {use: scripted, model: tiny}
"""


class RunWriter:
    """Writes a run as the loop would, ``scale`` times as large, up to the stage ``until``."""

    def __init__(self, folder: Path, scale: int, until: tuple[str, str] | None) -> None:
        self.store, self.scale, self.until = Store(folder), scale, until
        self.random = Random(7)
        self.sets: dict[str, list[Problem]] = {}
        self.outcomes: dict[tuple[str, str], dict[str, Outcome]] = {}
        self.attempts: dict[str, Attempt] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.stages: list[StageDone] = []

    def write(self, name: str, records: Iterable[Record]) -> None:
        with self.store.append(name, fresh=True) as out:
            for record in records:
                out.write(record)

    def done(self, round_name: str, stage: str) -> bool:
        seconds = round(self.random.uniform(0.05, 400), 3)
        self.stages.append(StageDone(round=round_name, stage=stage, seconds=seconds))
        self.save("")
        return (round_name, stage) == self.until

    def save(self, ended: str) -> None:
        self.store.save(
            Manifest(
                name="made",
                recipe="ab" * 32,
                seed=11,
                versions={"torch": "2.13.0", "errata": "0.1.0"},
                stages=tuple(self.stages),
                ended=ended,
            )
        )

    def run(self) -> Store:
        self.store.write("recipe.yaml", RECIPE)
        self.save("")
        asyncio.run(self.ask())
        if self.problems() or self.measure("base", None):
            return self.store
        if self.train("round-0", "base", 12) or self.measure("round-0", "base"):
            return self.store
        for name, incoming in (("round-1", "round-0"), ("round-2", "round-1")):
            if self.round(name, incoming):
                return self.store
        self.save("all 2 rounds are done")
        return self.store

    async def ask(self) -> None:
        """Ask an instructor: what it cost stands in a real ledger."""
        ledger = Ledger(self.store.file("calls.sqlite"))
        for stage, number in (("diagnose", 7), ("synthesize", 12)):
            for place in range(number):
                asked = Asked(f"{stage}{place}".encode(), "{}", f"{stage} {place}")
                sent, durable = ledger.sending(asked, stage, Cost(1, 900, 0.5))
                await durable
                if place % 5 == 4:
                    ledger.ended(sent, Cost())
                else:
                    reply = Reply("yes", "stop", Usage(100, 20))
                    await ledger.received(sent, asked, reply, Cost(1, 120, 0.003))
        ledger.close()

    def problems(self) -> bool:
        for set_name, size in SIZES.items():
            self.sets[set_name] = [
                Problem(
                    id=f"{set_name}-{n}",
                    question=f"What is {n + 13} - {n}? {HOSTILE if n % 9 == 0 else ''}",
                    answer="13",
                    solution=f"{n + 13} - {n} = <<{n + 13}-{n}=13>>13\n#### 13",
                    kind="difference",
                )
                for n in range(size * self.scale)
            ]
        everything = [p for problems in self.sets.values() for p in problems]
        self.write("problems.jsonl", everything)
        self.write(
            "splits.jsonl",
            (Placed(problem_id=p.id, set=s) for s, ps in self.sets.items() for p in ps),
        )
        twice = [("train/drills", 5), ("test/stories", 2)]
        self.write(
            "dropped.jsonl",
            (Dropped(problem_id=f"x{n}", set=s, same_as="y") for s, k in twice for n in range(k)),
        )
        return self.done("setup", "problems")

    # --- evaluating -------------------------------------------------------------------------------

    def evaluate(self, checkpoint: str, set_name: str) -> None:
        if (checkpoint, set_name) in self.outcomes:
            return
        attempts, verdicts = [], []
        for problem in self.sets[set_name]:
            attempt, verdict = self._answer(checkpoint, problem)
            attempts.append(attempt)
            verdicts.append(verdict)
            self.attempts[attempt.id], self.verdicts[attempt.id] = attempt, verdict
        self.outcomes[checkpoint, set_name] = {v.problem_id: v.outcome for v in verdicts}
        self.write(f"{checkpoint}/attempts/{slug(set_name)}.jsonl", attempts)
        self.write(f"{checkpoint}/verdicts/{slug(set_name)}.jsonl", verdicts)

    def _answer(self, checkpoint: str, problem: Problem) -> tuple[Attempt, Verdict]:
        id_ = f"{checkpoint}:{problem.id}"
        draw = self.random.random()
        right = draw < RATES[checkpoint]
        text = f"First, {checkpoint} looks.\n\nThen 20 - 7 = 12.\n#### 12\n{HOSTILE}"
        if draw > 0.97:
            verdict = Verdict(problem_id=problem.id, outcome="undecided", reason="timed out")
        elif draw > 0.93:
            verdict = Verdict(problem_id=problem.id, outcome="wrong", explicit=False)
        else:
            outcome: Outcome = "right" if right else "wrong"
            verdict = Verdict(problem_id=problem.id, outcome=outcome, extracted="13")
        finish = "length" if 0.93 < draw < 0.95 else "stop"
        attempt = Attempt(
            id=id_,
            problem_id=problem.id,
            checkpoint=checkpoint,
            text=text,
            finish=finish,
            prompt_tokens=9,
            tokens=len(text) // 4,
        )
        return attempt, verdict.model_copy(update={"attempt_id": id_})

    def measure(self, checkpoint: str, incoming: str | None) -> bool:
        sets = [s for s in SIZES if s != "train" and (incoming or s != "dev")]
        for set_name in sets:
            self.evaluate(checkpoint, set_name)
        after = {s: self.outcomes[checkpoint, s] for s in sets}
        comparisons = [
            compare(s, incoming, self.outcomes[incoming, s], after[s])
            for s in sets
            if incoming and (incoming, s) in self.outcomes
        ]
        kept, why = (True, "warm-up") if checkpoint in ("base", "round-0") else (False, "")
        if not why:
            kept, why = decide(comparisons, ["gate"], 0.05)
        record = RoundRecord(
            checkpoint=Checkpoint(id=checkpoint),
            accuracies=tuple(accuracy(s, after[s].values()) for s in sets),
            comparisons=tuple(comparisons),
            kept=kept,
            why=why,
        )
        self.store.write(f"{checkpoint}/round.json", record.model_dump_json(indent=1) + "\n")
        return self.done(checkpoint, "measure")

    # --- a round ----------------------------------------------------------------------------------

    def round(self, name: str, incoming: str) -> bool:
        for set_name in ("train", "dev"):
            self.evaluate(incoming, set_name)
        if self.done(name, "evaluate"):
            return True
        ids = [f"{incoming}:{p.id}" for s in ("train", "dev") for p in self.sets[s]]
        triaged = list(triage((self.attempts[i] for i in ids), (self.verdicts[i] for i in ids)))
        self.write(f"{name}/triage.jsonl", triaged)
        if self.done(name, "triage"):
            return True
        bad = [t.attempt_id for t in triaged if t.category == "model-error"]
        return (
            self.group(name, bad) or self.synthesize(name) or self.train(name, incoming, None)
        ) or self.measure(name, incoming)

    def group(self, name: str, bad: list[str]) -> bool:
        diagnoses, assignments = [], []
        for place, attempt_id in enumerate(bad):
            problem_id = attempt_id.split(":", 1)[1]
            type_id, _, phrases = TYPES[min(place % 7, 3)]
            found = Diagnosis(
                problem_id=problem_id,
                keyphrase=phrases[place % len(phrases)],
                step=(None, 2, 9)[min(place % 8, 2)] if place % 8 < 3 else 2,
                explanation="The borrow is not taken.",
                no_error=place % 11 == 10,
                attempt_id=attempt_id,
                by="symbolic",
            )
            if place % 19 == 18 or place % 19 == 4:
                lack = "refused" if place % 2 else "unreadable"
                found = Diagnosis(
                    problem_id=problem_id,
                    keyphrase="",
                    failure="no use",
                    details={"lack": lack},
                    attempt_id=attempt_id,
                    by="instructor",
                )
            diagnoses.append(found)
            if not found.no_error and not found.failure:
                given = ["t1", "t4"] if place % 17 == 16 else [type_id]
                given = [] if place % 13 == 12 else given
                assignments.append(
                    Assignment(attempt_id=attempt_id, problem_id=problem_id, types=tuple(given))
                )
        self.write(f"{name}/diagnoses.jsonl", diagnoses)
        if self.done(name, "diagnose"):
            return True
        types = [
            ErrorType(id=t, name=n, description=f"{n}.", keyphrases=k, stability=STABILITY[t])
            for t, n, k in TYPES
        ]
        text = to_yaml(types)
        if name == "round-2":  # a person folded t4 into t1
            text += "- {id: t9, name: deleted before, merge: t1}\n"
        self.store.write(f"{name}/error_types.yaml", text)
        self.write(f"{name}/assignments.jsonl", assignments)
        return self.done(name, "group")

    def synthesize(self, name: str) -> bool:
        candidates, objections = [], []
        for place in range(80 * self.scale):
            type_id = TYPES[place % 3][0]
            problem = Problem(
                id=f"{name}-new-{place}",
                question=f"New: {place + 9} - {place}? {HOSTILE}",
                answer="9",
                solution=f"{place + 9} - {place} = 9\n#### 9",
            )
            candidate = Candidate(
                id=f"{name}/{type_id}/0/{place}",
                wave=0,
                body=QA(problem=problem),
                lineage=Lineage(
                    strategy="redraw", error_type=type_id, parents=("train-1",), cost=0.001
                ),
            )
            candidates.append(candidate)
            for divisor, reason, by in (
                (5, "duplicate", "novelty"),
                (10, "wrong-answer", "recompute"),
                (15, "duplicate", "leak"),
                (16, "leak", "leak"),
            ):
                if place % divisor == 0:
                    objections.append(
                        Objection(
                            reason=reason,
                            detail=f"like {HOSTILE}",
                            by=by,
                            candidate_id=candidate.id,
                            error_type=type_id,
                            evidence={"near": "gate-1", "set": "gate", "rule": HOSTILE}
                            if reason == "leak"
                            else {"same_as": "train-1"},
                        )
                    )
        objections += [
            Objection(reason="no-variant", detail="two operands", error_type="t2")
            for _ in range(17 * self.scale)
        ]
        self.write(f"{name}/candidates.jsonl", candidates)
        self.write(f"{name}/objections.jsonl", objections)
        lack = Shortfall(error_type="t2", asked=40, accepted=22, why="nothing more to propose")
        self.write(f"{name}/shortfalls.jsonl", [lack])
        if self.done(name, "synthesize"):
            return True
        return self.select(name, candidates, {o.candidate_id for o in objections})

    def select(self, name: str, candidates: list[Candidate], objected: set[str]) -> bool:
        accepted = [c for c in candidates if c.id not in objected]
        scored = sorted(((self.random.gauss(0, 1), c.id) for c in accepted), reverse=True)
        self.kept = [
            Selection(
                candidate_id=id_,
                rank=rank,
                kept=rank <= len(scored) // 2,
                score=score,
                uncertainty=0.3,
                sureness=min(0.99, 0.5 + abs(score) / 3) if name == "round-1" else None,
            )
            for rank, (score, id_) in enumerate(scored, 1)
        ]
        self.write(f"{name}/selection.jsonl", self.kept)
        if name == "round-1":
            self.write(f"{name}/styles.jsonl", CHOICES)
        return self.done(name, "select")

    def train(self, name: str, start: str, count: int | None) -> bool:
        count = sum(s.kept for s in self.kept) if count is None else count
        example = TrainingExample(
            id="e",
            messages=(Message(role="user", content="?"),),
            completion="13",
            spans=(Span(start=0, end=2),),
        )
        self.write(f"{name}/train.jsonl", (example for _ in range(count)))
        made = Checkpoint(
            id=name,
            parent=start,
            path=f"{name}/checkpoint",
            trainer="sft",
            examples=count,
            metrics={"loss_first": 1.25, "loss_last": 0.3333333, "seconds": 60.5},
        )
        self.write(f"{name}/checkpoint.jsonl", [made])
        return self.done(name, "train")


@pytest.fixture(scope="session")
def written_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Store]:
    """Writes a run; ``scale`` multiplies its size, ``until`` names the last stage it finished."""

    def write(scale: int = 1, until: tuple[str, str] | None = None) -> Store:
        return RunWriter(tmp_path_factory.mktemp("run") / "made", scale, until).run()

    return write


@pytest.fixture(scope="session")
def finished_run(written_run: Callable[..., Store]) -> Store:
    """A finished run: warm-up, a kept round, a rejected one."""
    return written_run()
