"""docs/recipes.md against the recipe's models and every part's settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from errata.plugins import Catalogue, Offer, discover
from errata.recipe import PartUse, Recipe, Section
from house.checkout import PROJECT, page, rows, sections

OWN = PROJECT["project"]["entry-points"]["errata"]
CATALOGUE = Catalogue([plugin for plugin in discover() if plugin.name in OWN])
OFFERS = CATALOGUE.offers


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _recipe_fields(
    model: type[BaseModel], prefix: str, seen: set[type[BaseModel]]
) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield prefix + name, field
        for inner in _models(field.annotation):
            if inner is PartUse or (issubclass(inner, Section | PartUse) and inner not in seen):
                yield from _recipe_fields(inner, f"{prefix}{name}.", seen | {inner})
                seen.add(inner)


RECIPE_FIELDS = dict(_recipe_fields(Recipe, "", set()))


def _shown_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "see below" if isinstance(value, BaseModel) else f"`{json.dumps(value)}`"


def _heading(offer: Offer) -> str:
    return f"{offer.part.kind} `{offer.part.name}` (plugin `{offer.plugin}`)"


def _check(found: dict[str, list[str]], place: str, path: str, field: FieldInfo) -> list[str]:
    if path not in found:
        return [f"{place}{path} is not documented"]
    _, default, meaning = found[path]
    wrong = []
    if default != _shown_default(field):
        wrong.append(f"{place}{path}: default {default}, not {_shown_default(field)}")
    if not meaning:
        wrong.append(f"{place}{path}: no description (Field(description=…) of the setting)")
    return wrong


def test_every_plugin_of_the_distribution_loads() -> None:
    assert [f"{p.name}: {p.problem}" for p in CATALOGUE.installed if p.problem] == []
    assert {plugin.name for plugin in CATALOGUE.installed} == set(OWN)


def test_the_walk_over_the_recipe_finds_nested_settings() -> None:
    expected = {"synthesize.wave", "problems.train.source", "stop.alpha", "synthesize.verify.use"}
    assert expected <= set(RECIPE_FIELDS)


def test_every_setting_of_a_recipe_is_documented() -> None:
    found = rows(sections(page("recipes.md"))["Every setting of a recipe"])
    wrong = [w for path, field in RECIPE_FIELDS.items() for w in _check(found, "", path, field)]
    assert not wrong, "\n".join(wrong)
    assert set(found) - set(RECIPE_FIELDS) == set()


@pytest.mark.parametrize("offer", OFFERS, ids=lambda o: f"{o.plugin}/{o.part.kind}/{o.part.name}")
def test_every_setting_of_a_part_is_documented(offer: Offer) -> None:
    documented = sections(page("recipes.md"))
    assert _heading(offer) in documented
    found = rows(documented[_heading(offer)])
    fields = dict(_option_fields(offer.part.settings, ""))
    wrong = [w for name, field in fields.items() for w in _check(found, "", name, field)]
    assert not wrong, "\n".join(wrong)
    assert set(found) == set(fields)


def test_no_part_is_documented_that_does_not_exist() -> None:
    headings = {h for h in sections(page("recipes.md")) if "(plugin `" in h}
    assert headings == {_heading(offer) for offer in OFFERS}


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_option_of_a_domain_is_documented(name: str) -> None:
    model = getattr(CATALOGUE.plugin(name, "house").factory, "Options", None)
    if model is None:
        return
    found = rows(sections(page("recipes.md"))[f"Options of the domain `{name}`"])
    fields = dict(_option_fields(model, ""))
    wrong = [w for path, field in fields.items() for w in _check(found, "", path, field)]
    assert not wrong, "\n".join(wrong)
    assert set(found) == set(fields)


def _option_fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield prefix + name, field
        for inner in _models(field.annotation):
            yield from _option_fields(inner, f"{prefix}{name}.")


@pytest.mark.parametrize("offer", OFFERS, ids=lambda o: f"{o.plugin}/{o.part.kind}/{o.part.name}")
def test_parts_say_what_they_are_and_name_an_extra_that_exists(offer: Offer) -> None:
    assert offer.part.summary
    assert bool(offer.part.requires) == bool(offer.part.extra)
    assert offer.part.extra in ("", *PROJECT["project"]["optional-dependencies"])
