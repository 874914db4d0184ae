"""Recorded outputs of several models to diagnoses, error types, and who fails how.

Uses what a run uses: the domain's checker, triage, the diagnoser ``symbolic``, the grouper
``embedding`` with room for `MAX_TYPES`. Not covered: pages and pictures (``make.py``, ``pictures.py``).
"""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from errata.domain import Domain
from errata.measure import wilson
from errata.parts import Diagnoser, Embedder, Grouper, Grouping, Kind, Services
from errata.plugins import Active, Catalogue, discover, make_plugin
from errata.records import Attempt, BadCase, Diagnosis, Problem
from errata.seeds import stream
from errata.stages.group import group
from errata.stages.triage import triaged

UNASSIGNED = "(unassigned)"
# Our reading of the symbolic diagnoser's phrases: the first that fits.
KINDS = (
    ("computes wrongly", r"slip in "),
    (
        "right numbers, wrong operation",
        r"wrong operation|worked as|upside down|wrong way|order of op",
    ),
    ("wrong quantity", r"wrong quantity|too many|left out of|nothing gives|percent not|unit not"),
    ("a step that leads nowhere", r"leads nowhere"),
    (
        "stops early, goes on, answers elsewhere",
        r"stopped|went on|never used|differs|given as",
    ),
    ("no equation to read", r"no readable"),
    ("something else", r""),
)
SIGNIFICANT = 0.05
MAX_TYPES = 60  # 76 phrases: the default limit, 25, joins unlike ones


@dataclass(frozen=True)
class Cell:
    """How many of a model's errors are of a type, with the 95% Wilson interval of the share.

    ``p`` is Fisher's exact two-sided p value against the errors of all other models.
    """

    count: int
    share: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Shares:
    """Shares of rows (id, name) among the errors of each model. ``cells`` by (row id, model); the
    model None is all models together. A case may be in several rows."""

    rows: Sequence[tuple[str, str]]
    models: Sequence[str]
    errors: Mapping[str | None, int]
    cells: Mapping[tuple[str, str | None], Cell]

    @property
    def level(self) -> float:
        """The p value below which a cell stands out: 5% over all cells (Bonferroni)."""
        return SIGNIFICANT / (len(self.rows) * len(self.models))

    def standing_out(self) -> list[tuple[str, str]]:
        """(row id, model) of the cells that stand out, the surest first."""
        keys = [(row, model) for row, _ in self.rows for model in self.models]
        sure = [key for key in keys if self.cells[key].p < self.level]
        return sorted(sure, key=lambda key: (self.cells[key].p, key))


@dataclass(frozen=True)
class Found:
    """Everything that page and pictures show: triage by model, diagnoses, types, and the shares of
    types and of the diagnoser's own kinds."""

    outcomes: Mapping[str, Counter[str]]
    diagnoses: Sequence[Diagnosis]
    grouping: Grouping
    types: Shares
    kinds: Shares


def examine(path: Path, cache: Path) -> Found:
    """Check, triage, diagnose and group the outputs in ``path``."""
    given = services(cache)
    outcomes, diagnoses = diagnosed(path, given)
    grouper = cast(Grouper, _part("grouper", "embedding", given, max_types=MAX_TYPES))
    grouping = group(diagnoses, grouper, "embedding")
    models = sorted(outcomes, key=natural)
    typed = [(model_of(a.attempt_id), a.types or (UNASSIGNED,)) for a in grouping.assignments]
    rows = [(t.id, t.name) for t in grouping.types]
    kinds = [(model_of(d.attempt_id), (kind_of(d.keyphrase),)) for d in diagnoses]
    return Found(
        outcomes,
        diagnoses,
        grouping,
        _shares(typed, [*rows, (UNASSIGNED, "unassigned")], models),
        _shares(kinds, [(name, name) for name, _ in KINDS], models),
    )


def diagnosed(path: Path, given: Services) -> tuple[dict[str, Counter[str]], list[Diagnosis]]:
    """Triage by model, and the diagnoses of the errors; those that find no error are left out."""
    outputs = list(_outputs(path))
    verdicts = given.domain.check([p for p, _ in outputs], [a.text for _, a in outputs])
    outcomes: dict[str, Counter[str]] = {}
    cases = []
    for (problem, attempt), verdict in zip(outputs, verdicts, strict=True):
        category = triaged(attempt, verdict).category
        outcomes.setdefault(attempt.checkpoint, Counter())[category] += 1
        if category == "model-error":
            cases.append(BadCase(problem=problem, attempt=attempt, verdict=verdict))
    diagnoser = cast(Diagnoser, _part("diagnoser", "symbolic", given))
    found = asyncio.run(_each(diagnoser, cases))
    return outcomes, [diagnosis for diagnosis in found if not diagnosis.no_error]


async def _each(diagnoser: Diagnoser, cases: Sequence[BadCase]) -> list[Diagnosis]:
    return [await diagnoser.diagnose(case) for case in cases]


def _outputs(path: Path) -> Iterator[tuple[Problem, Attempt]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            problem = Problem(
                id=row["problem_id"],
                question=row["question"],
                answer=row["answer"],
                solution=row["solution"],
            )
            yield (
                problem,
                Attempt(
                    id=f"{row['model']}:{problem.id}",
                    problem_id=problem.id,
                    checkpoint=row["model"],
                    text=row["prediction"] or "",
                    finish="stop",
                ),
            )


def services(cache: Path) -> Services:
    """What the parts may use; ``cache`` is a folder of theirs."""
    made: list[Embedder] = []

    def embedder() -> Embedder:
        if not made:
            made.append(cast(Embedder, _part("embedder", "sentence-transformers", given)))
        return made[0]

    math_domain = make_plugin(Catalogue(discover()).plugin("math", "the example"), None)
    given = Services(
        domain=Domain("math", Active({"math": math_domain})),
        random=lambda name: stream(0, name),
        problems=lambda _name: [],
        sets=(),
        target=lambda: None,
        embedder=embedder,
        cache=cache,
        progress=lambda _done, _total: None,
    )
    return given


def _part(kind: Kind, name: str, given: Services, **settings: object) -> object:
    part = Catalogue(discover()).find(kind, name, "the example")
    return part.make(part.settings.model_validate(settings), given)


def natural(name: str) -> list[tuple[int, str]]:
    """A sort key by which 7b comes before 13b."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _shares(
    of: Iterable[tuple[str, Sequence[str]]], rows: Sequence[tuple[str, str]], models: Sequence[str]
) -> Shares:
    """Shares from pairs of (model, row ids), one an error; rows that stay empty are left out."""
    counts: Counter[tuple[str, str | None]] = Counter()
    errors: Counter[str | None] = Counter()
    for model, ids in of:
        errors.update([model, None])
        for row in ids:
            counts.update([(row, model), (row, None)])
    used = [(row, name) for row, name in rows if counts[row, None]]
    cells = {
        (row, model): _cell(counts, errors, row, model)
        for row, _ in used
        for model in (*models, None)
    }
    return Shares(used, models, errors, cells)


def model_of(attempt_id: str) -> str:
    """The model of an attempt."""
    return attempt_id.partition(":")[0]


def kind_of(keyphrase: str) -> str:
    """The kind of a keyphrase of the symbolic diagnoser."""
    return next(name for name, pattern in KINDS if re.search(pattern, keyphrase))


def _cell(
    counts: Counter[tuple[str, str | None]],
    errors: Counter[str | None],
    row: str,
    model: str | None,
) -> Cell:
    count, total = counts[row, model], errors[model]
    low, high = wilson(count, total)
    p = 1.0 if model is None else fisher(count, total, counts[row, None], errors[None])
    return Cell(count, count / total if total else 0.0, low, high, p)


def fisher(both: int, drawn: int, marked: int, total: int) -> float:
    """Fisher's exact two-sided p value that ``both`` of ``drawn`` are marked, when ``marked`` of
    ``total`` are: the probability of all outcomes no likelier than this one."""
    first, last = max(0, drawn + marked - total), min(drawn, marked)
    ways = [
        math.comb(marked, k) * math.comb(total - marked, drawn - k) for k in range(first, last + 1)
    ]
    seen = ways[both - first]
    return sum(way for way in ways if way <= seen) / math.comb(total, drawn)
