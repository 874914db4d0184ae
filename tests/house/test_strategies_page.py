"""``docs/strategies.md`` has a section for every strategy: source, recipe, switches, a record."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter

from errata.plugins import recipe_files
from errata.recipe import load
from errata.records import Body
from house.blocks import catalogue
from house.checkout import DOCS

PAGE = (DOCS / "strategies.md").read_text(encoding="utf-8").split("## Settings")[0]
SECTIONS = {
    name: section
    for heading, section in re.findall(
        r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    for name in re.findall(r"`([\w-]+)`", heading)
}
OFFERED = {
    offer.part.name: offer.part
    for offer in catalogue().offers
    if offer.part.kind == "strategy" and offer.plugin == "strategies"
}
NO_DATA = {"inject-prompt"}  # it trains nothing


def test_every_strategy_and_no_other():
    assert len(OFFERED) >= 11
    assert SECTIONS.keys() == OFFERED.keys()


@pytest.mark.parametrize("name", sorted(OFFERED))
def test_source_recipe_and_switches(name):
    section = SECTIONS[name]
    sourced = re.search(r"^Source: ([^\n]+)\. Recipes?: ([^\n]+)\.$", section, re.MULTILINE)
    assert sourced is not None
    assert "https://" in sourced[1] or sourced[1] == "this project"
    shipped = recipe_files(catalogue().installed)
    for recipe in re.findall(r"`([\w/-]+)`", sourced[2]):
        assert load(shipped[recipe]).synthesize.use in SECTIONS
    named = [load(shipped[r]).synthesize.use for r in re.findall(r"`([\w/-]+)`", sourced[2])]
    assert name in named
    switches = OFFERED[name].settings.model_fields
    assert any(f"`{switch}`" in section or f"`{switch}:" in section for switch in switches)


@pytest.mark.parametrize("name", sorted(OFFERED.keys() - NO_DATA))
def test_an_example_record_that_is_one(name):
    records = re.findall(r"^```json\n(.*?)^```", SECTIONS[name], re.MULTILINE | re.DOTALL)
    assert records
    for record in records:
        TypeAdapter(Body).validate_json(record)
