"""Grouping a file of keyphrases: rows in, error types out, and how well they agree with labels.

Rows are JSON lines ``{id, keyphrase, label?}``. Not covered: groupers that ask an instructor, which
need a run and its budget.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from errata.alone import make_part, settings_of, values_of
from errata.domain import Domain
from errata.errors import PartError, UserError
from errata.parts import Embedder, Grouper, Grouping, Progress, Services
from errata.plugins import Active, Catalogue
from errata.records import Diagnosis, Record
from errata.seeds import stream
from errata.stages import group as stage

EMBEDDER = "sentence-transformers"
_WANTED = (
    'a line is {"id": "1", "keyphrase": "wrong unit", "label": "units"}, label may be left out'
)


class Row(Record):
    """One keyphrase; ``label`` is its known type, None where there is none."""

    id: str
    keyphrase: str
    label: str | None = None


class Placed(Record):
    """Where a row went: ids of types, none when it is unassigned."""

    id: str
    types: tuple[str, ...]
    unassigned: bool


class Totals(Record):
    """Number of types and of unassigned rows; over labelled rows, unassigned being a class of its own,
    the adjusted Rand index, adjusted mutual information and V-measure (None without labels)."""

    types: int
    unassigned: int
    ari: float | None = None
    ami: float | None = None
    v_measure: float | None = None


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSONL file (also gzipped). Raises UserError naming the line that is wrong."""
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for number, line in _lines(path):
        try:
            raw = json.loads(line)
        except ValueError as error:  # not JSON, or not UTF-8
            raise UserError(f"{path}, line {number}: not JSON ({error}); {_WANTED}") from error
        if not isinstance(raw, dict):
            raise UserError(f"{path}, line {number}: found {_short(raw)}; {_WANTED}")
        row = _row(raw, f"{path}, line {number}", number)
        if row.id in seen:
            raise UserError(
                f"{path}, line {number}: the id {row.id!r} stands in line {seen[row.id]} already; give"
                " each line its own"
            )
        seen[row.id] = number
        rows.append(row)
    if not rows:
        raise UserError(f"{path}: no lines to group; {_WANTED}")
    return rows


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    if not path.is_file():
        raise UserError(f"{path}: no such file; {_WANTED}")
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            yield from ((n, line) for n, line in enumerate(lines, start=1) if line.strip())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: the compressed file is damaged: {error}") from error


def _row(raw: Mapping[str, Any], where: str, number: int) -> Row:
    if "keyphrase" not in raw:
        fields = ", ".join(sorted(raw)) or "nothing"
        raise UserError(f"{where}: no keyphrase, found {fields}; {_WANTED}")
    if not isinstance(raw["keyphrase"], str):
        raise UserError(f"{where}: keyphrase is {_short(raw['keyphrase'])}, not text; {_WANTED}")
    given = {"id": raw.get("id", number), "label": raw.get("label")}
    for name, value in given.items():
        if not isinstance(value, str | int | float) and not (name == "label" and value is None):
            raise UserError(f"{where}: {name} is {_short(value)}, not text or a number; {_WANTED}")
    label = None if given["label"] is None else str(given["label"])
    return Row(id=str(given["id"]), keyphrase=raw["keyphrase"], label=label)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:39] + "…"


def make_grouper(
    catalogue: Catalogue,
    use: str,
    changes: Sequence[str],
    seed: int,
    cache: Path,
    progress: Progress,
) -> Grouper:
    """The grouper ``use`` without a run around it.

    ``changes`` are settings, ``name=value``; ``embed=NAME`` chooses the embedder and
    ``embed.name=value`` sets it up. Raises PartError, MissingExtra and UserError.
    """
    part = catalogue.find("grouper", use, "--use")
    if part.needs_instructor is True:
        free = sorted(
            o.part.name
            for o in catalogue.offers
            if o.part.kind == "grouper" and o.part.needs_instructor is not True
        )
        raise PartError(
            f"--use {use}: this grouper asks an instructor, which only a run has (`errata run`);"
            f" without one: {', '.join(free) or 'none is installed'}"
        )
    own, embedding = _split(changes)
    chosen = catalogue.find("embedder", str(embedding.pop("", EMBEDDER)), "--set embed")
    made: list[Embedder] = []

    def embedder() -> Embedder:
        if not made:
            made.append(cast(Embedder, make_part(chosen, embed_settings, services)))
        return made[0]

    def unavailable() -> None:
        raise LookupError("there is no target outside a run")

    services = Services(
        domain=Domain("none", Active({})),
        random=lambda name: stream(seed, name),
        problems=lambda _: (),
        sets=(),
        target=unavailable,
        embedder=embedder,
        cache=cache,
        progress=progress,
    )
    embed_settings = settings_of(chosen, embedding, "embed.")
    settings = settings_of(part, own)
    if part.asks(settings):
        raise PartError(
            f"--use {use}: with these settings it asks an instructor, which only a run has"
            " (`errata run`)"
        )
    return cast(Grouper, make_part(part, settings, services))


def _split(changes: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of the grouper and of the embedder, whose own name stands under ""."""
    own: dict[str, Any] = {}
    embedding: dict[str, Any] = {}
    for name, value in values_of(changes).items():
        head, _, rest = name.partition(".")
        (embedding if head == "embed" else own)[rest if head == "embed" else name] = value
    return own, embedding


def group_rows(rows: Sequence[Row], grouper: Grouper, name: str) -> Grouping:
    """Types of the rows' keyphrases, and an assignment a row, in order."""
    diagnoses = [Diagnosis(problem_id=r.id, attempt_id=r.id, keyphrase=r.keyphrase) for r in rows]
    return stage.group(diagnoses, grouper, name)


def placed(grouping: Grouping) -> Iterator[Placed]:
    """Where each row went, in order."""
    for a in grouping.assignments:
        yield Placed(id=a.attempt_id, types=a.types, unassigned=not a.types)


def totals(rows: Sequence[Row], grouping: Grouping) -> Totals:
    """Counts, and agreement with the labels where there are any. Of a row with several types the first
    counts."""
    found = [a.types[0] if a.types else "" for a in grouping.assignments]
    known = [
        (row.label, place) for row, place in zip(rows, found, strict=True) if row.label is not None
    ]
    counts = Totals(types=len(grouping.types), unassigned=found.count(""))
    if not known:
        return counts
    ari, ami, v = agreement([a for a, _ in known], [b for _, b in known])
    scores = {"ari": round(ari, 4), "ami": round(ami, 4), "v_measure": round(v, 4)}
    return counts.model_copy(update=scores)


def agreement(one: Sequence[str], two: Sequence[str]) -> tuple[float, float, float]:
    """Adjusted Rand index (Hubert and Arabie 1985), adjusted mutual information with the arithmetic
    mean (Vinh, Epps and Bailey 2010) and V-measure (Rosenberg and Hirschberg 2007) of two
    partitions, as scikit-learn computes them."""
    n = len(one)
    rows, columns = Counter(one), Counter(two)
    cells = Counter(zip(one, two, strict=True))
    if len(rows) == len(columns) == len(cells):  # the same partition
        return 1.0, 1.0, 1.0
    pairs = sum(k * (k - 1) for k in cells.values())
    left, right = (sum(k * (k - 1) for k in side.values()) for side in (rows, columns))
    expected_pairs = left * right / (n * (n - 1))
    ari = (pairs - expected_pairs) / ((left + right) / 2 - expected_pairs)
    mutual = sum(
        k / n * math.log(n * k / (rows[a] * columns[b])) for (a, b), k in sorted(cells.items())
    )
    entropies = [-sum(k / n * math.log(k / n) for k in sorted(s.values())) for s in (rows, columns)]
    mean = sum(entropies) / 2
    chance = _expected_mutual(rows, columns, n)
    ami = (mutual - chance) / (mean - chance) if abs(mean - chance) > 1e-12 else 0.0
    return ari, ami, mutual / mean


def _expected_mutual(rows: Counter[str], columns: Counter[str], n: int) -> float:
    """Mutual information, in nats, to be expected of two partitions with these sizes at random."""
    log = [0.0, *(math.log(k) for k in range(1, n + 1))]
    factorial = [0.0] * (n + 1)
    for k in range(1, n + 1):
        factorial[k] = factorial[k - 1] + log[k]
    total = 0.0
    # Sizes occur several times: each pair of sizes is summed once.
    for a, many in sorted(Counter(rows.values()).items()):
        for b, times in sorted(Counter(columns.values()).items()):
            fixed = factorial[a] + factorial[b] + factorial[n - a] + factorial[n - b] - factorial[n]
            term = 0.0
            for k in range(max(1, a + b - n), min(a, b) + 1):
                chance = (
                    fixed
                    - factorial[k]
                    - factorial[a - k]
                    - factorial[b - k]
                    - factorial[n - a - b + k]
                )
                if chance > -700:
                    term += k / n * (log[n] + log[k] - log[a] - log[b]) * math.exp(chance)
            total += many * times * term
    return total
