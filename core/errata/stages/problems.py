"""Stage *problems*: sources in, disjoint sets out.

A problem whose ``exact`` fingerprint an earlier set already has is dropped and listed; test and
out-of-domain sets come first, so that train gives way to them. dev and gate are drawn from train,
from each source in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from errata.domain import Domain
from errata.errors import ProblemsError
from errata.recipe import Source
from errata.records import Problem, Record

_EXHAUSTED = 100_000  # a generator that repeats itself for so long has given all it has


class Placed(Record):
    """The set a problem belongs to."""

    problem_id: str
    set: str


class Dropped(Record):
    """A problem that was left out because another set has the same one."""

    problem_id: str
    set: str
    same_as: str


@dataclass
class Reading:
    """Reads sources in order and remembers what was seen."""

    domain: Domain
    seed: int
    seen: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    dropped: list[Dropped] = field(default_factory=list)

    def read(self, name: str, source: Source) -> Iterator[Problem]:
        """New problems of a source, at most its limit. Raises ProblemsError when there is none."""
        count = 0
        problems = self.domain.problems(source.source, source.split, self.seed)
        for problem in islice(self._new(name, problems), source.limit):
            count += 1
            yield problem
        if count == 0:
            raise ProblemsError(
                f"set {name}: source {source.source!r}, split {source.split!r}, gave no problem"
                " that is not already in another set; check the path and the split"
            )

    def _new(self, name: str, problems: Iterator[Problem]) -> Iterator[Problem]:
        repeated = 0
        for problem in problems:
            key = self.domain.fingerprints(problem).exact
            if key in self.seen:
                found = Dropped(problem_id=problem.id, set=name, same_as=self.seen[key])
                self.dropped.append(found)
                repeated += 1
                if repeated == _EXHAUSTED:
                    raise ProblemsError(
                        f"set {name}: {_EXHAUSTED} problems in a row were already there: the source"
                        " has no new ones; lower its limit"
                    )
                continue
            repeated = 0
            if problem.id in self.ids:
                problem = problem.model_copy(update={"id": f"{name}/{problem.id}"})  # noqa: PLW2901 ids of two sources may meet
            if problem.id in self.ids:
                raise ProblemsError(f"set {name}: two problems have the id {problem.id!r}")
            self.seen[key] = problem.id
            self.ids.add(problem.id)
            yield problem


def reading_order(sets: Mapping[str, Source]) -> list[str]:
    """Set names in reading order: what may never be trained on comes first."""
    return sorted(sets, key=lambda name: (name.split("/")[0] == "train", name))


def draw(
    train: Mapping[str, list[str]], sizes: Mapping[str, int], random: Callable[[str], Random]
) -> dict[str, str]:
    """Which problems leave train: problem id → "dev" or "gate".

    ``train`` maps each train source to its problem ids; ``sizes`` gives the size of each set. Raises
    ProblemsError when train would be left empty.
    """
    available = sum(len(ids) for ids in train.values())
    wanted = sum(sizes.values())
    if wanted >= available:
        asked = " and ".join(f"{size} for {name}" for name, size in sizes.items())
        raise ProblemsError(
            f"train has {available} problems, and {asked} are to be taken from it: nothing would be"
            " left; lower problems.dev or problems.gate, or raise the limits of train"
        )
    placed: dict[str, str] = {}
    shuffled = {name: _shuffled(ids, random(f"split/{name}")) for name, ids in train.items()}
    for set_name, size in sizes.items():
        left = {name: len(ids) for name, ids in shuffled.items()}
        for name, share in apportion(size, left).items():
            placed.update({shuffled[name].pop(): set_name for _ in range(share)})
    return placed


def apportion(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Whole shares of ``total`` in proportion to ``weights`` (largest remainder, ties by name).

    No share exceeds ``total``; all are zero when the weights are.
    """
    weight = sum(weights.values())
    if weight == 0:
        return dict.fromkeys(weights, 0)
    shares = {name: total * w // weight for name, w in weights.items()}
    rest = sorted(weights, key=lambda name: (-(total * weights[name] % weight), name))
    for name in rest[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def _shuffled(ids: list[str], random: Random) -> list[str]:
    copy = list(ids)
    random.shuffle(copy)
    return copy
