"""``write_page``: the report of a run as one self-contained HTML file.

No script runs in it and nothing is fetched: a content security policy forbids both. Everything that a
model wrote goes through the template's escaping. Figures come from the summary, which is embedded as
JSON; examples are sampled, and cut down until the page is under ``LIMIT`` bytes.

Not covered: search, filters, and the live page of a run that goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from errata.records import (
    Candidate,
    Correction,
    Critique,
    Pair,
    Trajectory,
)
from errata.report import charts, words
from errata.report.case_figures import CATEGORIES, SAMPLED
from errata.report.figures import RoundFigures, Summary, TriageCounts
from errata.report.samples import (
    BUDGETS,
    KEPT,
    NOT_KEPT,
    Budget,
    Samples,
    sample,
)
from errata.report.steps import domain_steps
from errata.report.summary import summarize
from errata.store import Store

NAME = "report.html"
LIMIT = 1_900_000  # bytes


def write_page(store: Store) -> Path:
    """Write ``report.html`` into the run, atomically; returns its path.

    Raises RunDirectoryError when ``store`` holds no run, CorruptRecord for a line that does not read.
    """
    summary = summarize(store)
    recipe = store.file("recipe.yaml")
    text = recipe.read_text(encoding="utf-8") if recipe.exists() else ""
    steps, note = domain_steps(summary.domain, _options(text))
    samples = sample(store, summary, steps)
    for budget in BUDGETS:
        page = render(summary, samples, text, budget, note)
        if len(page.encode()) <= LIMIT:
            break
    store.write(NAME, page)
    return store.file(NAME)


def _options(recipe: str) -> dict[str, Any]:
    section = (yaml.safe_load(recipe) or {}).get("domain")
    found = section.get("options") if isinstance(section, dict) else None
    return found if isinstance(found, dict) else {}


def render(
    summary: Summary, samples: Samples, recipe: str, budget: Budget, steps_note: str = ""
) -> str:
    """The page as text, with examples up to ``budget``."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("errata", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": words.percent,
        "count": words.count,
        "count_if": words.count_if,
        "counted": words.counted,
        "p": words.p_value,
        "duration": words.duration,
        "figure": words.figure,
        "words": words.category,
        "clip": lambda text: clipped(text, budget.characters),
    }
    view = View(summary, samples, budget)
    return environment.get_template("page.html.j2").render(
        s=summary,
        view=view,
        words=words,
        budget=budget,
        recipe=recipe,
        steps_note=steps_note,
        panels=charts.panels(summary),
        histogram=charts.histogram,
        chart=charts,
        data=embedded(summary),
    )


def embedded(summary: Summary) -> Any:
    """The summary as JSON that cannot end its script element."""
    from markupsafe import Markup

    text = summary.model_dump_json()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 what HTML would read is escaped above


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
    """What the template asks for beyond the summary."""

    summary: Summary
    samples: Samples
    budget: Budget

    def cards(self, glance: Sequence[tuple[str, Any, Any, Any]]) -> list[tuple[str, Any, Any, Any]]:
        """The sets a claim may rest on: those that decide nothing, where there are any."""
        reported = [row for row in glance if row[0].split("/")[0] in ("test", "ood")]
        return reported or list(glance)

    def triage(self, part: str) -> list[tuple[RoundFigures, TriageCounts]]:
        """Rounds with their counts of ``part``: "triage" or "other_models"."""
        return [(r, counts) for r in self.summary.rounds for counts in getattr(r, part)]

    def categories(self, rows: Sequence[tuple[RoundFigures, TriageCounts]]) -> list[str]:
        """Those that are shown: what samples may find only where samples were drawn."""
        looked = any(c.sampled or c.categories[name] for _, c in rows for name in SAMPLED)
        return [name for name in CATEGORIES if looked or name not in SAMPLED]

    @property
    def type_rows(self) -> int:
        """Rows of a table of types: with few examples there are still some figures."""
        return max(self.budget.types, 20)

    def type_name(self, round_: RoundFigures, type_id: str) -> str:
        """A type's name; its id where the type is no longer there."""
        return next((t.name for t in round_.types if t.id == type_id), type_id)

    def of_fate(self, round_: RoundFigures, fate: str) -> int:
        """How many candidates of a round had the fate that a sample shows."""
        funnel = round_.funnel
        known = {KEPT: funnel.kept or 0, NOT_KEPT: funnel.accepted - (funnel.kept or 0)}
        return known[fate] if fate in known else funnel.reasons[fate]

    def fate(self, round_: RoundFigures, fate: str) -> str:
        """A fate in words; before selection all that is accepted still waits for it."""
        waiting = fate == NOT_KEPT and round_.funnel.kept is None
        return "accepted, not selected yet" if waiting else words.category(fate)

    def column_seconds(self, rows: dict[str, dict[str, float]], column: str) -> float:
        """Time of a round, all stages together."""
        return sum(row.get(column, 0.0) for row in rows.values())

    def cases(self, round_name: str, type_id: str) -> list[Any]:
        """Sampled bad cases of a type."""
        return self.samples.cases.get((round_name, type_id), [])[: self.budget.cases]

    def steps(self, case: Any) -> list[Line]:
        """The target's solution as numbered steps."""
        return numbered(case.steps, case.diagnosis.step, self.budget.characters)

    def changes(self, checkpoint: str, set_name: str, direction: str) -> list[Any]:
        """Sampled problems that a checkpoint fixed or broke."""
        found = self.samples.changes.get((checkpoint, set_name, direction), [])
        return found[: self.budget.changes]

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

    def parts(self, candidate: Candidate) -> Iterable[tuple[str, str]]:
        """A candidate as headed texts."""
        return [("question", candidate.body.problem.question), *_body(candidate)]


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
