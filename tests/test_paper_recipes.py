"""The recipes of Self-Error-Instruct: what they say, what they cost, and small runs of them from end to
end against a scripted instructor behind real HTTP."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.cli.app import main
from errata.estimating.estimate import estimate
from errata.estimating.measured import Size
from errata.estimating.pilot import Pilot
from errata.store import Store
from scripted.bench import carried_out, instructor, outcome, prepared, rows
from scripted.paper import Paper

RECIPES = ("math/sei-gsm8k", "math/sei-math", "math/sei-plus")
SMALL = [
    "problems.out_of_domain={}",
    "problems.dev=30",
    "problems.gate=20",
    "target={use: scripted, skill: 0.35, gain: 0.004}",
    "train={use: scripted}",
    "synthesize.total=40",
    "synthesize.wave=20",
    "rounds=2",
]
PLUS = ["embed=null", "group=phrases", "train={use: scripted, start: base}"]


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Paper]:
    # No power fails here, and waiting for the disk would be most of the time.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    server = Paper()
    yield server
    server.stop()


def in_the_shape_of_math(path: Path, count: int, start: int) -> str:
    """Rows of our own with the columns of MATH."""
    subjects = ("Algebra", "Prealgebra", "Number Theory")
    with path.open("w") as out:
        for number in range(start, start + count):
            a, b = number % 37 + 3, number % 11 + 2
            row = {
                "problem": f"In problem {number} let $x = {a}$. What is ${b}x + {number}$ then?",
                "level": f"Level {number % 5 + 1}",
                "type": subjects[number % 3],
                "solution": f"We have ${b}x = {b} \\cdot {a} = {a * b}$.\nAdding ${number}$ gives"
                f" ${a * b} + {number} = \\boxed{{{a * b + number}}}$.",
            }
            out.write(json.dumps(row) + "\n")
    return str(path)


def small(recipe: str, url: str, folder: Path) -> list[str]:
    """Changes that make a recipe small, and nothing else."""
    if recipe == "math/sei-math":
        train = in_the_shape_of_math(folder / "train.jsonl", 160, 0)
        test = in_the_shape_of_math(folder / "test.jsonl", 20, 1000)
        sets = [f"problems.train={{source: {train}}}", f"problems.test={{source: {test}}}"]
    else:
        slices = "source: gsm8k-two-steps, split"
        sets = [
            f"problems.train={{{slices}: train, limit: 180}}",
            f"problems.test={{{slices}: test, limit: 20}}",
        ]
    plus = PLUS if recipe == "math/sei-plus" else []
    return [*sets, *SMALL, *plus, instructor(url)]


@pytest.mark.parametrize("name", RECIPES)
def test_they_are_sound_as_they_are_shipped(name, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    recipe = prepared(name, []).recipe
    assert (recipe.synthesize.total, recipe.rounds) == (15000, 3)
    assert recipe.train is not None
    training = recipe.train.settings
    assert (training["rank"], training["alpha"], training["learning_rate"]) == (8, 32, 2e-5)
    assert training["target_modules"] == ["q_proj", "k_proj", "v_proj", "o_proj"]
    assert (training["epochs"], training["schedule"], training["warmup_ratio"]) == (
        3,
        "linear",
        0.03,
    )
    assert "leak" in [verifier.use for verifier in recipe.synthesize.verify]
    if name == "math/sei-plus":
        return
    assert (training["batch_size"], training["max_length"]) == (1, 512)
    assert recipe.select.settings["keep"] == 0.05
    assert recipe.select.settings["dev_cases"] == 20
    assert recipe.group.use == "instructor-batches"


def ablations() -> list[list[str]]:
    """The changes in the table of docs/strategies.md."""
    page = (Path(__file__).parents[1] / "docs" / "strategies.md").read_text(encoding="utf-8")
    table = page.partition("| ablation |")[2].partition("\n\n")[0]
    rows_of = [line.rpartition(" | ")[2] for line in table.splitlines()[2:]]
    return [[part.strip('"') for part in re.findall(r"`([^`]+)`", row)] for row in rows_of]


@pytest.mark.parametrize("changes", ablations(), ids=",".join)
def test_ablations_on_the_page_are_sound(changes, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    plain, changed = prepared("math/sei-gsm8k", []), prepared("math/sei-gsm8k", changes)
    assert plain.recipe != changed.recipe  # no change says what is there already


def test_the_page_has_every_ablation_of_the_paper():
    assert len(ablations()) >= 8


@pytest.mark.parametrize("name", RECIPES)
def test_small_from_end_to_end(name, paper, tmp_path):
    directory = tmp_path / "run"
    carried_out(directory, name, small(name, paper.url, tmp_path))
    found = outcome(directory)
    assert len(found.accepted) == 40 - sum(s.asked - s.accepted for s in found.shortfalls)
    assert len(found.accepted) >= 30
    assert max(paper.asked) <= 20
    first_and_second = found, outcome(directory, "round-2")
    spoiled = sum((Counter(r.by("sei")) for r in first_and_second), Counter())
    assert spoiled["unreadable"] == paper.planted["broken"] > 0
    assert spoiled["wrong-answer"] == paper.planted["wrong-answer"] > 0
    kept = [row for row in rows(directory / "round-1" / "selection.jsonl") if row["kept"]]
    share = 0.5 if name == "math/sei-plus" else 0.05
    assert len(kept) == -(-len(found.accepted) * share // 1)
    trained = rows(directory / "round-1" / "train.jsonl")
    assert [row["id"] for row in trained] == sorted(
        (row["candidate_id"] for row in kept), key=[c.id for c in found.accepted].index
    )
    if name == "math/sei-math":
        assert all("\\boxed" in row["completion"] for row in trained)
    if name == "math/sei-plus":
        assert paper.solved >= 3 * len(found.accepted)
        again = [row["id"] for row in rows(directory / "round-2" / "train.jsonl")]
        assert again[: len(trained)] == [row["id"] for row in trained]
    manifest = json.loads((directory / "run.json").read_text())
    assert manifest["ended"]
    assert (directory / "round-2" / "round.json").exists()


@pytest.mark.parametrize("name", RECIPES)
def test_estimated(name, paper, tmp_path):
    changes = [*small(name, paper.url, tmp_path), "rounds=1"]
    pilot = Pilot(
        prepared(name, changes), Store(tmp_path / "pilot"), tmp_path / "cache", Size(40, 40)
    )
    found = estimate(pilot)
    assert {stage.stage for stage in found.stages} >= {"diagnose", "synthesize"}
    assert found.run is not None
    assert found.run.usd is not None
    assert 0 < found.run.usd.low <= found.run.usd.high


def test_the_command_estimates(paper, tmp_path, capsys, monkeypatch):
    changes = [*small("math/sei-math", paper.url, tmp_path), "rounds=1"]
    given = [part for change in changes for part in ("--set", change)]
    told = ["estimate", "math/sei-math", "--into", str(tmp_path / "pilot"), "--cases", "30", *given]
    monkeypatch.setattr("sys.argv", ["errata", *told])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    printed = capsys.readouterr().out
    assert "diagnose" in printed
    assert "synthesize" in printed
