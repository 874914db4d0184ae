"""What the page's templates ask for beyond the summary: samples within the budget, and words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from errata.records import Candidate, Correction, Critique, Objection, Pair, Trajectory
from errata.report import threads, words
from errata.report.case_figures import CATEGORIES, SAMPLED
from errata.report.figures import CheckpointFigures, RoundFigures, Summary, TriageCounts
from errata.report.samples import KEPT, NOT_KEPT, Budget, Samples


def clipped(text: str, characters: int) -> str:
    """The beginning of ``text``, and how much is left out."""
    if len(text) <= characters:
        return text
    return f"{text[:characters]} … ({len(text) - characters:,} more characters)"


@dataclass(frozen=True)
class Line:
    """A numbered step; ``number`` is None for a gap, whose text says how many are left out."""

    number: int | None
    text: str
    wrong: bool = False


def numbered(steps: Sequence[str], wrong: int | None, characters: int) -> list[Line]:
    """Steps from 1; of a long solution the beginning, what surrounds the wrong step, and the end."""
    marked = wrong if wrong and wrong <= len(steps) else None
    count = len(steps)
    shown = set(range(1, count + 1))
    if count > 14:
        middle = marked or 4
        near = range(middle - 4, middle + 4)
        shown = {n for n in (1, 2, 3, *near, count - 1, count) if 1 <= n <= count}
    found: list[Line] = []
    last = 0
    for number in sorted(shown):
        if number > last + 1:
            found.append(Line(None, f"… {number - last - 1} steps left out"))
        text = clipped(steps[number - 1], max(80, characters // 4))
        found.append(Line(number, text, number == marked))
        last = number
    return found


@dataclass(frozen=True)
class View:
    """What the templates ask for."""

    summary: Summary
    samples: Samples
    budget: Budget

    # --- did it help ------------------------------------------------------------------------------

    @cached_property
    def glance(self) -> list[tuple[str, Any, Any, Any]]:
        """The sets a claim may rest on: those that decide nothing, where there are any."""
        found = words.at_a_glance(self.summary)
        reported = [row for row in found if row[0].split("/")[0] in ("test", "ood")]
        return reported or found

    @cached_property
    def controls(self) -> list[tuple[CheckpointFigures, str]]:
        """The checkpoints that say what a gain is worth, each with what it controls for."""
        told = {
            "base": "the untouched target",
            "round-0": "taught the answer's form only",
        }
        final = self.summary.final
        rows = [(c, told.get(c.id, "")) for c in self.summary.checkpoints if c.id in told]
        rows += [
            (c, "the last checkpoint kept")
            for c in self.summary.checkpoints
            if c.id == final and c.id not in told
        ]
        return rows

    @cached_property
    def control_sets(self) -> list[str]:
        """The sets on which the controls are shown: those of ``glance``, or those measured so far."""
        if self.glance:
            return [name for name, *_ in self.glance]
        measured = {a.set for c, _ in self.controls for a in c.accuracies if a.complete}
        return [
            s.set
            for s in self.summary.sets
            if s.set in measured and s.set.split("/")[0] in ("test", "ood")
        ]

    def changes(self, checkpoint: str, set_name: str, direction: str) -> list[Any]:
        """Sampled problems that a checkpoint fixed or broke."""
        found = self.samples.changes.get((checkpoint, set_name, direction), [])
        return found[: self.budget.changes]

    # --- what goes wrong --------------------------------------------------------------------------

    @cached_property
    def threads(self) -> list[threads.Thread]:
        """Error types through the rounds, as many as are shown."""
        return threads.threads(self.summary.rounds)

    @cached_property
    def top(self) -> float:
        """The rate that the longest bar stands for."""
        return threads.scale(self.threads)

    @property
    def type_rows(self) -> int:
        """Rows of a table of types: with few examples there are still some figures."""
        return max(self.budget.types, 20)

    def cases(self, round_name: str, type_id: str) -> list[Any]:
        """Sampled bad cases of a type."""
        return self.samples.cases.get((round_name, type_id), [])[: self.budget.cases]

    def steps(self, case: Any) -> list[Line]:
        """The target's solution as numbered steps."""
        return numbered(case.steps, case.diagnosis.step, self.budget.characters)

    def made(self, round_name: str, type_id: str) -> list[Any]:
        """Sampled candidates of a type."""
        return self.samples.made.get((round_name, type_id), [])[: self.budget.made]

    def type_name(self, round_: RoundFigures, type_id: str | None) -> str:
        """A type's name; its id where the type is no longer there."""
        return next((t.name for t in round_.types if t.id == type_id), type_id or "")

    def triage(self, part: str) -> list[tuple[RoundFigures, TriageCounts]]:
        """Rounds with their counts of ``part``: "triage" or "other_models"."""
        return [(r, counts) for r in self.summary.rounds for counts in getattr(r, part)]

    def categories(self, rows: Sequence[tuple[RoundFigures, TriageCounts]]) -> list[str]:
        """Those that are shown: what samples may find only where samples were drawn."""
        looked = any(c.sampled or c.categories[name] for _, c in rows for name in SAMPLED)
        return [name for name in CATEGORIES if looked or name not in SAMPLED]

    # --- what was made ----------------------------------------------------------------------------

    def of_fate(self, round_: RoundFigures, fate: str) -> int:
        """How many candidates of a round had the fate that a sample shows."""
        funnel = round_.funnel
        known = {KEPT: funnel.kept or 0, NOT_KEPT: funnel.accepted - (funnel.kept or 0)}
        return known[fate] if fate in known else funnel.reasons[fate]

    def fate(self, round_: RoundFigures, fate: str) -> str:
        """A fate in words; before selection all that is accepted still waits for it."""
        waiting = fate == NOT_KEPT and round_.funnel.kept is None
        return "accepted, not selected yet" if waiting else words.category(fate)

    def fate_of(self, round_: RoundFigures, found: Any) -> str:
        """The fate of one sampled candidate; where several objected, the first of them."""
        if found.objections:
            return words.category(found.objections[0].reason)
        kept = found.selection is not None and found.selection.kept
        return self.fate(round_, KEPT if kept else NOT_KEPT)

    def candidates(self, round_name: str) -> list[tuple[str, list[Any]]]:
        """Sampled candidates by fate: kept, not kept, then by objection."""
        fates = [fate for name, fate in self.samples.candidates if name == round_name]
        order = {KEPT: 0, NOT_KEPT: 1}
        fates.sort(key=lambda fate: (order.get(fate, 2), fate))
        found = self.samples.candidates
        return [(f, found[round_name, f][: self.budget.candidates]) for f in fates]

    def fruitless(self, round_name: str) -> list[tuple[str, list[Any]]]:
        """Sampled tries without a candidate, by reason."""
        found = {
            r: tries for (name, r), tries in self.samples.fruitless.items() if name == round_name
        }
        return [(r, tries[: self.budget.candidates]) for r, tries in sorted(found.items())]

    def evidence(self, objection: Objection) -> Iterable[tuple[str, str]]:
        """What the objection rests on, without what its detail says already."""
        for key, value in objection.evidence.items():
            told = words.figure(value) if isinstance(value, float) else str(value)
            if told not in objection.detail:
                yield key, told

    def parts(self, candidate: Candidate) -> Iterable[tuple[str, str]]:
        """A candidate as headed texts."""
        return [("question", candidate.body.problem.question), *_body(candidate)]

    # --- what it cost -----------------------------------------------------------------------------

    def column_seconds(self, rows: dict[str, dict[str, float]], column: str) -> float:
        """Time of a round, all stages together."""
        return sum(row.get(column, 0.0) for row in rows.values())

    def label(self, checkpoint: str) -> str:
        """A checkpoint in words."""
        return next(
            (words.checkpoint(c) for c in self.summary.checkpoints if c.id == checkpoint),
            checkpoint,
        )


def _body(candidate: Candidate) -> list[tuple[str, str]]:
    body = candidate.body
    match body:
        case Correction():
            wrong = "\n".join(f"{n}. {step}" for n, step in enumerate(body.wrong_steps, 1))
            why = f"Step {body.wrong_step}: {body.explanation}"
            found = [
                ("wrong solution", wrong),
                ("first wrong step", why),
                ("corrected", body.corrected),
            ]
        case Trajectory():
            found = [("trajectory", body.text)]
        case Pair():
            found = [("prefix", body.prefix), ("better", body.chosen), ("worse", body.rejected)]
        case Critique():
            found = [("response", body.response), ("critique", body.critique)]
        case _:
            found = [("solution", body.problem.solution), ("answer", body.problem.answer)]
    return [(head, text) for head, text in found if text]
