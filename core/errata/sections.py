"""The sections of a recipe: strict models, each setting with what it means.

Not covered: the recipe as a whole, and how its mistakes are reported (``recipe.py``).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

Rule = Literal["proportional", "uniform", "expected-gain"]


class Section(BaseModel):
    """Base of the recipe's own sections: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PartUse(BaseModel):
    """A part by name with its settings."""

    model_config = ConfigDict(frozen=True, extra="allow")

    use: str = Field(description="name of the part, or plugin/name")

    @property
    def settings(self) -> dict[str, Any]:
        """What is left for the part's own settings model."""
        return dict(self.model_extra or {})


def named(value: object) -> object:
    """A plain name as a section that uses it."""
    return {"use": value} if isinstance(value, str) else value


class Source(Section):
    """Where problems come from."""

    source: str = Field(description="a name the domain knows, a JSONL or Parquet path, or hf:NAME")
    split: str = Field("train", description="which split of the source")
    limit: int | None = Field(None, ge=1, description="take the first so many")


def _one_or_many(value: object) -> object:
    if isinstance(value, dict) and Source.model_fields.keys() & value.keys():
        return {"": value}
    if isinstance(value, str):
        return {"": {"source": value}}
    return value


def _file_names(sources: dict[str, Source]) -> dict[str, Source]:
    for name in sources:
        if not _SET_NAME.fullmatch(name):
            raise ValueError(
                f"the name {name!r} of a set may have letters, digits, '.', '_' and '-'"
            )
    return sources


_SET_NAME = re.compile(r"([\w-][\w.-]*)?")  # it becomes part of a file name; "" is the only one
Sources = Annotated[dict[str, Source], BeforeValidator(_one_or_many), AfterValidator(_file_names)]


class DomainUse(Section):
    """The domain and its options (checked by the domain's own model)."""

    use: str = Field(description="name of an installed domain")
    options: dict[str, JsonValue] = Field({}, description="the domain's own options")
    prompts: dict[str, str] = Field(
        {}, description="paths of prompt templates to use instead of the domain's, by purpose"
    )


class Problems(Section):
    """The disjoint sets: each a source, or a mapping from names to sources."""

    train: Sources = Field(min_length=1, description="bad cases and seeds come from here")
    test: Sources = Field({}, description="reported, never decides anything")
    out_of_domain: Sources = Field({}, description="reported, never decides anything")
    guard: Sources = Field(
        {}, description="guard sets of their own: a checkpoint that is worse on one is rejected"
    )
    dev: int = Field(0, ge=0, description="problems taken from train for selection, never seeds")
    gate: int = Field(0, ge=0, description="problems taken from train that keep or reject")


class Caps(Section):
    """Upper limits of what an instructor may cost; worst cases are reserved, so none is exceeded."""

    max_usd: float | None = Field(None, ge=0, description="US dollars; needs prices")
    max_tokens: int | None = Field(None, ge=0, description="tokens, prompts and replies together")
    max_requests: int | None = Field(None, ge=0, description="requests")


class CallsUse(BaseModel):
    """What calls may cost and how fast they may leave; it determines no reply."""

    max_usd: float | None = Field(None, ge=0, description="US dollars in all; needs prices")
    max_tokens: int | None = Field(None, ge=0, description="tokens in all, prompts and replies")
    max_requests: int | None = Field(None, ge=0, description="requests in all")
    concurrency: int = Field(64, ge=1, description="requests in flight at most")
    rpm: float | None = Field(None, gt=0, description="requests a minute at most")
    tpm: float | None = Field(None, gt=0, description="tokens a minute at most")
    timeout: float = Field(600, gt=0, description="seconds a reply may take")
    retries: int = Field(
        5, ge=0, description="further tries after a broken connection, a server error or a timeout"
    )
    shared_ledger: str | None = Field(
        None, description="file of replies that several runs consult and fill"
    )


class InstructorUse(CallsUse, PartUse):
    """The instructor, its budget and its pace.

    Only the part's own settings determine replies; what stands here may be changed in the run's
    ``recipe.yaml`` before it is resumed.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    stages: dict[str, Caps] = Field(
        {}, description="caps of single stages (`triage`, `diagnose`, `group`, `synthesize`)"
    )


class SuspectGold(Section):
    """When a reference answer is suspected instead of the target."""

    agree: float = Field(
        0.75,
        gt=0.5,
        le=1,
        description="share of the samples that give one answer against the reference, from which"
        " the instructor is asked to solve the problem too",
    )


class Triage(Section):
    """What is looked at before anything is spent on diagnosis.

    With ``samples`` 0 nothing is drawn, and every stated wrong answer is an error of the model.
    """

    samples: int = Field(
        0, ge=0, description="answers drawn for each wrong one; needs a target that can `sample`"
    )
    temperature: float = Field(0.7, gt=0, description="they are drawn at")
    bad_luck: float = Field(
        0.51,
        gt=0,
        le=1,
        description="share of right samples from which a wrong answer was bad luck",
    )
    suspect_gold: SuspectGold | None = Field(
        SuspectGold(agree=0.75),
        description="when a reference is suspected; needs an instructor; null: never",
    )


class ErrorSource(Section):
    """Attempts of other models at train problems."""

    source: str = Field(
        min_length=1, description="JSONL or Parquet path: `problem_id` or `question`, `response`"
    )
    model: str = Field("", description="who wrote them, where a row has no `model`")


def _from_file(value: object) -> object:
    return {"source": value} if isinstance(value, str) else value


class Diagnose(PartUse):
    """The diagnoser, and a second one whose opinion is set beside it."""

    second: Annotated[PartUse | None, BeforeValidator(named)] = Field(
        None, description="a diagnoser for a second opinion: stored and compared, decides nothing"
    )


ErrorSources = tuple[Annotated[ErrorSource, BeforeValidator(_from_file)], ...]


class Warmup(PartUse):
    """Reference solutions that teach the answer format only; measured as round 0."""

    use: str = Field("", description="trainer; the recipe's own when left out")
    examples: int = Field(0, ge=0, description="how many reference solutions; 0 leaves it out")


class Synthesize(PartUse):
    """The strategy, its quota, and the verifiers."""

    per_type: Rule = Field(
        "proportional",
        description="how the total is shared among error types: in proportion to their cases, evenly,"
        " or by their cases times the share of them that earlier rounds mended",
    )
    total: int = Field(1000, ge=1, description="accepted candidates wanted in a round")
    wave: int = Field(32, ge=1, description="proposals asked for at a time")
    idle_waves: int = Field(3, ge=1, description="give a type up after so many fruitless waves")
    when_spent: Literal["stop", "go-on"] = Field(
        "stop",
        description="when the budget ends: stop, to be raised and resumed, or go on with what is"
        " accepted",
    )
    verify: tuple[Annotated[PartUse, BeforeValidator(named)], ...] = Field(
        (), description="verifiers, in order"
    )


class Train(PartUse):
    """The trainer and where it starts."""

    start: Literal["last", "base"] = Field(
        "last",
        description="last: go on from the last kept checkpoint; base: anew on all rounds' data",
    )


class Stop(Section):
    """When a run ends early, and which sets guard a checkpoint."""

    no_gain: bool = Field(False, description="end after a round that does not raise gate accuracy")
    guard: tuple[str, ...] = Field(
        ("gate",), description="sets that may reject a checkpoint, beside those of problems.guard"
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="significance level of the guard's test")
