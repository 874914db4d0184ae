"""The sections on docs/instructors.md, as ``errata check`` sees them."""

from __future__ import annotations

import re

import pytest
import yaml

from errata.check import prepare
from errata.errors import RecipeError
from errata.plugins import Catalogue, discover
from errata.recipe import parse
from house.checkout import PROJECT, page

BLOCKS = [
    section
    for text in re.findall(r"```yaml\n(.*?)```", page("instructors.md"), re.DOTALL)
    for section in [yaml.safe_load(text)]
    if "instructor" in section or "target" in section
]
KEYS = {"gpt-4o": "OPENAI_API_KEY", "anthropic/claude-sonnet-4-5": "ANTHROPIC_API_KEY"}
RECIPE = {
    "name": "page",
    "domain": "math",
    "problems": {"train": {"source": "drills", "limit": 10}},
    "target": {"use": "scripted"},
    "diagnose": "instructor",
    "group": "phrases",
    "synthesize": "sei",
    "select": "all",
    "train": "scripted",
}


def checked(section: dict) -> None:
    own = [p for p in discover() if p.name in PROJECT["project"]["entry-points"]["errata"]]
    instructor = {"instructor": {"use": "transformers", "model": "smollm2-135m-instruct"}}
    prepare(parse({**RECIPE, **instructor, **section}, "page"), Catalogue(own), "page")


def test_the_five_usual_ones_are_there() -> None:
    assert [block["instructor"]["use"] for block in BLOCKS if "instructor" in block] == [
        "openai",
        "litellm",
        "openai",
        "openai",
        "replay",
        "transformers",
    ]
    assert [block["target"]["use"] for block in BLOCKS if "target" in block] == ["openai"]


@pytest.mark.parametrize("section", BLOCKS, ids=lambda s: next(iter(s.values()))["model"])
def test_sections_are_sound_and_a_missing_key_is_named(
    section: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    [settings] = section.values()
    for key in KEYS.values():
        monkeypatch.delenv(key, raising=False)
    key = KEYS.get(settings["model"]) if settings["use"] != "replay" else None
    if key:
        with pytest.raises(RecipeError, match=f"environment variable {key} is not set"):
            checked(section)
        monkeypatch.setenv(key, "none")
    checked(section)
