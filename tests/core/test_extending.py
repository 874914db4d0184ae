"""Recipes that extend others: what goes over what, and where mistakes are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from errata.errors import RecipeError, UserError
from errata.extending import over
from errata.recipe import Recipe, load, parse, read

BASE: dict[str, Any] = {
    "name": "base",
    "domain": "math",
    "problems": {
        "train": {"source": "drills", "split": "train", "limit": 9},
        "out_of_domain": {"svamp": {"source": "svamp"}},
        "dev": 2,
        "gate": 3,
    },
    "target": {"use": "scripted", "skill": 0.5},
    "diagnose": "symbolic",
    "group": {"use": "embedding", "max_types": 7},
    "synthesize": {"use": "redraw", "per_seed": 2, "total": 30, "verify": ["recompute", "leak"]},
    "select": "all",
    "train": {"use": "scripted", "start": "base"},
    "stop": {"guard": ["gate"], "alpha": 0.1},
}


def written(folder: Path, name: str, raw: dict[str, Any]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(raw))
    return path


@pytest.fixture
def extended(tmp_path: Path):
    def make(**own: Any) -> Path:
        written(tmp_path, "base.yaml", BASE)
        return written(tmp_path, "own.yaml", {"extends": "base.yaml", **own})

    return make


def test_nothing_of_its_own_is_the_other_recipe(extended):
    assert load(extended()) == parse(BASE, "base")


def test_keys_of_a_section_go_over_those_of_the_other(extended):
    own = load(extended(name="own", synthesize={"total": 5}, stop={"no_gain": True}, rounds=2))
    assert own.name == "own"
    assert own.synthesize.use == "redraw"
    assert own.synthesize.settings == {"per_seed": 2}
    assert (own.synthesize.total, len(own.synthesize.verify)) == (5, 2)
    assert (own.stop.no_gain, own.stop.alpha, own.rounds) == (True, 0.1, 2)


def test_what_a_key_holds_is_replaced_whole(extended):
    own = load(
        extended(
            problems={"train": {"source": "svamp"}, "out_of_domain": {}},
            synthesize={"verify": ["novelty"]},
        )
    )
    assert own.sets()["train"].limit is None
    assert own.problems.out_of_domain == {}
    assert own.problems.dev == 2
    assert [verifier.use for verifier in own.synthesize.verify] == ["novelty"]


@pytest.mark.parametrize("other", ["sei", {"use": "sei"}, {"use": "redraw"}])
def test_a_section_that_names_its_part_stands_for_itself(extended, other):
    own = load(extended(synthesize=other))
    assert own.synthesize == parse({**BASE, "synthesize": other}, "own").synthesize
    assert (
        own.synthesize.total
        == Recipe.model_validate({**BASE, "synthesize": other}).synthesize.total
    )


def test_a_plain_name_takes_settings(extended):
    assert load(extended(diagnose={"second": "verdict-reason"})).diagnose.use == "symbolic"


def test_a_section_can_be_taken_away(extended):
    assert load(extended(train=None)).train is None


def test_changes_come_last(extended):
    assert load(extended(rounds=2), ["rounds=3", "group.max_types=4"]).group.settings == {
        "max_types": 4
    }


def test_one_may_extend_another_that_extends(extended, tmp_path):
    extended(name="own", rounds=2)
    third = {"extends": "../own.yaml", "name": "third"}
    recipe = load(written(tmp_path, "below/third.yaml", third))
    assert (recipe.name, recipe.rounds, recipe.problems.dev) == ("third", 2, 2)


def test_a_shipped_recipe_can_be_extended(tmp_path):
    own = load(written(tmp_path, "own.yaml", {"extends": "math/quickstart", "rounds": 7}))
    assert own.rounds == 7
    assert own.problems.gate == 30


def test_digest_and_resolved_recipe_are_those_of_the_whole(extended):
    own = load(extended(rounds=2))
    whole = parse({**BASE, "rounds": 2}, "whole")
    assert own.digest() == whole.digest()
    assert "extends" not in own.as_yaml()


def test_mistakes_of_both_are_told_each_in_its_place(tmp_path):
    written(tmp_path, "base.yaml", {**BASE, "roundz": 3, "seed": "x"})
    own = {"extends": "base.yaml", "stop": {"alpha": 7}, "rounds": "many"}
    _, mistakes = read(written(tmp_path, "own.yaml", own))
    assert len(mistakes) == 4
    assert mistakes[0].startswith("extends base.yaml: ")
    assert {m.partition(": ")[2].partition(":")[0] for m in mistakes[:2]} == {"roundz", "seed"}
    assert {m.partition(":")[0] for m in mistakes[2:]} == {"stop.alpha", "rounds"}


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("math/nothing", "neither a YAML file nor a shipped recipe; shipped: .*math/quickstart"),
        ("gone.yaml", r"extends: gone.yaml: no such file \(.*gone.yaml\)"),
        (["a", "b"], "the name of a recipe or the path of one was wanted, found"),
        ("own.yaml", "recipes extend each other: .*own.yaml → .*own.yaml"),
    ],
)
def test_what_cannot_be_extended_is_said(tmp_path, extends, said):
    with pytest.raises(RecipeError, match=said) as caught:
        load(written(tmp_path, "own.yaml", {"extends": extends, "name": "own"}))
    assert caught.value.exit_code == 2
    assert "own.yaml" in str(caught.value)


def test_a_misspelt_extends_is_an_unknown_key(tmp_path):
    with pytest.raises(RecipeError, match=r"extend: unknown key \(did you mean 'extends'\?\)"):
        load(written(tmp_path, "own.yaml", {**BASE, "extend": "base.yaml"}))


def test_a_missing_file_is_said():
    with pytest.raises(UserError, match="no such file; `errata recipes`"):
        load(Path("nowhere.yaml"))


def test_over_leaves_its_arguments_alone():
    base, layer = {"a": {"b": 1}}, {"a": {"c": 2}}
    assert over(base, layer) == {"a": {"b": 1, "c": 2}}
    assert (base, layer) == ({"a": {"b": 1}}, {"a": {"c": 2}})
