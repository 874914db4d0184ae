"""A recipe against what is installed: every mistake at once, before anything is downloaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from errata.calls.settings import InstructorSettings
from errata.domain import Domain
from errata.errors import ErrataError, PartError, RecipeError, boundary
from errata.parts import Kind, Part, Settings
from errata.plugins import Active, Catalogue, make_plugin
from errata.recipe import (
    InstructorUse,
    PartUse,
    Recipe,
    Source,
    Synthesize,
    Train,
    Warmup,
    did_you_mean,
    short,
)
from errata.sources import is_path


@dataclass(frozen=True)
class Chosen:
    """A part with its settings, checked."""

    use: str
    part: Part
    settings: Settings


@dataclass(frozen=True)
class Prepared:
    """A recipe that can run: the active plugins, the domain, and the chosen parts by section."""

    recipe: Recipe
    active: Active
    domain: Domain
    parts: Mapping[str, Chosen]
    verifiers: tuple[Chosen, ...]


_ASKING = ("diagnose", "group", "synthesize")
_SECTIONS: dict[str, Kind] = {
    "target": "target",
    "instructor": "instructor",
    "embed": "embedder",
    "diagnose": "diagnoser",
    "group": "grouper",
    "synthesize": "strategy",
    "select": "selector",
    "train": "trainer",
    "warmup": "trainer",
}


def prepare(
    recipe: Recipe,
    catalogue: Catalogue,
    name: str,
    mistakes: Sequence[str] = (),
    *,
    sources: bool = True,
) -> Prepared:
    """Check ``recipe``. Raises RecipeError with every mistake, ``mistakes`` found earlier included.

    Without ``sources`` the problems are not looked at (a run that has them needs them no more).
    """
    mistakes = list(mistakes)
    chosen = _choose_all(recipe, catalogue, mistakes)
    verifiers = tuple(
        found
        for place, use in enumerate(recipe.synthesize.verify)
        if (found := _choose(f"synthesize.verify.{place}", "verifier", use, catalogue, mistakes))
    )
    uses = [verifier.use for verifier in verifiers]
    for use in sorted({use for use in uses if uses.count(use) > 1}):
        mistakes.append(f"synthesize.verify: verifier {use!r} stands {uses.count(use)} times")
    judges = {f"synthesize.verify.{place}": v for place, v in enumerate(verifiers)}
    _check_needs(recipe, chosen | judges, mistakes)
    _check_budget(recipe, chosen.get("instructor"), mistakes)
    activated = _activate(recipe, catalogue, mistakes)
    if activated is not None and sources:
        for set_name, source in recipe.sets().items():
            _check_source(set_name, source, activated[1], recipe.seed, mistakes)
    if mistakes or activated is None:
        raise RecipeError(name, mistakes)
    return Prepared(recipe, *activated, chosen, verifiers)


def _choose_all(recipe: Recipe, catalogue: Catalogue, mistakes: list[str]) -> dict[str, Chosen]:
    trainer = recipe.warmup.use or recipe.train.use
    shared = recipe.train.settings if trainer == recipe.train.use else {}
    warmup = PartUse(**{**shared, **recipe.warmup.settings, "use": trainer})
    uses: dict[str, PartUse | None] = {
        section: getattr(recipe, section) for section in _SECTIONS if section != "warmup"
    }
    uses["warmup"] = warmup if recipe.warmup.examples else None
    return {
        section: found
        for section, use in uses.items()
        if use and (found := _choose(section, _SECTIONS[section], use, catalogue, mistakes))
    }


def _choose(
    section: str, kind: Kind, use: PartUse, catalogue: Catalogue, mistakes: list[str]
) -> Chosen | None:
    try:
        part = catalogue.find(kind, use.use, f"{section}.use")
        settings = part.settings.model_validate(use.settings)
    except ValidationError as error:
        mistakes += _setting_mistakes(section, part.settings, error, _own_keys(section))
        return None
    except ErrataError as error:
        mistakes.append(str(error))
        return None
    missing = [module for module in part.requires if importlib.util.find_spec(module) is None]
    if missing:
        mistakes.append(
            f"{section}: {kind} {use.use!r} needs {', '.join(missing)}, which is not installed:"
            f" pip install 'errata[{part.extra}]'"
        )
        return None
    return Chosen(use.use, part, settings)


def _setting_mistakes(
    section: str, model: type[BaseModel], error: ValidationError, own: Sequence[str] = ()
) -> list[str]:
    """``own`` are the engine's keys in that section."""
    found = []
    for item in error.errors(include_url=False):
        place = ".".join([section, *(str(part) for part in item["loc"])])
        known = [*own, *model.model_fields]
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "unknown setting" + did_you_mean(str(item["loc"][-1]), known)
        elif item["type"] != "missing":
            message += f", found {short(item['input'])}"
        found.append(f"{place}: {message}; settings: {', '.join(known) or 'none'}")
    return found


def _own_keys(section: str) -> list[str]:
    """What the recipe itself knows in a section that names a part."""
    models: dict[str, type[BaseModel]] = {
        "instructor": InstructorUse,
        "synthesize": Synthesize,
        "train": Train,
        "warmup": Warmup,
    }
    return [key for key in models.get(section, PartUse).model_fields if key != "use"]


def _check_needs(recipe: Recipe, chosen: Mapping[str, Chosen], mistakes: list[str]) -> None:
    target = chosen.get("target")
    for section, choice in chosen.items():
        lacking = choice.part.needs - target.part.provides if target else frozenset[Any]()
        if lacking and target:
            mistakes.append(
                f"{section}: {choice.part.kind} {choice.use!r} needs a target that can"
                f" {' and '.join(sorted(lacking))}; target {target.use!r} can"
                f" {', '.join(sorted(target.part.provides)) or 'only generate'}"
            )
        if choice.part.needs_embedder and recipe.embed is None:
            mistakes.append(
                f"{section}: {choice.part.kind} {choice.use!r} needs an embedder: add a section"
                " `embed`, for instance `embed: sentence-transformers`"
            )
        if choice.part.needs_instructor and recipe.instructor is None:
            mistakes.append(
                f"{section}: {choice.part.kind} {choice.use!r} needs an instructor: add a section"
                " `instructor`, for instance `instructor: {use: openai, model: gpt-4o}`"
            )


def _check_budget(recipe: Recipe, chosen: Chosen | None, mistakes: list[str]) -> None:
    use = recipe.instructor
    if use is None:
        return
    for stage in sorted(set(use.stages) - set(_ASKING)):
        mistakes.append(
            f"instructor.stages: no stage {stage!r} asks an instructor; those that may:"
            f" {', '.join(_ASKING)}"
        )
    dollars = [use.max_usd, *(caps.max_usd for caps in use.stages.values())]
    capped = any(limit is not None for limit in dollars)
    settings = chosen.settings if chosen else None
    if capped and isinstance(settings, InstructorSettings) and settings.prices() is None:
        mistakes.append(
            "instructor.max_usd: a cap in dollars needs prices; give usd_per_million_prompt_tokens"
            " and usd_per_million_reply_tokens"
        )


def _activate(
    recipe: Recipe, catalogue: Catalogue, mistakes: list[str]
) -> tuple[Active, Domain] | None:
    plugins: dict[str, object] = {}
    for name in (recipe.domain.use, *recipe.plugins):
        if name in plugins:
            mistakes.append(f"plugins: {name!r} stands twice (the domain is active without it)")
            continue
        try:
            plugins[name] = _make(name, recipe, catalogue, first=not plugins)
        except ValidationError as error:
            options: Any = getattr(catalogue.plugin(name, "domain").factory, "Options", None)
            mistakes += _setting_mistakes("domain.options", options, error)
            plugins[name] = None
        except ErrataError as error:
            mistakes.append(str(error))
            plugins[name] = None
    if plugins[recipe.domain.use] is None:
        return None
    try:
        active = Active({name: made for name, made in plugins.items() if made is not None})
    except ErrataError as error:
        mistakes.append(str(error))
        return None
    if not active.answers("errata_check") or not active.answers("errata_target_prompt"):
        mistakes.append(
            f"domain: plugin {recipe.domain.use!r} is not a domain: it must answer errata_check and"
            " errata_target_prompt"
        )
        return None
    return active, Domain(recipe.domain.use, active)


def _make(name: str, recipe: Recipe, catalogue: Catalogue, *, first: bool) -> object:
    """The instance of an active plugin; the first is the domain and gets the recipe's options."""
    installed = catalogue.plugin(name, "domain" if first else "plugins")
    model: Any = getattr(installed.factory, "Options", None) if first else None
    if first and model is None and recipe.domain.options:
        raise PartError(f"domain.options: domain {name!r} has no options")
    given = model.model_validate(recipe.domain.options) if model else None
    with boundary(f"plugin {name}", "being made"):
        return make_plugin(installed, given)


def _check_source(
    set_name: str, source: Source, domain: Domain, seed: int, mistakes: list[str]
) -> None:
    """Look at the first problem, unless that would download something."""
    if source.source.startswith("hf:"):
        if importlib.util.find_spec("datasets") is None:
            mistakes.append(f"set {set_name}: {source.source} needs: pip install 'errata[data]'")
        return
    try:
        if next(domain.problems(source.source, source.split, seed), None) is None:
            what = "file" if is_path(source.source) else "source"
            mistakes.append(
                f"set {set_name}: {what} {source.source!r}, split {source.split!r}, is empty"
            )
    except ErrataError as error:
        mistakes.append(f"set {set_name}: {error}")
