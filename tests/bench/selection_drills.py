"""Problems and candidates of ``selection.py``: what is drawn, without any model.

Not covered: error types (all candidates are compared with each other).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from errata.domain import Domain
from errata.parts import DevCases, Services
from errata.plugins import Active
from errata.records import QA, Candidate, Lineage, Objection, Problem
from errata.seeds import stream
from errata_math.drills.stream import drill_key, generate
from errata_math.plugin import MathDomain


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    warmup: int
    train: int
    candidates: int
    dev: int
    cases: int
    test: int


def mathematics() -> Domain:
    """The mathematics domain by itself."""
    return Domain("math", Active({"math": MathDomain()}))


def services(
    domain: Domain, target: object, seed: int, cache: Path, embedder: Callable[[], object]
) -> Services:
    """What a selector may use, with random streams of their own."""
    return Services(
        domain=domain,
        random=lambda name: stream(seed, name),
        problems=lambda _name: (),
        sets=(),
        target=lambda: cast(Any, target),
        embedder=lambda: cast(Any, embedder()),
        cache=cache,
        progress=lambda _done, _total: None,
    )


class Drills:
    """Pools of drills without a problem in common, and candidates redrawn from one of them."""

    def __init__(self, domain: Domain, sizes: Sizes, seed: int) -> None:
        self._domain, self._sizes, self._seed = domain, sizes, seed
        self._seen: set[str] = set()
        self.pools = {
            name: list(islice(self._new(name), number))
            for name, number in (
                ("test", sizes.test),
                ("dev", sizes.dev),
                ("warmup", sizes.warmup),
                ("train", sizes.train),
            )
        }

    def _new(self, split: str) -> Iterator[Problem]:
        """Drills that no pool has yet."""
        for problem in generate(f"selection-{split}", self._seed):
            key = drill_key(problem)
            if key not in self._seen:
                self._seen.add(key)
                yield problem

    def candidates(self, right: Sequence[bool]) -> list[Candidate]:
        """Variants of the train problems that are not answered ``right``, each of them as often as the
        others, as ``redraw`` makes them. Raises SystemExit where there are too few."""
        train = self.pools["train"]
        bad = [problem for problem, solved in zip(train, right, strict=True) if not solved]
        found: list[Candidate] = []
        draw = stream(self._seed, "candidates")
        for turn in range(20):
            for problem in bad:
                if len(found) == self._sizes.candidates:
                    return found
                made = self._domain.variant(problem, draw)
                if isinstance(made, Objection) or drill_key(made) in self._seen:
                    continue
                self._seen.add(drill_key(made))
                lineage = Lineage(strategy="redraw", parents=(problem.id,))
                name = f"c{len(found):04d}"
                found.append(Candidate(id=name, wave=turn, body=QA(problem=made), lineage=lineage))
        raise SystemExit(
            f"only {len(found)} candidates from {len(bad)} bad cases: give a larger --train"
        )

    def dev(self, right: Sequence[bool]) -> DevCases:
        """The dev problems, good where they are answered ``right``."""
        solved = list(zip(self.pools["dev"], right, strict=True))
        return DevCases({}, [p for p, ok in solved if not ok], [p for p, ok in solved if ok])
