"""Settings of the selectors. Each is light: what is heavy is imported by the part that needs it.

Not covered: the cut (``cut.py``) and the choice between styles (``styling.py``), which several share.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from errata.parts import Capability, Settings
from errata.sections import PartUse, named
from errata_selection.cut import CutSettings

Judge = Literal["probe", "accuracy", "answer"]
_CASES = "dev cases per candidate: half bad ones of its type, half good ones"


class StyleSettings(Settings):
    """How it is decided, type by type, which solution style the target learns from.

    All styles of a type are judged on the same dev cases, by the final answer alone, because the
    likelihood of a worked reference favours the style that references are worked in: ``probe`` lets a
    copy of the target take ``steps`` small training steps on ``examples`` candidates of a style and
    sees what it would write, in one pass where the domain works the cases in that style, else by its
    answers; ``accuracy`` shows them as worked examples, one at a time, and checks the answers;
    ``answer`` asks how much likelier the bare answer becomes. Where no difference is sure, every style
    is kept, evenly.
    """

    choose: Literal["mixed", "best"] = Field(
        default="mixed",
        description="mixed: styles as they come; best: of each error type only the style that the"
        " target learns most from, or all evenly where that is not sure",
    )
    judge: Judge = Field(
        default="probe",
        description="what tells styles apart: what is written after a small training (`probe`),"
        " answers with a worked example (`accuracy`), or the likelihood of the bare answer (`answer`)",
    )
    examples: int = Field(
        default=16, ge=1, description="candidates of each style that are tried, equally many"
    )
    cases: int = Field(
        default=24, ge=2, description="dev cases of a type: half bad ones of it, half good ones"
    )
    sure: float = Field(
        default=0.9,
        ge=0.5,
        lt=1,
        description="probability, by the paired standard error, from which a difference is sure",
    )
    steps: int = Field(default=8, ge=1, description="steps of a probe, eight examples each")
    learning_rate: float = Field(default=5e-4, gt=0, description="of a probe")
    generate: bool = Field(
        default=False,
        description="`probe`: check generated answers even where the domain can work the dev cases in"
        " every style",
    )

    def capabilities(self) -> frozenset[Capability]:
        """What the target must be able to do for it."""
        if self.choose == "mixed" or self.judge == "accuracy":
            return frozenset()
        return frozenset({"probe"}) if self.judge == "probe" else frozenset({"score"})


def _by_name(value: object) -> object:
    return {"choose": value} if isinstance(value, str) else value


class StyledSettings(CutSettings):
    """What every selector that scores has beside its own settings."""

    style: Annotated[StyleSettings, BeforeValidator(_by_name)] = Field(
        default=StyleSettings(), description="which solution styles go on; a plain name is `choose`"
    )


class OneShotSettings(StyledSettings):
    """Settings of the selector ``one-shot``.

    ``score: accuracy`` is the paper's: the target answers each dev case, greedily, with the candidate
    as the only worked example. ``score: probability`` asks how probably it would write just each dev
    case's reference, ``score: likelihood`` how much likelier that becomes, per token; ``continuation``
    is that reference: its ``solution`` (the answer where a problem has none) or its ``answer`` alone.
    ``dev_cases`` are shown per candidate, half bad cases of
    its error type, half good ones, the same for all candidates of a type.

    With ``race`` candidates are compared on growing parts of those cases, from ``min_cases`` on, twice
    as many each time. ``halving`` goes on with the better half (a 1 / ``shrink`` of them); with
    ``sequential`` a candidate is dropped once it is below the last one above the cut with
    probability ``sure``, and settled once it is as surely above the first one below.

    ``max_pairs`` bounds the number of candidate-case pairs in a round: first there are fewer cases per
    candidate (never fewer than ``min_cases``), then only a random part of the candidates is scored and
    the rest is not kept.

    With ``scouts``, so many candidates of each error type see ``scouted_cases`` first, and all see the
    ``dev_cases`` of them on which the scouts differ most.
    """

    score: Literal["accuracy", "probability", "likelihood"] = Field(
        default="accuracy",
        description="accuracy: the share of dev cases that are answered right; probability: how"
        " probably just the reference is written; likelihood: how much likelier the reference of a"
        " dev case becomes, per token",
    )
    continuation: Literal["solution", "answer"] = Field(
        default="solution",
        description="the reference of `likelihood` and `probability`: the solution, or the answer"
        " alone",
    )
    dev_cases: int = Field(default=20, ge=2, description=_CASES)
    min_cases: int = Field(
        default=4,
        ge=2,
        description="never fewer dev cases than this because of max_pairs; a race starts with them",
    )
    race: Literal["none", "halving", "sequential"] = Field(
        default="none",
        description="whether candidates that cannot reach the cut are dropped before they have seen"
        " all dev cases",
    )
    shrink: float = Field(
        default=2.0, gt=1, description="`halving`: candidates are divided by it at each step"
    )
    sure: float = Field(
        default=0.95,
        gt=0.5,
        lt=1,
        description="`sequential`: probability from which one candidate is surely below another",
    )
    max_pairs: int | None = Field(
        default=None,
        ge=1,
        description="candidate-case pairs scored in a round at most; null: no limit",
    )
    scouts: int = Field(
        default=0,
        ge=0,
        description="candidates of each error type that see scouted_cases first, so that all see those"
        " that tell candidates apart; 0: dev cases as they come",
    )
    scouted_cases: int = Field(
        default=40, ge=2, description="dev cases that scouts see: half bad ones, half good ones"
    )

    @model_validator(mode="after")
    def _scouts_can_tell(self) -> Self:
        if self.scouts == 1:
            raise ValueError("one scout tells no case from another: give 2 or more, or 0")
        if self.scouts and self.scouted_cases < self.dev_cases:
            raise ValueError(
                f"scouted_cases {self.scouted_cases} are fewer than dev_cases {self.dev_cases}, which"
                " are chosen from them"
            )
        return self

    def capabilities(self) -> frozenset[Capability]:
        """What the target must be able to do."""
        own: set[Capability] = set() if self.score == "accuracy" else {"score"}
        return frozenset(own) | self.style.capabilities()


class GradientSettings(StyledSettings):
    """Settings of the selector ``one-shot-gradient``: one training step on the candidate.

    The score is how far the loss on the type's dev cases falls, in nats per token: predicted from
    gradients (``first-order``) or by taking the step, measuring and undoing it (``exact``).
    """

    method: Literal["first-order", "exact"] = Field(
        default="first-order",
        description="first-order: products of gradients; exact: the step is taken and undone",
    )
    step: float = Field(
        default=0.02,
        gt=0,
        description="length of the step along the candidate's gradient, in the adapter's weights",
    )
    continuation: Literal["solution", "answer"] = Field(
        default="solution", description="the reference whose loss counts: solution, or answer alone"
    )
    dev_cases: int = Field(default=20, ge=2, description=_CASES)

    def capabilities(self) -> frozenset[Capability]:
        """What the target must be able to do."""
        own: frozenset[Capability] = frozenset({"influence"})
        return own | self.style.capabilities()


class PassRateSettings(StyledSettings):
    """Settings of the selector ``pass-rate``: candidates whose own problem the target sometimes solves.

    ``samples`` answers are drawn for each; a share from ``least`` to ``most`` is in the band (12.5 to
    87.5% in SwS, arXiv 2506.08989). Only what is in the band is kept; where that is more than the
    cut, those nearest to half go first.
    """

    keep: float = Field(default=1.0, gt=0, le=1, description="fraction kept at most, rounded up")
    samples: int = Field(default=8, ge=2, description="answers drawn for each candidate")
    temperature: float = Field(default=0.7, gt=0, description="they are drawn at")
    least: float = Field(default=0.125, ge=0, le=1, description="smallest share of right answers")
    most: float = Field(default=0.875, ge=0, le=1, description="largest share of right answers")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least > self.most:
            raise ValueError(f"least {self.least:g} is above most {self.most:g}")
        return self

    def capabilities(self) -> frozenset[Capability]:
        """What the target must be able to do."""
        own: frozenset[Capability] = frozenset({"sample"})
        return own | self.style.capabilities()


class DiversitySettings(CutSettings):
    """Settings of the selector ``diversity``: how many are kept, as different as they can be."""


class RandomSettings(CutSettings):
    """Settings of the selector ``random``: how many are kept."""


class AllSettings(Settings):
    """The selector ``all`` has no settings."""


class StyleOnlySettings(StyleSettings):
    """Settings of the selector ``style``, which keeps the chosen style of each type whole."""

    choose: Literal["mixed", "best"] = Field(
        default="best", description="best: decide; mixed: keep all, measure nothing"
    )


class ChainSettings(Settings):
    """Settings of the selector ``chain``: each step sees what the one before it kept.

    Raises ValueError for a chain within a chain.
    """

    steps: tuple[Annotated[PartUse, BeforeValidator(named)], ...] = Field(
        min_length=1, description="selectors with their settings, in order"
    )

    @model_validator(mode="after")
    def _flat(self) -> Self:
        if any(step.use.rpartition("/")[2] == "chain" for step in self.steps):
            raise ValueError("a chain stands inside a chain; write its steps in one list")
        return self

    def inside(self) -> dict[str, PartUse]:
        """The steps by their place."""
        return {f"steps.{number}": step for number, step in enumerate(self.steps)}
