"""The recipe: a YAML file, strict models, every mistake reported at once.

A section that names a part (``use: NAME``) holds the part's own settings beside the engine's; they
are checked by the part's settings model in ``errata.check``.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from errata.errors import RecipeError, UserError
from errata.extending import EXTENDS, over, read_layers
from errata.sections import (
    CallsUse,
    Caps,
    Diagnose,
    DomainUse,
    ErrorSource,
    ErrorSources,
    InstructorUse,
    PartUse,
    Problems,
    Section,
    Source,
    Stop,
    SuspectGold,
    Synthesize,
    Train,
    Triage,
    Warmup,
    named,
)

__all__ = [
    "Caps",
    "Diagnose",
    "DomainUse",
    "ErrorSource",
    "InstructorUse",
    "PartUse",
    "Problems",
    "Recipe",
    "Section",
    "Source",
    "Stop",
    "SuspectGold",
    "Synthesize",
    "Train",
    "Triage",
    "Warmup",
    "did_you_mean",
    "examine",
    "load",
    "parse",
    "read",
    "short",
]


class Recipe(Section):
    """A whole recipe."""

    name: str = Field(description="shown in reports")
    domain: Annotated[DomainUse, BeforeValidator(named)] = Field(description="the subject")
    problems: Problems = Field(description="the sets")
    target: Annotated[PartUse, BeforeValidator(named)] = Field(
        description="the model under treatment"
    )
    instructor: Annotated[InstructorUse | None, BeforeValidator(named)] = Field(
        None, description="the model that is asked, where a part needs one"
    )
    embed: Annotated[PartUse | None, BeforeValidator(named)] = Field(
        None, description="the embedder, where a part needs one"
    )
    warmup: Warmup = Field(Warmup(use="", examples=0), description="round 0")
    error_sources: ErrorSources = Field(
        (), description="attempts of other models, whose errors are diagnosed with the target's"
    )
    triage: Triage = Field(Triage(samples=0), description="what becomes of wrong answers")
    diagnose: Annotated[Diagnose, BeforeValidator(named)] = Field(description="the diagnoser")
    group: Annotated[PartUse, BeforeValidator(named)] = Field(description="the grouper")
    synthesize: Annotated[Synthesize, BeforeValidator(named)] = Field(description="the strategy")
    select: Annotated[PartUse, BeforeValidator(named)] = Field(description="the selector")
    train: Annotated[Train | None, BeforeValidator(named)] = Field(
        None, description="the trainer; without one a run ends once its candidates are selected"
    )
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
            **_prefixed("guard", self.problems.guard),
        }

    def guards(self) -> tuple[str, ...]:
        """The sets that may reject a checkpoint."""
        return (*self.stop.guard, *_prefixed("guard", self.problems.guard))

    def digest(self) -> str:
        """SHA-256 of the resolved recipe, without the budget and the pace of an instructor.

        Sections that may be left out count only where they say something: a run that began before
        they were known goes on.
        """
        resolved = self.model_dump(mode="json")
        for section in ("error_sources", "triage"):
            if getattr(self, section) == Recipe.model_fields[section].default:
                del resolved[section]
        if self.diagnose.second is None:
            del resolved["diagnose"]["second"]
        if not self.problems.guard:
            del resolved["problems"]["guard"]
        if self.synthesize.when_spent == "stop":
            del resolved["synthesize"]["when_spent"]
        if self.instructor is None:
            del resolved["instructor"]
        else:
            settings = self.instructor.settings
            resolved["instructor"] = {"use": self.instructor.use, **settings}
        for name in CallsUse.model_fields:  # of a target behind an endpoint
            resolved["target"].pop(name, None)
        text = json.dumps(resolved, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_yaml(self) -> str:
        """The resolved recipe as it is written into the run directory."""
        resolved = self.model_dump(mode="json")
        text = yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True)
        if yaml.safe_load(text) != resolved:  # some line ends of Unicode do not come back
            text = yaml.safe_dump(resolved, sort_keys=False)
        return text


def _prefixed(prefix: str, sources: dict[str, Source]) -> dict[str, Source]:
    return {f"{prefix}/{name}" if name else prefix: source for name, source in sources.items()}


def load(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``a.b=c`` changes. Raises RecipeError with every mistake."""
    recipe, mistakes = read(path, changes)
    if recipe is None or mistakes:
        raise RecipeError(str(path), mistakes)
    return recipe


def read(path: Path, changes: Sequence[str] = ()) -> tuple[Recipe | None, list[str]]:
    """A recipe with ``a.b=c`` changes applied, and every mistake in it (see ``examine``); those of
    a recipe that it extends come first and say so.

    Raises UserError for what cannot be read at all.
    """
    raw: dict[str, Any] = {}
    *bases, own = read_layers(path)
    below: list[str] = []
    for name, layer in bases:
        raw = over(raw, layer)
        below += [f"extends {name}: {mistake}" for mistake in examine(copy.deepcopy(raw))[1]]
    raw = over(raw, own[1])
    for change in changes:
        _apply(raw, change)
    recipe, mistakes = examine(raw)
    told = {mistake.partition(": ")[2] for mistake in below}
    return recipe, [*below, *(mistake for mistake in mistakes if mistake not in told)]


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
                " held out from train (gate), or given apart under problems.guard"
            )
        elif guard != "gate":
            mistakes.append(
                f"stop.guard: no guard set {guard!r}; available: gate (sets under problems.guard"
                " guard without being named)"
            )
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
        path = [str(part) for part in item["loc"][:-1]]
        known = [*_keys_at(Recipe, path), *([] if path else [EXTENDS])]
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
