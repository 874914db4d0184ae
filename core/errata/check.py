"""A recipe against what is installed: every mistake at once, before anything is downloaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from errata.domain import Domain
from errata.errors import ErrataError, RecipeError
from errata.parts import Kind, Part, Settings
from errata.plugins import Active, Catalogue, make_plugin
from errata.recipe import PartUse, Recipe, Source
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


_SECTIONS: dict[str, Kind] = {
    "target": "target",
    "embed": "embedder",
    "diagnose": "diagnoser",
    "group": "grouper",
    "synthesize": "strategy",
    "select": "selector",
    "train": "trainer",
    "warmup": "trainer",
}


def prepare(recipe: Recipe, catalogue: Catalogue, name: str) -> Prepared:
    """Check ``recipe``. Raises RecipeError with every mistake."""
    mistakes: list[str] = []
    chosen = _choose_all(recipe, catalogue, mistakes)
    verifiers = tuple(
        found
        for place, use in enumerate(recipe.synthesize.verify)
        if (found := _choose(f"synthesize.verify.{place}", "verifier", use, catalogue, mistakes))
    )
    _check_needs(recipe, {**chosen, **{v.use: v for v in verifiers}}, mistakes)
    activated = _activate(recipe, catalogue, mistakes)
    if activated is not None:
        for set_name, source in recipe.sets().items():
            _check_source(set_name, source, activated[1], recipe.seed, mistakes)
    if mistakes or activated is None:
        raise RecipeError(name, mistakes)
    return Prepared(recipe, *activated, chosen, verifiers)


def _choose_all(recipe: Recipe, catalogue: Catalogue, mistakes: list[str]) -> dict[str, Chosen]:
    warmup = PartUse(
        **{
            **recipe.train.settings,
            **recipe.warmup.settings,
            "use": recipe.warmup.use or recipe.train.use,
        }
    )
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
        mistakes += _setting_mistakes(section, part.settings, error)
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


def _setting_mistakes(section: str, model: type[BaseModel], error: ValidationError) -> list[str]:
    found = []
    for item in error.errors(include_url=False):
        place = ".".join([section, *(str(part) for part in item["loc"])])
        known = f"; settings: {', '.join(model.model_fields) or 'none'}"
        message = "unknown setting" if item["type"] == "extra_forbidden" else item["msg"]
        given = (
            "" if item["type"] in ("extra_forbidden", "missing") else f", found {item['input']!r}"
        )
        found.append(f"{place}: {message}{given}{known}")
    return found


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


def _activate(
    recipe: Recipe, catalogue: Catalogue, mistakes: list[str]
) -> tuple[Active, Domain] | None:
    try:
        installed = catalogue.plugin(recipe.domain.use, "domain")
        options: Any = getattr(installed.factory, "Options", None)
        if options is None and recipe.domain.options:
            mistakes.append(f"domain.options: domain {installed.name!r} has no options")
            return None
        given = options.model_validate(recipe.domain.options) if options else None
        plugins = {installed.name: make_plugin(installed, given)}
        for name in recipe.plugins:
            plugins[name] = make_plugin(catalogue.plugin(name, "plugins"), None)
        active = Active(plugins)
    except ValidationError as error:
        mistakes += _setting_mistakes("domain.options", options, error)
        return None
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
