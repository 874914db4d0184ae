"""Exactly so many accepted candidates for each type, or the budget ends: what is kept, and how it goes
on. On recorded attempts of the small model, with an instructor behind real HTTP."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
import yaml

from errata.errors import BudgetSpent
from errata.recipe import load, parse
from errata_math.plugin import MathDomain
from scripted.bench import carried_out, instructor, outcome, prepared, rows
from scripted.methods import Methods
from test_methods import SMALL

# The scripted instructor has a few turns of phrase only, which are near each other.
MAKE = (
    "{use: sei, total: 30, wave: 4, per_call: 4, idle_waves: 20,"
    " verify: [recompute, {use: novelty, rouge_l: 0.95}, leak]}"
)
ENOUGH, FEW = "max_requests: 1000", "max_requests: 9"


@pytest.fixture
def methods(monkeypatch: pytest.MonkeyPatch) -> Iterator[Methods]:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    problems = list(MathDomain().errata_problems("gsm8k-two-steps", "train", 0))
    server = Methods(problems, problems[-20:])
    yield server
    server.stop()


def changes(methods: Methods, cap: str, *more: str) -> list[str]:
    return [*SMALL, f"synthesize={MAKE}", instructor(methods.url, cap), *more]


def test_a_spent_budget_stops_the_run_and_nothing_is_lost(methods, tmp_path):
    whole, directory = tmp_path / "whole", tmp_path / "run"
    carried_out(whole, "math/sei", changes(methods, ENOUGH), until="synthesize")
    found = outcome(whole)
    assert found.shortfalls == []
    assert len(found.accepted) == 30
    needed = sum(methods.requests.values())
    assert needed > 9

    methods.requests.clear()
    methods.times.clear()
    with pytest.raises(BudgetSpent, match=r"max_requests is 9: 9 have been sent.*errata resume"):
        carried_out(directory, "math/sei", changes(methods, FEW))
    assert sum(methods.requests.values()) == 9
    path = directory / "recipe.yaml"
    recipe = yaml.safe_load(path.read_text())
    recipe["instructor"]["max_requests"] = 1000
    path.write_text(yaml.safe_dump(recipe))
    carried_out(directory, str(path), [], until="synthesize")
    for name in ("candidates.jsonl", "objections.jsonl", "shortfalls.jsonl"):
        assert (directory / "round-1" / name).read_bytes() == (
            whole / "round-1" / name
        ).read_bytes()
    assert sum(methods.requests.values()) == needed  # nothing was asked twice


def test_a_spent_budget_may_end_synthesis_alone(methods, tmp_path):
    directory = tmp_path / "run"
    go_on = "synthesize.when_spent=go-on"
    carried_out(directory, "math/sei", changes(methods, FEW, go_on))
    assert sum(methods.requests.values()) == 9
    found = outcome(directory)
    assert 0 < len(found.accepted) < 30
    assert len(found.accepted) == 30 - sum(s.asked - s.accepted for s in found.shortfalls)
    assert {short.why for short in found.shortfalls} == {
        "the budget ended: instructor.max_requests is 9: 9 have been sent"
    }
    assert Counter(found.by("sei"))["unanswered"] > 0
    trained = rows(directory / "round-1" / "train.jsonl")
    assert [row["id"] for row in trained] == [candidate.id for candidate in found.accepted]
    assert (directory / "round-1" / "round.json").exists()


def test_what_a_spent_budget_does_is_no_part_of_older_digests(methods):
    recipe = prepared("math/sei", changes(methods, ENOUGH)).recipe
    raw = yaml.safe_load(recipe.as_yaml())
    assert raw["synthesize"].pop("when_spent") == "stop"
    assert parse(raw, "older").digest() == recipe.digest()
    raw["synthesize"]["when_spent"] = "go-on"
    assert parse(raw, "other").digest() != recipe.digest()


def test_a_resolved_recipe_reads_back(methods, tmp_path):
    recipe = prepared("math/lema", changes(methods, ENOUGH)).recipe
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe.as_yaml())
    assert load(path).digest() == recipe.digest()
