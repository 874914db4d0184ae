"""Attempts of other models at the train problems, read from files (LeMa, arXiv 2310.20689, section 3.1,
collects errors from several models).

A row has ``response``, and ``problem_id`` or ``question``; ``model`` says who wrote it. Rows are
matched to train problems by id, else by the words of the question. Attempts at dev, gate and test
problems are never used. Not covered: checking them (``evaluate.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

from errata.errors import ProblemsError
from errata.fingerprints import text_fingerprints
from errata.records import Attempt, Problem, Record
from errata.sections import ErrorSource
from errata.sources import Row, read_numbered

IMPORTED = "imported"
_SHOWN = 8  # columns named in a message


class Imported(Record):
    """What became of one file of attempts of other models.

    Of ``rows``, ``matched`` are attempts at train problems; ``held_out`` are at problems of another
    set and are not used; ``unmatched`` are at no problem of the run; ``repeated`` say word for word
    what an earlier row of the same model says.
    """

    source: str
    rows: int = 0
    matched: int = 0
    held_out: int = 0
    unmatched: int = 0
    repeated: int = 0


class Matching:
    """Finds the problem of a row. ``sets`` has the set of every problem by its id."""

    def __init__(self, sets: Mapping[str, str], problem: Callable[[str], Problem]) -> None:
        self._sets, self._problem = sets, problem
        self._asked: dict[str, str] = {}

    def find(self, row: Row) -> str | None:
        """The id of the problem, of whatever set; None where there is none."""
        given = row.get("problem_id")
        if given is not None and str(given) in self._sets:
            return str(given)
        question = row.get("question")
        return None if question is None else self._by_words.get(_words(str(question)))

    @property
    def _by_words(self) -> dict[str, str]:
        if not self._asked:
            for id_ in self._sets:
                self._asked.setdefault(_words(self._problem(id_).question), id_)
        return self._asked


class Importing:
    """Reads the files of ``error_sources``; ``counts`` has what became of each that was read."""

    def __init__(self, sets: Mapping[str, str], problem: Callable[[str], Problem]) -> None:
        self._sets = sets
        self._matching = Matching(sets, problem)
        self._seen: set[bytes] = set()
        self._numbers: dict[str, int] = {}
        self.counts: list[Imported] = []

    def read(self, source: ErrorSource) -> Iterator[Attempt]:
        """The attempts at train problems. Raises ProblemsError naming file and line."""
        counts = {"rows": 0, "matched": 0, "held_out": 0, "unmatched": 0, "repeated": 0}
        for number, row in _rows(source):
            counts["rows"] += 1
            attempt = self._attempt(row, source, number, counts)
            if attempt is not None:
                yield attempt
        self.counts.append(Imported(source=source.source, **counts))

    def _attempt(
        self, row: Row, source: ErrorSource, number: int, counts: dict[str, int]
    ) -> Attempt | None:
        _refuse(row, source, number)
        found = self._matching.find(row)
        if found is None:
            counts["unmatched"] += 1
            return None
        if self._sets[found] != "train":
            counts["held_out"] += 1
            return None
        model = _clean(row.get("model") or source.model or IMPORTED)
        text = _clean(row["response"])
        said = hashlib.sha256("\x1f".join((model, found, text)).encode()).digest()
        if said in self._seen:
            counts["repeated"] += 1
            return None
        self._seen.add(said)
        counts["matched"] += 1
        place = self._numbers[found] = self._numbers.get(found, -1) + 1
        return Attempt(
            id=f"{IMPORTED}:{found}#{place}",
            problem_id=found,
            checkpoint=IMPORTED,
            text=text,
            finish="stop",
            model=model,
        )


def _rows(source: ErrorSource) -> Iterator[tuple[int, Row]]:
    try:
        yield from read_numbered(source.source)
    except (LookupError, ValueError, OSError) as error:
        raise ProblemsError(f"error_sources: {source.source}: {error}") from error


def _refuse(row: Row, source: ErrorSource, number: int) -> None:
    lacking = [] if isinstance(row.get("response"), str) else ["no text `response`"]
    if row.get("problem_id") is None and not isinstance(row.get("question"), str):
        lacking.append("neither `problem_id` nor `question`")
    if lacking:
        raise ProblemsError(
            f"error_sources: {source.source}, line {number}: {' and '.join(lacking)};"
            f" it has {', '.join(sorted(row)[:_SHOWN]) or 'no columns'}"
        )


def foreign(attempt_id: str) -> bool:
    """Whether an attempt is another model's."""
    return attempt_id.startswith(f"{IMPORTED}:")


def first_row(source: ErrorSource) -> None:
    """Look at the first row. Raises ProblemsError when it is none, or there is no row."""
    for number, row in _rows(source):
        _refuse(row, source, number)
        return
    raise ProblemsError(f"error_sources: {source.source} is empty")


def _clean(value: object) -> str:
    """Text that can be written: half a character of a pair becomes a question mark."""
    return str(value).encode("utf-8", "replace").decode()


def _words(question: str) -> str:
    return text_fingerprints(Problem(id="?", question=question or "?", answer="?")).exact
