"""What a pilot is to do, and what it has measured."""

from __future__ import annotations

from dataclasses import dataclass

from errata.calls.budget import Cost


@dataclass(frozen=True)
class Size:
    """How much a pilot does at most: ``cases`` train problems, ``candidates`` accepted; and what it may
    cost, below the recipe's own caps."""

    cases: int
    candidates: int
    max_usd: float | None = None
    max_requests: int | None = None


@dataclass(frozen=True)
class WaveCost:
    """A wave that asked for ``count`` proposals, of which ``sound`` passed by themselves, and
    ``accepted`` beside the others."""

    count: int
    sound: int
    accepted: int
    cost: Cost


@dataclass(frozen=True)
class Stratum:
    """So many attempts the run will have; ``tried`` of them the pilot had, at random, of which ``bad``
    are bad cases."""

    attempts: int
    tried: int
    bad: int


@dataclass(frozen=True)
class Measured:
    """What a pilot came to.

    ``own`` attempts are the target's at ``train`` problems and dev, ``imported`` those of other models.
    ``looks`` are costs of second looks in triage, ``cases`` of single diagnoses; ``grouping`` is None
    where it was not reached, like ``waves``. ``crowd`` is how many candidates were accepted before one
    that was judged beside them, on average. ``types`` counts the cases of every error type. ``paid`` is
    what the pilot's ledger has spent in all, ``target`` what that of a target behind an endpoint has;
    ``priced`` says whether dollars count. ``stopped`` is the message of a cap.
    """

    train: int
    own: Stratum
    imported: Stratum
    looks: tuple[Cost, ...] | None
    cases: tuple[Cost, ...]
    grouping: Cost | None
    waves: tuple[WaveCost, ...] | None
    crowd: float
    types: tuple[int, ...]
    paid: Cost
    target: Cost
    priced: bool
    stopped: str

    @property
    def bad(self) -> int:
        """Bad cases that the pilot found."""
        return self.own.bad + self.imported.bad
