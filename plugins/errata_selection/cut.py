"""The cut: how many candidates are kept, of all of them or of each error type.

Not covered: who is above the cut; that is the selectors' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Self

from pydantic import Field, model_validator

from errata.parts import Settings
from errata.records import Candidate


class CutSettings(Settings):
    """Settings of every selector that ranks: ``keep`` is a fraction, ``examples`` a number instead.

    With ``per_type`` each error type keeps its share: the fraction ``keep`` of its candidates,
    rounded up, or so many of ``examples`` as its candidates are of all. Raises ValueError when both
    are given.
    """

    keep: float = Field(default=0.5, gt=0, le=1, description="fraction kept, rounded up")
    examples: int | None = Field(
        default=None,
        ge=1,
        description="number kept instead of a fraction (all where there are fewer); with per_type"
        " it is shared among the types as the candidates are",
    )
    per_type: bool = Field(
        default=False, description="cut each error type by itself instead of all together"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.examples is not None and "keep" in self.model_fields_set:
            raise ValueError(
                "`keep` and `examples` are both given: a fraction or a number, not both"
            )
        return self


def grouped(candidates: Iterable[Candidate], cut: CutSettings) -> dict[str, list[Candidate]]:
    """Candidates as they are cut: by error type, or all under the empty name."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        name = candidate.lineage.error_type or "" if cut.per_type else ""
        groups.setdefault(name, []).append(candidate)
    return groups


def numbers(sizes: Mapping[str, int], cut: CutSettings) -> dict[str, int]:
    """How many of each group are kept; ``sizes`` are their numbers of candidates."""
    if cut.examples is None:
        return {name: ceil(cut.keep * size) for name, size in sizes.items()}
    return shared_out(min(cut.examples, sum(sizes.values())), sizes)


def shared_out(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """``total`` shared in proportion to ``sizes``, exactly: what rounding down leaves goes to the
    largest remainders, ties by name. No share is above its size where ``total`` is not above all."""
    everything = sum(sizes.values())
    if not everything:
        return dict.fromkeys(sizes, 0)
    shares = {name: total * size // everything for name, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(total * sizes[name] % everything), name))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def above(
    order: Sequence[str], candidates: Iterable[Candidate], cut: CutSettings
) -> frozenset[str]:
    """The ids that are kept when candidates stand in ``order``, the best first.

    Candidates that are not in ``order`` count in the size of their group, and are not kept.
    """
    groups = grouped(candidates, cut)
    wanted = numbers({name: len(group) for name, group in groups.items()}, cut)
    places = {name: place for place, name in enumerate(order)}
    kept: list[str] = []
    for name, group in groups.items():
        ranked = sorted((c.id for c in group if c.id in places), key=places.__getitem__)
        kept += ranked[: wanted[name]]
    return frozenset(kept)
