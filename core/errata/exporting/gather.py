"""Which training examples of a run are exported, with where each comes from.

An example is what the trainer of the run receives for the candidate (``errata.stages.train``).
Not covered: the reference solutions of a warm-up, which are no product of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from errata.domain import Domain
from errata.errors import UserError
from errata.grouped import grouped
from errata.records import (
    Candidate,
    Lineage,
    Objection,
    Problem,
    RoundRecord,
    Selection,
    TrainingExample,
)
from errata.stages import train
from errata.store import Store

What = Literal["kept", "accepted"]
_STAGE: dict[What, str] = {"kept": "select", "accepted": "synthesize"}


@dataclass(frozen=True)
class Exported:
    """A training example, the round and the kind of body it is from, and its problem and lineage."""

    example: TrainingExample
    round: str
    kind: str
    error_type: str
    type_name: str
    problem: Problem
    lineage: Lineage

    @property
    def partial(self) -> bool:
        """Whether a part of the completion carries no loss; a preference's shared beginning is none."""
        if self.example.rejected is not None:
            return False
        end = 0
        for span in sorted(self.example.spans, key=lambda s: s.start):
            if span.start > end:
                return True
            end = max(end, span.end)
        return end < len(self.example.completion)


@dataclass(frozen=True)
class Rounds:
    """Rounds to export, and those left out because their checkpoint was rejected."""

    names: Sequence[str]
    rejected: Sequence[str] = ()


def choose_rounds(store: Store, what: What, number: int | None, *, everything: bool) -> Rounds:
    """Round ``number``; or every round that went far enough, the rejected ones only if asked.

    Raises UserError when there is nothing to export, or that round did not go far enough.
    """
    needed = _STAGE[what]
    done = [s.round for s in store.manifest().stages if s.stage == needed]
    reached = ", ".join(done) or "none yet"
    if number is not None:
        name = f"round-{number}"
        if name not in done:
            raise UserError(
                f"{store.path}: {name} has no {what} candidates: stage {needed} is finished in:"
                f" {reached}; `errata resume {store.path}` goes on with a run"
            )
        return Rounds([name])
    if not done:
        also = "; --what accepted needs no selection" if what == "kept" else ""
        raise UserError(
            f"{store.path}: stage {needed} is not finished in any round, so there are no {what}"
            f" candidates; `errata resume {store.path}` goes on with the run{also}"
        )
    rejected = [] if everything else [name for name in done if _rejected(store, name)]
    names = [name for name in done if name not in rejected]
    if not names:
        raise UserError(
            f"{store.path}: every round was rejected ({', '.join(rejected)}); give --all, or one of"
            " them with --round N"
        )
    return Rounds(names, rejected)


def gather(store: Store, domain: Domain, rounds: Sequence[str], what: What) -> Iterator[Exported]:
    """The examples of ``rounds``, in the order of the candidates."""
    for name in rounds:
        names = type_names(store, name)
        for candidate in _candidates(store, name, what):
            error_type = candidate.lineage.error_type or ""
            yield Exported(
                example=train.example(candidate, domain),
                round=name,
                kind=candidate.body.kind,
                error_type=error_type,
                type_name=names.get(error_type, error_type),
                problem=candidate.body.problem,
                lineage=candidate.lineage,
            )


def type_names(store: Store, round_name: str) -> dict[str, str]:
    """Names of a round's error types by id."""
    return {t.id: t.name for t in grouped(store, round_name, ())[0]}


def _candidates(store: Store, name: str, what: What) -> Iterator[Candidate]:
    objections = store.read(f"{name}/objections.jsonl", Objection)
    objected = {objection.candidate_id for objection in objections}
    chosen = None
    if what == "kept":
        selections = store.read(f"{name}/selection.jsonl", Selection)
        chosen = {selection.candidate_id for selection in selections if selection.kept}
    for candidate in store.read(f"{name}/candidates.jsonl", Candidate):
        if candidate.id not in objected and (chosen is None or candidate.id in chosen):
            yield candidate


def _rejected(store: Store, name: str) -> bool:
    path = store.file(f"{name}/round.json")
    return path.exists() and not RoundRecord.model_validate_json(path.read_bytes()).kept
