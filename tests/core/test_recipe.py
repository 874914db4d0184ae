"""Recipes: every mistake at once, with what is known; changes; digests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.errors import RecipeError, UserError
from errata.recipe import examine, load, parse, read

WHOLE: dict[str, Any] = {
    "name": "whole",
    "domain": "math",
    "problems": {
        "train": {"source": "drills", "limit": 9},
        "test": {"drills": {"source": "drills", "split": "test"}, "x-1.y": {"source": "a.jsonl"}},
        "out_of_domain": "svamp",
        "dev": 2,
        "gate": 3,
    },
    "target": {"use": "scripted", "skill": 0.5},
    "warmup": {"examples": 4, "epochs": 1},
    "diagnose": "symbolic",
    "group": {"use": "phrases"},
    "synthesize": {"use": "redraw", "total": 30, "verify": ["recompute", {"use": "leak"}]},
    "select": "all",
    "train": "scripted",
}


def _with(path: str, value: object) -> dict[str, Any]:
    """``WHOLE`` with one value changed."""
    raw = yaml.safe_load(yaml.safe_dump(WHOLE))
    place = raw
    *parents, last = path.split(".")
    for parent in parents:
        if isinstance(place.get(parent), str):
            place[parent] = {"use": place[parent]}
        place = place.setdefault(parent, {})
    place[last] = value
    return raw


def _mistakes(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        parse(raw, "mine.yaml")
    assert caught.value.exit_code == 2
    return caught.value.mistakes


def test_a_whole_recipe_is_understood():
    recipe = parse(WHOLE, "whole")
    assert recipe.domain.use == "math"
    assert list(recipe.sets()) == ["train", "test/drills", "test/x-1.y", "ood"]
    assert recipe.sets()["ood"].source == "svamp"
    assert recipe.synthesize.verify[1].use == "leak"
    assert recipe.target.settings == {"skill": 0.5}
    assert recipe.warmup.settings == {"epochs": 1}
    assert recipe.stop.guard == ("gate",)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("sed", 1, "sed: unknown key (did you mean 'seed'?); known: name, domain, problems"),
        ("problems.tests", {}, "problems.tests: unknown key (did you mean 'test'?); known: train"),
        (
            "problems.train.limt",
            1,
            "problems.train.limt: unknown key (did you mean 'limit'?); known: source, split, limit",
        ),
        (
            "problems.test.drills.splt",
            "a",
            "problems.test.drills.splt: unknown key (did you mean 'split'?); known: source, split",
        ),
        ("domain.option", {}, "domain.option: unknown key (did you mean 'options'?); known: use"),
        ("stop.no_gian", True, "stop.no_gian: unknown key (did you mean 'no_gain'?)"),
        ("stop.zzz", True, "stop.zzz: unknown key; known: no_gain, guard, alpha"),
    ],
)
def test_unknown_keys(path, value, said):
    (mistake,) = _mistakes(_with(path, value))
    assert mistake.startswith(said)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("rounds", "many", "rounds: Input should be a valid integer"),
        ("rounds", -1, "rounds: Input should be greater than or equal to 0, found -1"),
        ("name", 5, "name: Input should be a valid string, found 5"),
        ("problems.dev", "x", "problems.dev: "),
        ("problems.train", [], "problems.train: "),
        ("problems.train", None, "problems.train: "),
        ("problems.train", {}, "problems.train: "),
        ("problems.train.limit", 0, "problems.train.limit: "),
        ("problems.test", {"a/b": {"source": "x"}}, "problems.test: the name 'a/b' of a set"),
        ("problems.test", {"..": {"source": "x"}}, "problems.test: the name '..' of a set"),
        ("target", 3, "target: "),
        ("diagnose", ["a"], "diagnose: "),
        ("synthesize.wave", 0, "synthesize.wave: "),
        ("synthesize.per_type", "all", "synthesize.per_type: "),
        ("synthesize.verify", "leak", "synthesize.verify: "),
        ("synthesize.verify", [{"us": "leak"}], "synthesize.verify.0.use: missing"),
        ("train.start", "first", "train.start: "),
        ("stop.alpha", 2, "stop.alpha: "),
        ("plugins", "mine", "plugins: "),
        ("seed", 1.5, "seed: "),
    ],
)
def test_wrong_types_and_values(path, value, place):
    (mistake,) = _mistakes(_with(path, value))
    assert mistake.startswith(place)
    assert len(mistake) < 200


@pytest.mark.parametrize("key", ["name", "domain", "problems", "target", "select"])
def test_missing_sections(key):
    raw = dict(WHOLE)
    del raw[key]
    assert _mistakes(raw) == [f"{key}: missing"]


def test_a_source_without_source():
    assert _mistakes(_with("problems.train", {"split": "train"})) == [
        "problems.train.source: missing"
    ]


def test_all_mistakes_are_told_at_once_and_the_rest_goes_on():
    raw = _with("sed", 1)
    raw["rounds"] = "many"
    raw["problems"]["train"]["limt"] = 4
    raw["stop"] = {"guard": ["test/drills", "dev"], "no_gain": True}
    raw["problems"]["gate"] = 0
    recipe, mistakes = examine(raw)
    places = [mistake.split(":")[0] for mistake in mistakes]
    assert sorted(places) == [
        "problems.train.limt", "rounds", "sed", "stop.guard", "stop.guard", "stop.no_gain",
    ]  # fmt: skip
    assert recipe is not None
    assert recipe.rounds == 1
    with pytest.raises(RecipeError, match="mine: 6 mistakes\n  - "):
        parse(raw, "mine")


@pytest.mark.parametrize("guard", ["test", "test/drills", "ood", "ood/svamp"])
def test_a_reported_set_never_guards(guard):
    (mistake,) = _mistakes(_with("stop", {"guard": [guard]}))
    assert "may never decide anything" in mistake
    assert "problems.guard" in mistake


def test_an_unknown_guard():
    (mistake,) = _mistakes(_with("stop", {"guard": ["dev"]}))
    assert mistake.startswith("stop.guard: no guard set 'dev'; available: gate (sets under")


def _file(folder: Path, raw: object = WHOLE) -> Path:
    path = folder / "r.yaml"
    path.write_text(yaml.safe_dump(raw))
    return path


def test_changes_reach_every_depth(tmp_path):
    recipe = load(
        _file(tmp_path),
        [
            "seed=7",
            "problems.train.limit=3",
            "problems.out_of_domain={a: {source: x}, b: {source: y}}",
            "diagnose.depth=2",  # a part given by name alone becomes a mapping
            "stop.no_gain=true",
            "synthesize.verify=[]",
            "name=a=b",
        ],
    )
    assert (recipe.seed, recipe.name) == (7, "a=b")
    assert recipe.problems.train[""].limit == 3
    assert list(recipe.problems.out_of_domain) == ["a", "b"]
    assert recipe.diagnose.use == "symbolic"
    assert recipe.diagnose.settings == {"depth": 2}
    assert recipe.stop.no_gain
    assert recipe.synthesize.verify == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("seed", "write --set a.b=value"),
        ("seed.x=1", "seed is not a section"),
        ("synthesize.verify.0=leak", "verify is not a section"),
        ("seed=[", "the value is not YAML"),
    ],
)
def test_changes_that_cannot_be(tmp_path, change, said):
    raw = {**WHOLE, "seed": 3}
    with pytest.raises(UserError, match="--set") as caught:
        load(_file(tmp_path, raw), [change])
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_change_can_be_a_mistake(tmp_path):
    with pytest.raises(RecipeError, match="sed: unknown key"):
        load(_file(tmp_path), ["sed=1"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "not YAML"),
        (b"- a\n", "a mapping was wanted, found list"),
        (b"", "a mapping was wanted, found NoneType"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"a: &a [*a]", "name: missing"),
        (b"{1: 2}", "name: missing"),
    ],
)
def test_files_that_are_no_recipe(tmp_path, content, said):
    path = tmp_path / "r.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"r\.yaml") as caught:
        load(path)
    assert said in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"no such file; `errata recipes`"):
        load(tmp_path / "no.yaml")
    with pytest.raises(UserError, match="cannot be read"):
        load(tmp_path)


def test_the_resolved_recipe_loads_back(tmp_path):
    recipe = parse(WHOLE, "whole")
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe.as_yaml(), encoding="utf-8")
    assert load(path) == recipe
    assert load(path).digest() == recipe.digest()


def test_the_digest_follows_settings_not_order_or_spelling():
    digest = parse(WHOLE, "whole").digest()
    assert parse(dict(reversed(WHOLE.items())), "x").digest() == digest
    assert parse(_with("diagnose", {"use": "symbolic"}), "x").digest() == digest
    assert parse(_with("seed", 0), "x").digest() == digest
    assert parse(_with("seed", 1), "x").digest() != digest
    assert parse(_with("target.skill", 0.6), "x").digest() != digest


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        *WHOLE,
        "problems.train", "problems.test", "problems.dev", "problems.train.limit", "stop", "seed",
        "stop.guard", "synthesize.verify", "synthesize.total", "domain.options", "warmup.use",
        "plugins", "embed", "new", "problems.test.drills",
    ]
)  # fmt: skip


@given(PATHS, JSON)
@settings(max_examples=120, deadline=None)
def test_whatever_is_in_a_recipe_it_is_understood_or_refused(path, value):
    recipe, mistakes = examine(_with(path, value))
    assert recipe is not None or mistakes
    if recipe is not None and not mistakes:
        again, none = examine(yaml.safe_load(recipe.as_yaml()))
        assert none == []
        assert again is not None
        assert again.digest() == recipe.digest()


def test_reading_gives_what_is_left(tmp_path):
    recipe, mistakes = read(_file(tmp_path, _with("sed", 1)))
    assert recipe is not None
    assert len(mistakes) == 1
    recipe, mistakes = read(_file(tmp_path, _with("target", 3)))
    assert recipe is None
    assert len(mistakes) == 1
