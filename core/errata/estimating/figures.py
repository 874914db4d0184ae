"""The figures of an estimate, as frozen models that dump to JSON.

Costs are in requests, tokens (prompt and completion) and US dollars; dollars are None without prices.
"""

from __future__ import annotations

from errata.records import Record


class Range(Record):
    """An expected amount with its 95% interval."""

    expected: float
    low: float
    high: float


class Costs(Record):
    """What something is expected to cost."""

    requests: Range
    tokens: Range
    usd: Range | None = None


class Paid(Record):
    """What something did cost."""

    requests: int
    tokens: int
    usd: float | None = None


class StageCosts(Record):
    """A stage of one round; ``costs`` is None where the pilot could not measure it, and ``why`` says
    why, or how it was extrapolated."""

    stage: str
    costs: Costs | None
    why: str = ""


class Estimate(Record):
    """What a run of the recipe is expected to cost its instructor.

    ``tried`` of the ``train`` problems were answered by the target, and ``imported`` attempts of other
    models looked at; ``bad`` of all these are bad cases. ``bad_cases`` is how many the run will have,
    of ``attempts`` on train and dev and imported. ``round`` is a whole round, ``run`` all ``rounds`` of
    them if the error rate does not fall; None where a stage could not be measured. ``short`` is the
    chance that a type is given up before its quota is accepted. ``reusable`` is what diagnoses cost
    whose replies serve the run, if it consults the pilot's ledger or the recipe has a shared one
    (``shared_ledger``). ``pilot`` is all the pilot has cost
    so far, ``target`` what a target behind an endpoint has cost it besides. ``stopped`` is the message
    of a cap that stopped it.
    """

    name: str
    directory: str
    train: int
    tried: int
    imported: int
    attempts: int
    bad: int
    bad_cases: Range
    stages: tuple[StageCosts, ...]
    round: Costs | None
    rounds: int
    run: Costs | None
    short: float
    pilot: Paid
    target: Paid
    reusable: Paid
    shared_ledger: str | None
    max_usd: float | None
    stopped: str
    not_included: tuple[str, ...]
