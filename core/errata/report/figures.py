"""The figures of a run, as frozen models that dump to JSON.

Every number that the table and the page show stands here, and nothing here was written by a model but
the names, descriptions and keyphrases of error types and the reasons of objections. Examples (texts of
problems, attempts and candidates) are not covered: see ``samples``.

Shares are in 0..1, times in seconds, costs in US dollars.
"""

from __future__ import annotations

from pydantic import Field

from errata.life import TypeLife
from errata.quotas import Quota
from errata.records import Accuracy, Comparison, Record, Shortfall
from errata.report.doubts import Cut, Leak, Sureness
from errata.report.spending import Spending
from errata.stages.importing import Imported
from errata.styles import StyleChoice

BOTH = "train and dev"


class SetSize(Record):
    """A set of problems; ``dropped`` were left out because another set has the same problem."""

    set: str
    problems: int
    dropped: int = 0


class Measured(Accuracy):
    """Accuracy over the verdicts there are; ``problems`` is the size of the set."""

    problems: int

    @property
    def complete(self) -> bool:
        """Whether every problem of the set has a verdict (a share of a part would be biased: short
        problems are asked first)."""
        return self.total == self.problems > 0


class Training(Record):
    """What a checkpoint was trained on, ``replayed`` of it solved before; ``metrics`` are the trainer's
    own."""

    examples: int
    replayed: int = 0
    trainer: str = ""
    metrics: dict[str, float] = Field(default_factory=dict)


class CheckpointFigures(Record):
    """A checkpoint on every set but train.

    ``compared_with`` is the last kept checkpoint before it. ``kept`` is None until it is measured.
    ``undecided`` counts undecided answers by their reason.
    """

    id: str
    label: str
    compared_with: str | None = None
    parent: str | None = None
    kept: bool | None = None
    why: str = ""
    training: Training | None = None
    accuracies: tuple[Measured, ...] = ()
    undecided: dict[str, int] = Field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()


class TriageCounts(Record):
    """Attempts by triage category, on train, dev, or both; ``set`` is the model where they are another
    model's. ``sampled`` were looked at again, with ``samples`` answers in all."""

    set: str
    attempts: int
    categories: dict[str, int]
    sampled: int = 0
    samples: int = 0


class SecondOpinion(Record):
    """The second diagnoser beside the first, over the ``cases`` that both looked at.

    Of the ``located``, where both name a step, ``exact`` are the same and ``within_one`` at most one
    apart. "No error" say both, the first alone, the second alone.
    """

    first: str
    second: str
    cases: int
    located: int
    exact: int
    within_one: int
    no_error_both: int
    no_error_first: int
    no_error_second: int


class DiagnosisCounts(Record):
    """How far diagnosis reached: of ``bad_cases``, ``diagnosed`` have a diagnosis; of those
    ``no_error`` went back as good, ``named`` have a keyphrase, and ``located`` a first wrong step.
    ``failed`` came to nothing, by what was lacking in the instructor's reply. ``others`` of the bad
    cases are other models'."""

    bad_cases: int = 0
    others: int = 0
    diagnosed: int = 0
    failed: dict[str, int] = Field(default_factory=dict)
    named: int = 0
    located: int = 0
    no_error: int = 0
    keyphrases: int = 0


class StyleFigures(Record):
    """The candidates of a type whose solutions are worked in one style; ``kept`` is None before
    selection."""

    style: str
    proposed: int
    accepted: int
    kept: int | None = None


class TypeFigures(Record):
    """An error type of a round. ``others`` of its cases are other models'.

    ``dev_fixed`` is None until the new checkpoint is measured on dev; ``proposed``, ``accepted`` and
    ``kept`` (None before selection) count the candidates made against it, and ``styles`` the same by
    solution style, where there is more than the usual one. ``quota`` is how many were wanted, and why.
    ``stability`` is the agreement with the types of resampled cases, from 0 to 1. ``sureness`` is the
    mean probability of the kept ones to belong above the cut, where their selector records it.
    """

    id: str
    name: str
    description: str = ""
    keyphrases: tuple[str, ...] = ()
    cases: int = 0
    others: int = 0
    dev_cases: int = 0
    dev_fixed: int | None = None
    proposed: int = 0
    accepted: int = 0
    kept: int | None = None
    styles: tuple[StyleFigures, ...] = ()
    quota: Quota | None = None
    stability: float | None = None
    sureness: float | None = None


class ObjectionCount(Record):
    """Candidates that the verifier ``by`` objected to for ``reason``."""

    reason: str
    by: str
    candidates: int


class Funnel(Record):
    """What became of the candidates of a round.

    ``reasons`` counts each candidate once a reason; one with several objections stands under several,
    so the counts may sum to more than ``objected``. ``fruitless`` counts tries that gave no
    candidate, by reason. ``kept`` is None before selection.
    """

    proposed: int = 0
    objected: int = 0
    accepted: int = 0
    selected_from: int = 0
    kept: int | None = None
    reasons: dict[str, int] = Field(default_factory=dict)
    objections: tuple[ObjectionCount, ...] = ()
    fruitless: dict[str, int] = Field(default_factory=dict)
    cost: float = 0.0


class ScoreBin(Record):
    """Candidates with a score of at least ``low`` and below ``high`` (the last bin includes it)."""

    low: float
    high: float
    kept: int
    left_out: int


class Scores(Record):
    """Distribution of selection scores; ``lowest_kept`` is None when none of them was kept."""

    scored: int
    low: float
    high: float
    lowest_kept: float | None
    bins: tuple[ScoreBin, ...]


class NearFigures(Record):
    """How near candidates come to held-out problems by one rule of the verifier ``by``.

    ``leaked`` counts candidates that it found too near. Of ``accepted`` ones it named the nearest
    problem for ``named``; the others are further away than it looks. ``median`` is over all accepted,
    None where that lies among those not named; ``highest`` is of ``candidate_id``, to ``problem_id``.
    """

    by: str
    rule: str
    leaked: int
    accepted: int
    named: int
    median: float | None = None
    highest: float | None = None
    candidate_id: str = ""
    problem_id: str = ""
    set: str = ""


class RoundFigures(Record):
    """A round; ``stages`` are those that are finished, the figures of others are as far as they got."""

    name: str
    incoming: str
    stages: tuple[str, ...] = ()
    triage: tuple[TriageCounts, ...] = ()
    other_models: tuple[TriageCounts, ...] = ()
    diagnoses: DiagnosisCounts = DiagnosisCounts()
    second_opinion: SecondOpinion | None = None
    types: tuple[TypeFigures, ...] = ()
    assigned: int = 0
    unassigned: int = 0
    funnel: Funnel = Funnel()
    near: tuple[NearFigures, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    scores: Scores | None = None
    cut: Cut | None = None
    sureness: Sureness | None = None
    style_choices: tuple[StyleChoice, ...] = ()
    leaks: tuple[Leak, ...] = ()
    life: tuple[TypeLife, ...] = ()


class StageSeconds(Record):
    """Time of a finished stage."""

    round: str
    stage: str
    seconds: float


class Summary(Record):
    """A run in figures.

    ``ended`` is empty while the run is not finished. ``overall`` compares the last kept checkpoint
    with ``baseline`` (after warm-up where there is one), which every claim starts from.
    """

    name: str
    recipe: str
    domain: str
    target: str
    instructor: str = ""
    strategy: str = ""
    selector: str = ""
    seed: int
    versions: dict[str, str]
    ended: str
    sets: tuple[SetSize, ...]
    imported: tuple[Imported, ...] = ()
    checkpoints: tuple[CheckpointFigures, ...]
    baseline: str
    final: str
    overall: tuple[Comparison, ...]
    rounds: tuple[RoundFigures, ...]
    seconds: tuple[StageSeconds, ...]
    total_seconds: float
    spending: Spending = Spending()
