"""What a run has cost: requests, tokens and dollars from its ledgers, and tokens of its own model.

Ledgers are opened read only, so a run in progress may be looked at. Not covered: time (the manifest has
it), and what electricity and machines cost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from errata.calls.ledger import LedgerReader
from errata.calls.opening import LEDGER
from errata.calls.target import LEDGER as TARGET_LEDGER
from errata.errors import ErrataError
from errata.records import Attempt, Record
from errata.store import Store

LEDGERS = {"instructor": LEDGER, "target": TARGET_LEDGER}


class StageCost(Record):
    """What a stage paid for, in the ledger of ``who`` ("instructor" or "target"); ``usd`` is 0 where no
    price is known. Requests in flight count with their worst case."""

    who: str
    stage: str
    requests: int
    tokens: int
    usd: float


class Answered(Record):
    """What a checkpoint wrote: answers on every set and samples, in tokens as its model counts them
    (0 where it does not)."""

    checkpoint: str
    attempts: int
    prompt_tokens: int
    tokens: int


class Spending(Record):
    """What the run has paid for, and what its model wrote; ``unread``: why a ledger was not read."""

    stages: tuple[StageCost, ...] = ()
    answered: tuple[Answered, ...] = ()
    unread: str = ""

    def total(self) -> StageCost:
        """Every stage together."""
        return StageCost(
            who="",
            stage="",
            requests=sum(s.requests for s in self.stages),
            tokens=sum(s.tokens for s in self.stages),
            usd=sum(s.usd for s in self.stages),
        )

    def written(self) -> Answered:
        """What every checkpoint wrote, together."""
        return Answered(
            checkpoint="",
            attempts=sum(a.attempts for a in self.answered),
            prompt_tokens=sum(a.prompt_tokens for a in self.answered),
            tokens=sum(a.tokens for a in self.answered),
        )


def spending(store: Store, checkpoints: Iterable[str]) -> Spending:
    """What the ledgers say, and the answers of each of the ``checkpoints``."""
    stages: list[StageCost] = []
    unread = ""
    for who, name in LEDGERS.items():
        try:
            stages += ledger_costs(store, who, name)
        except (ErrataError, sqlite3.Error) as error:  # a report must not fail for a ledger in use
            unread = str(error)
    return Spending(
        stages=tuple(stages),
        answered=tuple(found for name in checkpoints for found in _answered(store, name)),
        unread=unread,
    )


def ledger_costs(store: Store, who: str, name: str) -> Iterator[StageCost]:
    """The rows of one ledger; none where the run has no such ledger."""
    path = store.file(name)
    if not path.is_file():
        return
    reader = LedgerReader(path)
    try:
        for stage, cost in reader.spent().items():
            yield StageCost(
                who=who,
                stage=stage,
                requests=cost.requests,
                tokens=cost.tokens,
                usd=round(cost.usd, 9),
            )
    finally:
        reader.close()


def _answered(store: Store, checkpoint: str) -> Iterator[Answered]:
    """What the checkpoint wrote, as its model counted it; nothing where it answered nothing."""
    attempts = prompts = tokens = 0
    for folder in ("attempts", "samples/attempts"):
        for path in sorted(store.file(f"{checkpoint}/{folder}").glob("*.jsonl")):
            for attempt in store.read(str(path.relative_to(store.path)), Attempt):
                attempts += 1
                prompts += attempt.prompt_tokens
                tokens += attempt.tokens
    if attempts:
        yield Answered(
            checkpoint=checkpoint, attempts=attempts, prompt_tokens=prompts, tokens=tokens
        )
