"""The named parts of a recipe: their protocols, and ``Part``, by which a plugin offers one.

A ``Part`` is light: a name, a kind, a settings model and a factory. The factory imports whatever is
heavy; the settings never do, so that a recipe can be checked before anything is downloaded.

Protocols of kind *diagnoser*, *grouper*, *strategy* and *verifier* are asynchronous per item, because
some implementations ask an instructor; the stages bound how many run at once and keep input order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, JsonValue

from errata.calls.wire import Prices, Reply, Request
from errata.prompting import Prompts, Purpose
from errata.records import (
    Assignment,
    Attempt,
    BadCase,
    Candidate,
    Diagnosis,
    ErrorType,
    Message,
    Objection,
    Problem,
    Proposal,
    TrainingExample,
)
from errata.sections import PartUse
from errata.selecting import ChoosesStyles, DevCases, Memo, Selector
from errata.targets import (
    Influences,
    Materialises,
    Probes,
    Samples,
    Scores,
    Target,
)

if TYPE_CHECKING:
    from errata.calls.typed import Answer, Prompt
    from errata.domain import Domain

# The target's protocols stand in a module of their own; parts are written against this one.
__all__ = [
    "Ask",
    "Capability",
    "ChoosesStyles",
    "DevCases",
    "Diagnoser",
    "Embedder",
    "ExampleKind",
    "Grouper",
    "Grouping",
    "Guides",
    "Influences",
    "Instructor",
    "Kind",
    "LooksAhead",
    "M",
    "Materialises",
    "Memo",
    "Part",
    "Probes",
    "Progress",
    "Samples",
    "Scores",
    "Selector",
    "Services",
    "Settings",
    "Solved",
    "Strategy",
    "Target",
    "Trainer",
    "Vectors",
    "Verifier",
    "Wave",
    "nobody_listens",
    "nobody_to_ask",
    "nothing_inside",
    "nothing_more",
    "nothing_wrong",
    "unmakeable",
]

Kind = Literal[
    "target",
    "instructor",
    "embedder",
    "diagnoser",
    "grouper",
    "strategy",
    "verifier",
    "selector",
    "trainer",
]
Capability = Literal["generate", "score", "materialise", "sample", "influence", "probe"]
ExampleKind = Literal["completions", "preferences"]
Vectors = Sequence[Sequence[float]]


class Settings(BaseModel):
    """Base of every part's settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Instructor(Protocol):
    """A model that is asked for diagnoses, data and judgements.

    ``takes_schema`` says whether its server is told the JSON schema of a reply, or the prompt has to.
    ``prices`` is None where nothing is paid by the token, or no price is known.
    """

    takes_schema: bool
    prices: Prices | None

    def request(
        self,
        messages: tuple[Message, ...],
        schema: Mapping[str, JsonValue] | None,
        sampling: Mapping[str, JsonValue],
        replica: int,
    ) -> Request:
        """The request for these messages; model, revision and further sampling are its own."""
        ...

    async def complete(self, request: Request) -> Reply:
        """Send one request, once.

        Raises Throttled, Unanswered or Rejected (``errata.calls.wire``), and InstructorError when no
        request can succeed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; another ``complete`` may follow, on another event loop."""


class Embedder(Protocol):
    """Texts to unit vectors, shape (number of texts, dimension)."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector per text, in order."""


class Diagnoser(Protocol):
    """Names where and how an attempt first went wrong."""

    async def diagnose(self, case: BadCase) -> Diagnosis:
        """The diagnosis of one bad case; ``no_error`` when there is none."""


@dataclass(frozen=True)
class Grouping:
    """Error types and the assignment of every diagnosis, in input order."""

    types: Sequence[ErrorType]
    assignments: Sequence[Assignment]


class Grouper(Protocol):
    """Groups diagnoses into error types. An assignment without types is "unassigned"."""

    async def group(self, diagnoses: Sequence[Diagnosis]) -> Grouping:
        """Types, and one assignment per diagnosis in order."""


@dataclass(frozen=True)
class Solved:
    """A train problem that the target solves, with its own right attempt."""

    problem: Problem
    attempt: Attempt


@dataclass(frozen=True)
class Wave:
    """A request for ``count`` proposals against one error type.

    ``cases`` are the type's bad cases from the train set (never dev, gate or test). ``accepted`` are
    the candidates of this type that earlier waves accepted, in canonical order: wave k sees nothing
    that depends on arrival order. ``random`` is this wave's own stream.

    ``pool`` are the bad cases of every type, each once; ``solved`` what the target gets right in the
    train set; ``diagnoses`` those of the cases, by attempt id.
    """

    error_type: ErrorType
    number: int
    count: int
    cases: Sequence[BadCase]
    accepted: Sequence[Candidate]
    random: Random
    pool: Sequence[BadCase] = ()
    solved: Sequence[Solved] = ()
    diagnoses: Mapping[str, Diagnosis] = field(default_factory=dict)


class Strategy(Protocol):
    """Proposes training data against an error type: at most ``wave.count`` proposals, and an
    objection for each try that came to nothing. An empty list means there is nothing more to try."""

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """Proposals, and objections for tries that came to nothing."""


@runtime_checkable
class Guides(Protocol):
    """A strategy that trains nothing: it has something to say to the target before every question."""

    def guidance(self, types: Sequence[ErrorType]) -> str:
        """The text that goes before every question from now on; empty where there is no type."""
        ...


class Verifier(Protocol):
    """Judges candidates. Subclass it: the defaults object to nothing.

    ``verify`` sees one candidate and may run beside others; ``admit`` is called afterwards, one
    candidate at a time in canonical order, and may compare with those that ``accepted`` announced.
    """

    async def verify(self, candidate: Candidate) -> Objection | None:  # noqa: ARG002 a default
        """None, or the objection to this candidate on its own."""
        return None

    def admit(self, candidate: Candidate) -> Objection | None:  # noqa: ARG002 a default
        """None, or the objection to this candidate beside the accepted ones."""
        return None

    def accepted(self, candidate: Candidate) -> None:
        """Every verifier passed this candidate."""


@runtime_checkable
class LooksAhead(Protocol):
    """A verifier for which some work is cheaper done for a whole wave."""

    def look_ahead(self, candidates: Sequence[Candidate]) -> None:
        """All candidates of a wave, before any of them is verified."""


class Trainer(Protocol):
    """Fine-tunes the target.

    ``start`` is the checkpoint folder to go on from (None: the untouched base). The new checkpoint is
    written to ``into``, an empty folder that the engine puts in place once ``train`` returns. What a
    killed training can go on from belongs into ``Services.scratch()``.
    Returns figures of the training (losses in nats per token).
    """

    def train(
        self, examples: Sequence[TrainingExample], start: Path | None, into: Path
    ) -> Mapping[str, float]:
        """Train, write the checkpoint into ``into``, and return figures."""


Progress = Callable[[int, int], None]
M = TypeVar("M", bound=BaseModel)


class Ask(Protocol):
    """Asks the instructor through the call layer: durable, paid once, within the budget."""

    async def __call__(self, prompt: Prompt[M]) -> Answer[M]:
        """A typed reply, or why there is none.

        Raises BudgetSpent and InstructorError, which end the stage, and LookupError when the recipe
        has no instructor.
        """
        ...


async def nobody_to_ask(prompt: Prompt[M]) -> Answer[M]:
    """What ``Services.ask`` is without an instructor. Raises LookupError."""
    raise LookupError(
        f"{prompt.about or 'a prompt'}: the recipe has no instructor to ask; add a section"
        " `instructor`, for instance `instructor: {use: openai, model: …}`, and declare"
        " `needs_instructor=True` in the Part"
    )


def nobody_listens(_notice: str, **_arguments: object) -> None:
    """What ``Services.notify`` is outside of a run."""


def unmakeable(section: str) -> object:
    """What ``Services.part`` is outside of a run. Raises LookupError."""
    raise LookupError(f"no part in {section}: parts inside others are made by a run")


@dataclass
class Services:
    """What a part may use. Parts are made lazily; ``target`` and ``embedder`` on first use.

    ``problems(set)`` iterates the problems of one set ("train", "dev", "gate", "guard/NAME",
    "test/NAME", "ood/NAME"); ``sets`` names them all. ``random(name)`` is a named stream of the
    recipe's seed. ``progress(done, total)`` reports within the stage that is running. ``directory`` is
    that of the run, and ``notify`` sends a notice to observers. ``scratch()`` is a folder of the
    running stage: what a killed run left there is found again; a finished stage removes it. ``prompts``
    renders the templates of the purposes that the part declares; ``ask`` asks the instructor with them.
    ``part(section)`` makes one that stands inside another (``Part.inside``), for instance of
    ``select.steps.0``.
    """

    domain: Domain
    random: Callable[[str], Random]
    problems: Callable[[str], Iterable[Problem]]
    sets: Sequence[str]
    target: Callable[[], Any]
    embedder: Callable[[], Embedder]
    cache: Path
    progress: Progress
    directory: Path = Path()
    notify: Callable[..., None] = nobody_listens
    ask: Ask = nobody_to_ask
    scratch: Callable[[], Path] = lambda: Path(tempfile.mkdtemp(prefix="errata-"))
    prompts: Prompts = field(default_factory=Prompts)
    part: Callable[[str], Any] = unmakeable


def nothing_more(_settings: object) -> frozenset[Capability]:
    """What ``Part.needs_by`` is where settings decide nothing."""
    return frozenset()


def nothing_inside(_settings: object) -> Mapping[str, PartUse]:
    """What ``Part.inside`` is where a part is made of no others."""
    return {}


def nothing_wrong(_settings: object) -> Sequence[str]:
    """What ``Part.check`` is where nothing can be said before the part is made."""
    return ()


@dataclass(frozen=True)
class Part:
    """An offer: ``make(settings, services)`` builds the part.

    ``requires`` are the top-level modules the factory will import and ``extra`` the extra of the
    distribution that installs them; ``errata check`` uses both to report what is missing before a
    run. ``distribution`` is the installed package that offers the part; the catalogue fills it in.
    ``provides`` and ``needs`` are target capabilities, ``needs_by(settings)`` those that depend on the
    settings; ``needs_embedder`` asks for an embedder, ``needs_instructor`` for an instructor (a
    function of the settings where those decide), and ``prompts`` are what it asks an instructor for.
    ``takes`` are the kinds of training examples a trainer can use, ``makes`` those that become of a
    strategy's candidates.
    ``inside(settings)`` are parts of the same kind that it is made of, by their place in its section;
    they are checked like any other and made by ``Services.part``.
    ``styles(settings)`` are the solution styles that a strategy asks of the domain.
    ``check(settings)`` returns mistakes that show without network and before anything is made (an
    environment variable that is not set).
    """

    name: str
    kind: Kind
    settings: type[Settings]
    make: Callable[[Any, Services], object]
    summary: str = ""
    requires: tuple[str, ...] = ()
    extra: str = ""
    provides: frozenset[Capability] = frozenset()
    needs: frozenset[Capability] = frozenset()
    needs_by: Callable[[Any], frozenset[Capability]] = nothing_more
    takes: frozenset[ExampleKind] = frozenset({"completions"})
    makes: frozenset[ExampleKind] = frozenset({"completions"})
    needs_embedder: bool = False
    needs_instructor: bool | Callable[[Any], bool] = False
    prompts: tuple[Purpose[Any], ...] = ()
    check: Callable[[Any], Sequence[str]] = nothing_wrong
    inside: Callable[[Any], Mapping[str, PartUse]] = nothing_inside
    styles: Callable[[Any], Sequence[str]] = lambda _settings: ()
    distribution: str = ""

    def capabilities(self, settings: Settings) -> frozenset[Capability]:
        """What the target must be able to do for the part with these settings."""
        return self.needs | self.needs_by(settings)

    def asks(self, settings: Settings) -> bool:
        """Whether the part asks an instructor with these settings."""
        needs = self.needs_instructor
        return needs(settings) if callable(needs) else needs

    def purposes(self, settings: Settings) -> tuple[Purpose[Any], ...]:
        """What the part may ask an instructor for; nothing where the settings say that it asks none."""
        unasked = callable(self.needs_instructor) and not self.asks(settings)
        return () if unasked else self.prompts
