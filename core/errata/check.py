"""A recipe against what is installed: every mistake at once, before anything is downloaded."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from errata.alone import lacking
from errata.calls.settings import InstructorSettings
from errata.domain import Domain
from errata.errors import ErrataError, PartError, RecipeError, boundary
from errata.parts import Kind, Part, Settings
from errata.plugins import Active, Catalogue, make_plugin
from errata.prompting import Prompts, resolve
from errata.recipe import (
    Diagnose,
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
from errata.sections import CallsUse
from errata.sources import is_path
from errata.stages.importing import first_row
from errata.stages.second_look import OWN_SOLUTION
from errata.style_check import style_mistakes
from errata.training_check import example_mistakes


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
    prompts: Prompts = field(default_factory=Prompts)


_ASKING = ("triage", "diagnose", "group", "synthesize")
_PRICES_WANTED = (
    "a cap in dollars needs prices; give usd_per_million_prompt_tokens and"
    " usd_per_million_reply_tokens"
)
_SECTIONS: dict[str, Kind] = {
    "target": "target",
    "instructor": "instructor",
    "embed": "embedder",
    "diagnose": "diagnoser",
    "diagnose.second": "diagnoser",
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
    own_prompts: Path | None = None,
) -> Prepared:
    """Check ``recipe``. Raises RecipeError with every mistake, ``mistakes`` found earlier included.

    Without ``sources`` the problems are not looked at (a run that has them needs them no more);
    ``own_prompts`` is the folder of a run's own prompt templates.
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
    offered = (o.part for o in catalogue.offers if o.part.kind == "trainer")
    mistakes += example_mistakes(recipe, {s: c.part for s, c in chosen.items()}, offered)
    _check_budget(recipe, chosen.get("instructor"), mistakes)
    _check_target_budget(chosen.get("target"), mistakes)
    activated = _activate(recipe, catalogue, mistakes)
    prompts = Prompts()
    if activated is not None:
        asked = [
            (section.split(".")[0], purpose)
            for section, choice in (chosen | judges).items()
            for purpose in choice.part.purposes(choice.settings)
        ]
        if recipe.triage.samples and recipe.triage.suspect_gold and recipe.instructor:
            asked.append(("triage", OWN_SOLUTION))
        overrides = recipe.domain.prompts
        prompts = resolve(asked, overrides, activated[1].prompt, mistakes, own_prompts)
    if activated is not None and sources:
        for set_name, source in recipe.sets().items():
            _check_source(set_name, source, activated[1], recipe.seed, mistakes)
        mistakes += _unreadable(recipe)
        if strategy := chosen.get("synthesize"):
            styles = strategy.part.styles(strategy.settings)
            mistakes += style_mistakes(styles, recipe, activated[1])
    if mistakes or activated is None:
        raise RecipeError(name, mistakes)
    return Prepared(recipe, *activated, chosen, verifiers, prompts)


def domain_of(recipe: Recipe, catalogue: Catalogue, name: str) -> Domain:
    """The domain of ``recipe``, whether or not its other parts are installed. Raises RecipeError."""
    mistakes: list[str] = []
    activated = _activate(recipe, catalogue, mistakes)
    if mistakes or activated is None:
        raise RecipeError(name, mistakes)
    return activated[1]


def _choose_all(recipe: Recipe, catalogue: Catalogue, mistakes: list[str]) -> dict[str, Chosen]:
    own = recipe.train
    trainer = recipe.warmup.use or (own.use if own else "")
    shared = own.settings if own and trainer == own.use else {}
    if recipe.warmup.examples and not trainer:
        mistakes.append("warmup: no trainer: give `warmup.use`, or a section `train`")
    warmup = PartUse(**{**shared, **recipe.warmup.settings, "use": trainer})
    uses: dict[str, PartUse | None] = {
        section: _section(recipe, section) for section in _SECTIONS if section != "warmup"
    }
    uses["warmup"] = warmup if recipe.warmup.examples and trainer else None
    chosen: dict[str, Chosen] = {}
    for section, use in uses.items():
        found = _choose(section, _SECTIONS[section], use, catalogue, mistakes) if use else None
        if found:
            chosen[section] = found
            inside = found.part.inside(found.settings)
            chosen |= {
                f"{section}.{place}": inner
                for place, inner_use in inside.items()
                if (
                    inner := _choose(
                        f"{section}.{place}", found.part.kind, inner_use, catalogue, mistakes
                    )
                )
            }
    return chosen


def _section(recipe: Recipe, path: str) -> PartUse | None:
    found: Any = recipe
    for name in path.split("."):
        found = getattr(found, name)
    return found if isinstance(found, PartUse) else None


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
    if missing := lacking(part):
        mistakes.append(f"{section}: {missing}")
        return None
    with boundary(f"{kind} {use.use}", "checking its settings"):
        mistakes += [f"{section}: {mistake}" for mistake in part.check(settings)]
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
            if item["type"] == "literal_error":
                message += did_you_mean(str(item["input"]), _choices(item))
            message += f", found {short(item['input'])}"
        found.append(f"{place}: {message}; settings: {', '.join(known) or 'none'}")
    return found


def _choices(item: Any) -> list[str]:
    """The texts that would have been right, of a mistake in a choice."""
    return re.findall(r"'([^']*)'", str(item.get("ctx", {}).get("expected", "")))


def _own_keys(section: str) -> list[str]:
    """What the recipe itself knows in a section that names a part."""
    models: dict[str, type[BaseModel]] = {
        "diagnose": Diagnose,
        "instructor": InstructorUse,
        "synthesize": Synthesize,
        "train": Train,
        "warmup": Warmup,
    }
    return [key for key in models.get(section, PartUse).model_fields if key != "use"]


def _check_needs(recipe: Recipe, chosen: Mapping[str, Chosen], mistakes: list[str]) -> None:
    target = chosen.get("target")
    if recipe.triage.samples and target and "sample" not in target.part.provides:
        mistakes.append(
            f"triage.samples: samples need a target that can sample; target {target.use!r} can"
            f" {', '.join(sorted(target.part.provides)) or 'only generate'}; leave triage.samples at 0"
        )
    for section, choice in chosen.items():
        lacking = choice.part.capabilities(choice.settings)
        lacking -= target.part.provides if target else lacking
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
        if choice.part.asks(choice.settings) and recipe.instructor is None:
            mistakes.append(
                f"{section}: {choice.part.kind} {choice.use!r} needs an instructor: add a section"
                " `instructor`, for instance `instructor: {use: openai, model: gpt-4o}`"
            )


def _check_target_budget(target: Chosen | None, mistakes: list[str]) -> None:
    """A target behind an endpoint brings its own cap."""
    settings = target.settings if target else None
    capped = isinstance(settings, CallsUse) and settings.max_usd is not None
    if capped and isinstance(settings, InstructorSettings) and settings.prices() is None:
        mistakes.append(f"target.max_usd: {_PRICES_WANTED}")


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
        mistakes.append(f"instructor.max_usd: {_PRICES_WANTED}")


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


def _unreadable(recipe: Recipe) -> list[str]:
    """What is wrong with the first rows of ``error_sources``."""
    found = []
    for source in recipe.error_sources:
        try:
            first_row(source)
        except ErrataError as error:
            found.append(str(error))
    return found


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
