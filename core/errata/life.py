"""Life of error types over rounds: born, persistent, shrunk, relapsed, gone.

Types of one round are matched to those of the round before, then to those that were gone, one to one,
the likest first. Likeness is 0.6 times that of their words (cosine of the words of their cases'
keyphrases and of their names, each word weighted by how few types have it) plus 0.4 times that of their
cases (problems in both, of the smaller); no embedder is needed, and the same records give the same
lives. What is compared is the target's own cases against the problems that it tried.

Not covered: types that split or merge (one of the parts goes on, the others are born or gone), and
who deserves credit for a type that is gone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from errata.grouped import grouped
from errata.measure import difference, wilson
from errata.records import Assignment, Diagnosis, ErrorType, Record, Triage
from errata.stages.importing import foreign
from errata.store import Store

Life = Literal["born", "persistent", "shrunk", "relapsed", "gone"]
ALIKE = 0.35  # the least likeness of two rounds' types that are one
_WORDS, _CASES = 0.6, 0.4
_WORD = re.compile(r"[^\W_]+")


class TypeLife(Record):
    """An error type beside the round before, by the target's own cases on train and dev.

    ``error_type`` is its id in this round; of a type that is gone, its last. ``previous`` is its id in
    the last round that had it; ``since`` is the round in which it was first seen, and ``first`` its id
    there. ``rate`` is ``cases``
    of ``tried`` problems, with its 95% Wilson interval; ``change`` is the rate less that of the round
    before, with a 95% interval (Newcombe 1998, method 10). Born: no type of an earlier round matches;
    shrunk: the interval of the change lies below 0; relapsed: it was gone and is back, or it had
    shrunk and has grown since by an interval above 0; gone: nothing in this round matches it;
    persistent: none of these.
    """

    error_type: str
    name: str
    life: Life
    since: str
    first: str
    previous: str | None = None
    cases: int
    tried: int
    rate: float
    low: float
    high: float
    cases_before: int = 0
    tried_before: int = 0
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None


@dataclass(frozen=True)
class Kind:
    """An error type of one round: its words, and the problems of its cases."""

    id: str
    name: str
    words: Mapping[str, int]
    problems: frozenset[str]
    cases: int


@dataclass(frozen=True)
class RoundTypes:
    """The types of a round, and how many problems the target tried in it."""

    round: str
    tried: int
    kinds: Sequence[Kind]


@dataclass
class _Thread:
    """A type through the rounds. ``least`` is what it had shrunk to, if it has."""

    since: str
    first: str
    kind: Kind
    cases: int
    tried: int
    gone: bool = False
    least: tuple[int, int] | None = None


def lives(rounds: Sequence[RoundTypes]) -> list[list[TypeLife]]:
    """What became of the types in each round, in the order of its types; those that are gone last."""
    threads: list[_Thread] = []
    found: list[list[TypeLife]] = []
    for place, current in enumerate(rounds):
        rarity = _rarity(kind for past in rounds[: place + 1] for kind in past.kinds)
        matched = _matched(threads, current.kinds, rarity)
        now: list[TypeLife] = []
        followed: set[int] = set()
        for kind in current.kinds:
            thread = matched.get(kind.id)
            if thread is None:
                thread = _Thread(current.round, kind.id, kind, kind.cases, current.tried)
                threads.append(thread)
                now.append(_life(thread, kind, current.tried, "born", None))
            else:
                now.append(_moved(thread, kind, current.tried))
            followed.add(id(thread))
        for thread in threads:
            if not thread.gone and id(thread) not in followed:
                now.append(_left(thread, current.tried))
        found.append(now)
    return found


def _moved(thread: _Thread, kind: Kind, tried: int) -> TypeLife:
    """``thread`` goes on as ``kind``."""
    before = (0 if thread.gone else thread.cases, thread.tried)
    after = (kind.cases, tried)
    life: Life = "persistent"
    if thread.gone:
        life = "relapsed"
    elif difference(before, after)[1] < 0:
        life = "shrunk"
    elif thread.least is not None and difference(thread.least, after)[0] > 0:
        life = "relapsed"
    row = _life(thread, kind, tried, life, before)
    if life == "shrunk":
        thread.least = after
    elif life == "relapsed":
        thread.least = None
    thread.kind, thread.cases, thread.tried, thread.gone = kind, kind.cases, tried, False
    return row


def _left(thread: _Thread, tried: int) -> TypeLife:
    """Nothing matches ``thread`` any more."""
    nothing = Kind(thread.kind.id, thread.kind.name, {}, frozenset(), 0)
    row = _life(thread, nothing, tried, "gone", (thread.cases, thread.tried))
    thread.cases, thread.tried, thread.gone, thread.least = 0, tried, True, None
    return row


def _life(
    thread: _Thread, kind: Kind, tried: int, life: Life, before: tuple[int, int] | None
) -> TypeLife:
    low, high = wilson(kind.cases, tried)
    rate = kind.cases / tried if tried else 0.0
    row = TypeLife(
        error_type=kind.id,
        name=kind.name,
        life=life,
        since=thread.since,
        first=thread.first,
        cases=kind.cases,
        tried=tried,
        rate=rate,
        low=low,
        high=high,
    )
    if before is None:
        return row
    change_low, change_high = difference(before, (kind.cases, tried))
    return row.model_copy(
        update={
            "previous": thread.kind.id,
            "cases_before": before[0],
            "tried_before": before[1],
            "change": rate - (before[0] / before[1] if before[1] else 0.0),
            "change_low": change_low,
            "change_high": change_high,
        }
    )


# --- matching ---------------------------------------------------------------------------------------


def _matched(
    threads: Sequence[_Thread], kinds: Sequence[Kind], rarity: Mapping[str, float]
) -> dict[str, _Thread]:
    """Threads by the id of the type that goes on with them: first those of the round before."""
    found: dict[str, _Thread] = {}
    for gone in (False, True):
        pairs = [
            (-likeness(thread.kind, kind, rarity), thread.kind.id, place, number)
            for place, thread in enumerate(threads)
            if thread.gone is gone
            for number, kind in enumerate(kinds)
            if kind.id not in found
        ]
        taken: set[int] = set()
        for unlike, _, place, number in sorted(pairs):
            free = place not in taken and kinds[number].id not in found
            if free and -unlike >= ALIKE:
                taken.add(place)
                found[kinds[number].id] = threads[place]
    return found


def likeness(one: Kind, other: Kind, rarity: Mapping[str, float]) -> float:
    """How like two types are, from 0 to 1."""
    smaller = min(len(one.problems), len(other.problems))
    shared = len(one.problems & other.problems) / smaller if smaller else 0.0
    return _WORDS * _cosine(one.words, other.words, rarity) + _CASES * shared


def _cosine(one: Mapping[str, int], other: Mapping[str, int], rarity: Mapping[str, float]) -> float:
    product = sum(one[w] * other[w] * rarity[w] ** 2 for w in sorted(one.keys() & other.keys()))
    norms = math.prod(
        math.hypot(*(words[w] * rarity[w] for w in sorted(words))) for words in (one, other)
    )
    return product / norms if norms else 0.0


def _rarity(kinds: Iterable[Kind]) -> dict[str, float]:
    """Inverse document frequency, smoothed: a word that every type has still counts."""
    total, have = 0, Counter[str]()
    for kind in kinds:
        total += 1
        have.update(kind.words.keys())
    return {word: 1 + math.log((1 + total) / (1 + count)) for word, count in have.items()}


# --- records ----------------------------------------------------------------------------------------


def lives_of(store: Store, names: Iterable[str]) -> dict[str, list[TypeLife]]:
    """What became of the types in each of the rounds ``names``, as far as they are grouped."""
    grouped = [name for name in names if store.file(f"{name}/error_types.yaml").exists()]
    found = lives([_round_types(store, name) for name in grouped])
    return dict(zip(grouped, found, strict=True))


def _round_types(store: Store, name: str) -> RoundTypes:
    own = (
        a for a in store.read(f"{name}/assignments.jsonl", Assignment) if not foreign(a.attempt_id)
    )
    types, placed = grouped(store, name, own)
    phrases = {d.attempt_id: d.keyphrase for d in store.read(f"{name}/diagnoses.jsonl", Diagnosis)}
    triaged = store.read(f"{name}/triage.jsonl", Triage)
    return RoundTypes(
        round=name,
        tried=sum(not foreign(t.attempt_id) for t in triaged),
        kinds=[kind for t in types for kind in _kind(t, placed, phrases)],
    )


def _kind(
    error_type: ErrorType, placed: Iterable[Assignment], phrases: Mapping[str, str]
) -> Iterator[Kind]:
    """The type with its own cases; none where all are other models'."""
    own = [a for a in placed if error_type.id in a.types]
    if not own:
        return
    words = Counter(_WORD.findall(error_type.name.casefold()))
    for assignment in own:
        words.update(_WORD.findall(phrases.get(assignment.attempt_id, "").casefold()))
    problems = frozenset(a.problem_id for a in own)
    yield Kind(error_type.id, error_type.name, words, problems, len(problems))
