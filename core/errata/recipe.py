"""The recipe: a YAML file, strict models, every mistake reported at once.

A section that names a part (``use: NAME``) holds the part's own settings beside the engine's; they
are checked by the part's settings model in ``errata.check``.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

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
    if isinstance(value, dict) and "source" in value:
        return {"": value}
    if isinstance(value, str):
        return {"": {"source": value}}
    return value


Sources = Annotated[dict[str, Source], BeforeValidator(_one_or_many)]


class DomainUse(Section):
    """The domain and its options (checked by the domain's own model)."""

    use: str = Field(description="name of an installed domain")
    options: dict[str, JsonValue] = Field({}, description="the domain's own options")


class Problems(Section):
    """The four disjoint sets: each a source, or a mapping from names to sources."""

    train: Sources = Field(description="bad cases and seeds come from here")
    test: Sources = Field({}, description="reported, never decides anything")
    out_of_domain: Sources = Field({}, description="reported, never decides anything")
    dev: int = Field(0, ge=0, description="problems taken from train for selection, never seeds")
    gate: int = Field(0, ge=0, description="problems taken from train that keep or reject")


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
    target: PartUse = Field(description="the model under treatment")
    embed: Annotated[PartUse | None, BeforeValidator(_named)] = Field(
        None, description="the embedder, where a part needs one"
    )
    warmup: Warmup = Field(Warmup(use="", examples=0), description="round 0")
    diagnose: Annotated[PartUse, BeforeValidator(_named)] = Field(description="the diagnoser")
    group: Annotated[PartUse, BeforeValidator(_named)] = Field(description="the grouper")
    synthesize: Synthesize = Field(description="the strategy")
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
        """SHA-256 of the resolved recipe."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_yaml(self) -> str:
        """The resolved recipe as it is written into the run directory."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _prefixed(prefix: str, sources: dict[str, Source]) -> dict[str, Source]:
    return {f"{prefix}/{name}" if name else prefix: source for name, source in sources.items()}


def load(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``a.b=c`` changes. Raises RecipeError with every mistake."""
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
    return parse(raw, str(path))


def parse(raw: dict[str, Any], name: str) -> Recipe:
    """Validate a recipe. Raises RecipeError with every mistake at once."""
    try:
        recipe = Recipe.model_validate(raw)
    except ValidationError as error:
        mistakes = [_mistake(dict(item)) for item in error.errors(include_url=False)]
        raise RecipeError(name, mistakes) from error
    mistakes = _guard_mistakes(recipe)
    if mistakes:
        raise RecipeError(name, mistakes)
    return recipe


def _guard_mistakes(recipe: Recipe) -> list[str]:
    mistakes = []
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
    place = ".".join(str(part) for part in item["loc"]) or "recipe"
    if item["type"] == "extra_forbidden":
        known = _keys_at(Recipe, [str(part) for part in item["loc"][:-1]])
        key = str(item["loc"][-1])
        close = difflib.get_close_matches(key, known, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        return f"{place}: unknown key{hint}; known: {', '.join(known)}"
    if item["type"] == "missing":
        return f"{place}: missing"
    return f"{place}: {item['msg'].removeprefix('Value error, ')}, found {_short(item['input'])}"


def _short(value: object) -> str:
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
