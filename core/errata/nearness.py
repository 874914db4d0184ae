"""How near a candidate comes to the problems that the target is measured on: ``leaks.jsonl``.

A verifier that knows it says so by ``nearest``; the stage *synthesize* writes down what it says of
every candidate, accepted or not. Not covered: what is too near (the verifier's settings).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from errata.errors import boundary
from errata.parts import Verifier
from errata.records import Candidate, Record

__all__ = ["FindsNearest", "NearProblem", "Nearness", "nearest_of"]


class NearProblem(Record):
    """The problem nearest to a candidate by one rule.

    ``score`` is the rule's own: 1 for the same problem or story, words in a row for shared runs, F1 or
    cosine from 0 to 1 for likeness. ``leaked`` says whether it is too near by that rule.
    """

    rule: str
    problem_id: str
    set: str
    score: float
    leaked: bool = False


class Nearness(Record):
    """How near a candidate comes to the sets that it must not leak from: one record a candidate.

    ``leak`` is the first rule by which it leaked, which its objection names too; empty if by none. A
    rule that found nothing near enough to say is left out of ``near``.
    """

    candidate_id: str
    by: str = ""
    leak: str = ""
    near: tuple[NearProblem, ...] = ()


@runtime_checkable
class FindsNearest(Protocol):
    """A verifier that knows which held-out problems a candidate comes nearest to."""

    def nearest(self, candidate: Candidate) -> Nearness:
        """The nearest problem by each of its rules; called once for every candidate, after ``verify``.

        Must depend on the candidate and the held-out sets alone, so that a resumed run repeats it.
        """
        ...


def nearest_of(
    candidates: Sequence[Candidate], verifiers: Mapping[str, Verifier]
) -> Iterator[Nearness]:
    """What the verifiers that know it say of each candidate, by name."""
    finders = {n: v for n, v in verifiers.items() if isinstance(v, FindsNearest)}
    for candidate in candidates:
        for name, finder in finders.items():
            with boundary(f"verifier {name}", f"finding what is nearest to {candidate.id}"):
                found = finder.nearest(candidate)
            yield found.model_copy(update={"candidate_id": candidate.id, "by": name})
