"""Branches: the same run as an undisturbed one, and only from a run that begins like it."""

from __future__ import annotations

import json

import pytest

from errata.ablation.branching import branch, upstream
from errata.errors import CorruptRecord, RunDirectoryError
from errata.loop import loop
from errata.recipe import load
from errata.run import Run
from errata.store import Store

WARM = ["rounds=1", "problems.train.limit=80", "problems.test.limit=20", "warmup.examples=6"]


@pytest.fixture
def shared(roman, tmp_path) -> Store:
    roman.run(tmp_path / "shared", *WARM, until="group")
    return Store(tmp_path / "shared")


def _go_on(roman, prepared, directory) -> None:
    loop(Run(prepared, Store(directory), roman.cache, None))


def test_a_branch_ends_as_the_run_would_have(roman, tmp_path, run_files, shared):
    changes = [*WARM, "synthesize.use=self-instruct", "synthesize.total=12"]
    roman.run(tmp_path / "whole", *changes)
    prepared = roman.prepared(tmp_path / "arm", changes).prepared
    branch(prepared, shared, tmp_path / "arm")
    _go_on(roman, prepared, tmp_path / "arm")
    whole, arm = run_files(tmp_path / "whole"), run_files(tmp_path / "arm")
    manifests = [json.loads(files.pop("run.json")) for files in (whole, arm)]
    # The card of the warm-up names the recipe that made it, which is the shared run's.
    cards = [files.pop("round-0/README.md") for files in (whole, arm)]
    assert cards[1] == shared.file("round-0/README.md").read_bytes() != cards[0]
    for manifest in manifests:
        for stage in manifest["stages"]:
            stage["outputs"].pop("round-0/README.md", None)
    assert manifests[1].pop("branched_from") == "../shared"
    assert manifests[0].pop("branched_from") == ""
    assert manifests[0] == manifests[1]
    assert whole == arm


def test_what_is_shared_is_not_done_again(roman, tmp_path, shared):
    prepared = roman.prepared(tmp_path / "arm", [*WARM, "select={use: random, keep: 0.5}"]).prepared
    branch(prepared, shared, tmp_path / "arm")
    assert roman.stages(tmp_path / "arm") == roman.stages(tmp_path / "shared")
    weights = [d / "round-0/checkpoint/scripted.json" for d in (shared.path, tmp_path / "arm")]
    assert weights[0].samefile(weights[1])
    records = [d / "round-0/attempts/train.jsonl" for d in (shared.path, tmp_path / "arm")]
    assert not records[0].samefile(records[1])


def test_other_cases_branch_at_the_first_evaluation(roman, tmp_path, shared):
    prepared = roman.prepared(tmp_path / "arm", [*WARM, "triage.samples=2"]).prepared
    branch(prepared, shared, tmp_path / "arm")
    assert roman.stages(tmp_path / "arm")[-1] == "round-1 evaluate"


@pytest.mark.parametrize(
    "change", ["warmup.examples=7", "target.skill=0.4", "seed=1", "problems.dev=21"]
)
def test_another_beginning_is_refused(roman, tmp_path, shared, change):
    prepared = roman.prepared(tmp_path / "arm", [*WARM, change]).prepared
    with pytest.raises(RunDirectoryError, match="does not begin as"):
        branch(prepared, shared, tmp_path / "arm")
    assert not (tmp_path / "arm").exists()


def test_a_changed_file_is_refused(roman, tmp_path, shared):
    path = shared.file("round-0/verdicts/train.jsonl")
    path.write_text(path.read_text().replace('"right"', '"wrong"', 1))
    prepared = roman.prepared(tmp_path / "arm", WARM).prepared
    with pytest.raises(CorruptRecord, match=r"verdicts/train\.jsonl is not what evaluate"):
        branch(prepared, shared, tmp_path / "arm")


def test_other_versions_are_refused(roman, tmp_path, shared):
    manifest = shared.manifest()
    shared.save(manifest.model_copy(update={"versions": manifest.versions | {"errata": "0.0.0"}}))
    prepared = roman.prepared(tmp_path / "arm", WARM).prepared
    with pytest.raises(RunDirectoryError, match="other versions of errata"):
        branch(prepared, shared, tmp_path / "arm")


def test_what_is_left_of_a_killed_branch_is_cleared(roman, tmp_path, shared):
    left = tmp_path / ".arm.tmp"
    left.mkdir()
    (left / "half").write_text("x")
    branch(roman.prepared(tmp_path / "arm", WARM).prepared, shared, tmp_path / "arm")
    assert not left.exists()
    assert not (tmp_path / "arm" / "half").exists()


def test_edited_types_of_a_shared_run_lead_on_from_there(roman, tmp_path, shared):
    path = shared.file("round-1/error_types.yaml")
    path.write_text(path.read_text().replace("name: ", "name: my ", 1))
    prepared = roman.prepared(tmp_path / "arm", WARM).prepared
    branch(prepared, shared, tmp_path / "arm")
    _go_on(roman, prepared, tmp_path / "arm")
    assert "name: my " in (tmp_path / "arm/round-1/error_types.yaml").read_text()
    assert roman.ended(tmp_path / "arm")


@pytest.mark.parametrize(
    ("changes", "through", "same"),
    [
        (["synthesize.total=9", "select={use: random}", "rounds=3"], "group", True),
        (["train={use: scripted, start: base}"], "group", True),
        (["group={use: embedding}"], "evaluate", True),
        (["group={use: embedding}"], "group", False),
        (["diagnose={use: other}"], "group", False),
        (["instructor={use: openai, model: m}"], "evaluate", True),
        (["instructor={use: openai, model: m}"], "group", False),
        (["target.batch_size=4"], "evaluate", False),
        (["stop.alpha=0.1"], "group", True),
    ],
)
def test_what_stages_depend_on(roman, changes, through, same):
    one, other = load(roman.recipe), load(roman.recipe, changes)
    assert (upstream(one, through) == upstream(other, through)) is same


def test_a_warm_up_shares_the_trainers_settings(roman):
    warm = load(roman.recipe, ["warmup.examples=6", "train={use: sft, epochs: 1}"])
    longer = load(roman.recipe, ["warmup.examples=6", "train={use: sft, epochs: 2}"])
    own = load(roman.recipe, ["warmup={examples: 6, epochs: 1}", "train={use: sft, epochs: 2}"])
    cold = load(roman.recipe, ["train={use: sft, epochs: 2}"])
    assert upstream(warm, "evaluate") != upstream(longer, "evaluate")
    assert upstream(warm, "evaluate") == upstream(own, "evaluate")
    assert upstream(cold, "evaluate") == upstream(load(roman.recipe), "evaluate")
