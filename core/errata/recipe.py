"""The recipe: a YAML file, strict models, every mistake reported at once.

A section that names a part (``use: NAME``) holds the part's own settings beside the engine's; they
are checked by the part's settings model in ``errata.check``.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
)

from errata.errors import RecipeError, UserError


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


def _named(value: object) -> object:
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


class Problems(Section):
    """The four disjoint sets: each a source, or a mapping from names to sources."""

    train: Sources = Field(min_length=1, description="bad cases and seeds come from here")
    test: Sources = Field({}, description="reported, never decides anything")
    out_of_domain: Sources = Field({}, description="reported, never decides anything")
    dev: int = Field(0, ge=0, description="problems taken from train for selection, never seeds")
    gate: int = Field(0, ge=0, description="problems taken from train that keep or reject")


class Caps(Section):
    """Upper limits of what an instructor may cost; worst cases are reserved, so none is exceeded."""

    max_usd: float | None = Field(None, ge=0, description="US dollars; needs prices")
    max_tokens: int | None = Field(None, ge=0, description="tokens, prompts and replies together")
    max_requests: int | None = Field(None, ge=0, description="requests")


class InstructorUse(PartUse):
    """The instructor, its budget and its pace.

    Only the part's own settings determine replies; what stands here may be changed in the run's
    ``recipe.yaml`` before it is resumed.
    """

    max_usd: float | None = Field(None, ge=0, description="US dollars in all; needs prices")
    max_tokens: int | None = Field(None, ge=0, description="tokens in all, prompts and replies")
    max_requests: int | None = Field(None, ge=0, description="requests in all")
    stages: dict[str, Caps] = Field(
        {}, description="caps of single stages (`diagnose`, `group`, `synthesize`)"
    )
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


class Warmup(PartUse):
    """Reference solutions that teach the answer format only; measured as round 0."""

    use: str = Field("", description="trainer; the recipe's own when left out")
    examples: int = Field(0, ge=0, description="how many reference solutions; 0 leaves it out")


class Synthesize(PartUse):
    """The strategy, its quota, and the verifiers."""

    per_type: Literal["proportional", "uniform"] = Field(
        "proportional", description="how the total is shared among error types"
    )
    total: int = Field(1000, ge=1, description="accepted candidates wanted in a round")
    wave: int = Field(32, ge=1, description="proposals asked for at a time")
    idle_waves: int = Field(3, ge=1, description="give a type up after so many fruitless waves")
    verify: tuple[Annotated[PartUse, BeforeValidator(_named)], ...] = Field(
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
    guard: tuple[str, ...] = Field(("gate",), description="sets that may reject a checkpoint")
    alpha: float = Field(0.05, gt=0, lt=1, description="significance level of the guard's test")


class Recipe(Section):
    """A whole recipe."""

    name: str = Field(description="shown in reports")
    domain: Annotated[DomainUse, BeforeValidator(_named)] = Field(description="the subject")
    problems: Problems = Field(description="the sets")
    target: Annotated[PartUse, BeforeValidator(_named)] = Field(
        description="the model under treatment"
    )
    instructor: Annotated[InstructorUse | None, BeforeValidator(_named)] = Field(
        None, description="the model that is asked, where a part needs one"
    )
    embed: Annotated[PartUse | None, BeforeValidator(_named)] = Field(
        None, description="the embedder, where a part needs one"
    )
    warmup: Warmup = Field(Warmup(use="", examples=0), description="round 0")
    diagnose: Annotated[PartUse, BeforeValidator(_named)] = Field(description="the diagnoser")
    group: Annotated[PartUse, BeforeValidator(_named)] = Field(description="the grouper")
    synthesize: Annotated[Synthesize, BeforeValidator(_named)] = Field(description="the strategy")
    select: Annotated[PartUse, BeforeValidator(_named)] = Field(description="the selector")
    train: Annotated[Train, BeforeValidator(_named)] = Field(description="the trainer")
    rounds: int = Field(1, ge=0, description="how many rounds at most")
    stop: Stop = Field(Stop(), description="early end and guards")
    seed: int = Field(0, description="one seed for everything")
    plugins: tuple[str, ...] = Field((), description="further active plugins, in wrapping order")

    def sets(self) -> dict[str, Source]:
        """Every set that is given (dev and gate are taken from train), by its name in the run."""
        return {
            **_prefixed("train", self.problems.train),
            **_prefixed("test", self.problems.test),
            **_prefixed("ood", self.problems.out_of_domain),
        }

    def digest(self) -> str:
        """SHA-256 of the resolved recipe, without the budget and the pace of an instructor."""
        resolved = self.model_dump(mode="json")
        if self.instructor is None:
            del resolved["instructor"]
        else:
            settings = self.instructor.settings
            resolved["instructor"] = {"use": self.instructor.use, **settings}
        text = json.dumps(resolved, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_yaml(self) -> str:
        """The resolved recipe as it is written into the run directory."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _prefixed(prefix: str, sources: dict[str, Source]) -> dict[str, Source]:
    return {f"{prefix}/{name}" if name else prefix: source for name, source in sources.items()}


def load(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``a.b=c`` changes. Raises RecipeError with every mistake."""
    recipe, mistakes = read(path, changes)
    if recipe is None or mistakes:
        raise RecipeError(str(path), mistakes)
    return recipe


def read(path: Path, changes: Sequence[str] = ()) -> tuple[Recipe | None, list[str]]:
    """A recipe with ``a.b=c`` changes applied, and every mistake in it (see ``examine``).

    Raises UserError for what cannot be read at all.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"recipe {path}: no such file; `errata recipes` lists those by name"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"recipe {path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise RecipeError(str(path), [f"not YAML: {' '.join(str(error).split())}"]) from error
    if not isinstance(raw, dict):
        raise RecipeError(str(path), [f"a mapping was wanted, found {type(raw).__name__}"])
    for change in changes:
        _apply(raw, change)
    return examine(raw)


def parse(raw: dict[str, Any], name: str) -> Recipe:
    """Validate a recipe. Raises RecipeError with every mistake at once."""
    recipe, mistakes = examine(raw)
    if recipe is None or mistakes:
        raise RecipeError(name, mistakes)
    return recipe


def examine(raw: dict[str, Any]) -> tuple[Recipe | None, list[str]]:
    """Every mistake in ``raw``, and the recipe without what is mistaken, so that the rest of it can
    be checked in the same breath; None when a section it needs is missing or wrong."""
    try:
        recipe = Recipe.model_validate(raw)
        return recipe, _contradictions(recipe)
    except ValidationError as error:
        found: list[dict[str, Any]] = [dict(item) for item in error.errors(include_url=False)]
    mistakes = [_mistake(item) for item in found]
    rest = copy.deepcopy(raw)
    for item in reversed(found):
        _remove(rest, item["loc"])
    try:
        recipe = Recipe.model_validate(rest)
    except ValidationError:
        return None, mistakes
    return recipe, mistakes + _contradictions(recipe)


def _remove(place: Any, path: Sequence[str | int]) -> None:
    *parents, last = [key for key in path if key != ""]  # "" is the name of an only source
    for key in parents:
        try:
            place = place[key]
        except (LookupError, TypeError):
            return
    if isinstance(place, dict):
        place.pop(last, None)
    elif isinstance(place, list) and isinstance(last, int):
        del place[last]


def _contradictions(recipe: Recipe) -> list[str]:
    mistakes = []
    if recipe.stop.no_gain and not recipe.problems.gate:
        mistakes.append("stop.no_gain: a gain shows on the gate set; give problems.gate a size")
    for guard in recipe.stop.guard:
        if guard.startswith(("test", "ood")):
            mistakes.append(
                f"stop.guard: {guard!r} is a reported set and may never decide anything; guards are"
                " held out from train: use gate"
            )
        elif guard != "gate":
            mistakes.append(f"stop.guard: no guard set {guard!r}; available: gate")
    return mistakes


def _apply(raw: dict[str, Any], change: str) -> None:
    path, equals, text = change.partition("=")
    if not equals:
        raise UserError(f"--set {change}: write --set a.b=value")
    *parents, last = path.split(".")
    place = raw
    for parent in parents:
        below = place.setdefault(parent, {})
        if isinstance(below, str):
            below = place[parent] = {"use": below}
        if not isinstance(below, dict):
            raise UserError(f"--set {change}: {parent} is not a section of the recipe")
        place = below
    try:
        place[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"--set {change}: the value is not YAML: {error}") from error


def _mistake(item: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in item["loc"] if part != "") or "recipe"
    if item["type"] == "extra_forbidden":
        known = _keys_at(Recipe, [str(part) for part in item["loc"][:-1]])
        key = str(item["loc"][-1])
        return f"{place}: unknown key{did_you_mean(key, known)}; known: {', '.join(known)}"
    if item["type"] == "missing":
        return f"{place}: missing"
    return f"{place}: {item['msg'].removeprefix('Value error, ')}, found {short(item['input'])}"


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A hint at the nearest of ``known``, or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def short(value: object) -> str:
    """``value`` as it fits into a message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    for key in path:
        field = model.model_fields.get(key)
        inner = _inner_model(field.annotation) if field else None
        if inner is not None:
            model = inner
    return list(model.model_fields)


def _inner_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None
