"""What bad input gets at the command line: one clear error, the exit code, nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from scripted.commanding import commanded

Errata = Callable[..., "Outcome"]
ROWS = [{"id": n, "question": f"What is {n} + {n}?", "answer": 2 * n} for n in range(30)]


@dataclass
class Outcome:
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def errata(monkeypatch, capsys, tmp_path, roman_site) -> Errata:
    """Runs a command line in a folder of its own; the example plugin is installed."""
    monkeypatch.syspath_prepend(str(roman_site))
    # Another test's, from its sources.
    monkeypatch.delitem(sys.modules, "errata_roman", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path / "cache"))
    # No power fails here, and waiting for the disk would be most of the time.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)

    def command(*arguments: str) -> Outcome:
        return Outcome(*commanded(monkeypatch, capsys, *arguments))

    return command


def _recipe(path: Path = Path("mine.yaml"), **changes: object) -> str:
    raw = {
        "name": "mine",
        "domain": "roman",
        "problems": {
            "train": {"source": "numerals", "limit": 40},
            "test": {"source": "numerals", "split": "test", "limit": 10},
            "dev": 5,
            "gate": 5,
        },
        "target": {"use": "scripted"},
        "diagnose": "roman",
        "group": "phrases",
        "synthesize": {"use": "redraw", "total": 8},
        "select": "all",
        "train": "scripted",
        **changes,
    }
    path.write_text(yaml.safe_dump(raw))
    return str(path)


def _rows(name: str, rows: list[dict[str, object]]) -> dict[str, object]:
    """Problems that train on a file of these rows."""
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"train": {"source": name}, "dev": 2, "gate": 2}


def _refused(outcome: Outcome, *said: str, code: int = 2) -> None:
    assert outcome.code == code
    assert outcome.out in ("", "run runs/mine, at most 1 rounds\n")
    assert outcome.err.startswith("errata: ")
    for text in said:
        assert text in outcome.err
    assert not Path("runs/mine").exists()


def test_a_sound_recipe(errata):
    checked = errata("check", _recipe())
    assert (checked.code, checked.err) == (0, "")
    assert "mine.yaml is sound (target: scripted, " in checked.out
    run = errata("run", _recipe())
    assert (run.code, run.err) == (0, "")
    assert Path("runs/mine/report.html").exists()
    shown = errata("show", "runs/mine")
    assert shown.code == 0
    assert "Time per stage" in shown.out
    assert json.loads(errata("show", "runs/mine", "--json").out)
    assert errata("report", "runs/mine").out.strip() == "runs/mine/report.html"


@pytest.mark.parametrize("command", ["check", "run"])
def test_several_mistakes_at_once(errata, command):
    recipe = _recipe(
        sed=1,
        rounds="many",
        diagnose="romans",
        train={"use": "scripted", "epoch": 1},
        plugins=["x"],
    )
    _refused(
        errata(command, recipe),
        "recipe mine.yaml: 5 mistakes\n",
        "\n  - sed: unknown key (did you mean 'seed'?); known: name, domain",
        "\n  - rounds: Input should be a valid integer",
        "\n  - diagnose.use: no diagnoser 'romans' (did you mean 'roman'?); available: ",
        "\n  - train.epoch: unknown setting; settings: start",
        "\n  - plugins: no plugin 'x' is installed; available: ",
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"domain": "romans"}, "no plugin 'romans' is installed (did you mean 'roman'?)"),
        ({"target": "scripted", "train": "sfft"}, "no trainer 'sfft' (did you mean 'sft'?)"),
        ({"problems": {"train": "letters"}}, "no source 'letters'; available: numerals"),
        ({"problems": {}}, "problems.train: missing"),
        ({"problems": {"train": {"source": "numerals", "limit": "few"}}}, "problems.train.limit: "),
        ({"stop": {"guard": ["test"]}}, "'test' is a reported set and may never decide anything"),
    ],
)
def test_mistakes_in_a_recipe(errata, changes, said):
    _refused(errata("run", _recipe(**changes)), "recipe mine.yaml: one mistake", said)


def test_a_recipe_that_is_not_there(errata):
    _refused(errata("run", "no.yaml"), "recipe no.yaml: no such file; `errata recipes` lists")
    _refused(errata("run", "roman/smal"), "recipe 'roman/smal'", "roman/small", "math/quickstart")


def test_a_recipe_that_is_not_yaml(errata):
    Path("bad.yaml").write_text("name: [")
    _refused(errata("run", "bad.yaml"), "recipe bad.yaml: one mistake", "not YAML")


def test_changes_and_stages_that_cannot_be(errata):
    _refused(errata("run", _recipe(), "--set", "seed"), "--set seed: write --set a.b=value")
    _refused(errata("run", _recipe(), "--set", "seeed=1"), "did you mean 'seed'")
    _refused(
        errata("run", _recipe(), "--until", "grouping"),
        "--until grouping: no such stage; stages: problems, evaluate, triage",
    )


def test_options_that_are_not_there(errata):
    outcome = errata("run", _recipe(), "--onto", "x")
    assert outcome.code == 2
    assert "--onto" in outcome.err


# --- problems ---------------------------------------------------------------------------------------


@pytest.fixture
def files(errata) -> Callable[..., str]:
    """Recipes of the mathematics domain over files."""

    def recipe(problems: dict[str, object], **changes: object) -> str:
        return _recipe(domain="math", problems=problems, diagnose="symbolic", **changes)

    return recipe


def test_a_missing_file(errata, files):
    recipe = files({"train": {"source": "no.jsonl"}})
    _refused(errata("run", recipe), "set train: source 'no.jsonl'", "no such file: no.jsonl")


def test_an_empty_file(errata, files):
    recipe = files(_rows("empty.jsonl", []))
    _refused(errata("run", recipe), "set train: file 'empty.jsonl', split 'train', is empty")


@pytest.mark.parametrize("bad", [0, 20])
def test_a_file_without_answers(errata, files, bad):
    """Found in the first row by the check, further down when the sets are drawn."""
    rows = [dict(row) for row in ROWS]
    rows[bad].pop("answer")
    recipe = files(_rows("rows.jsonl", rows))
    for command in ("run", "run"):
        _refused(errata(command, recipe), f"row {bad + 1}", "answer", "rows.jsonl")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"question": "q", "answer": 1}\nnot json\n', "line 2: not JSON"),
        (b"[1]\n", "line 1: not a JSON object"),
        (b"\xff\xfe\n", "line 1: not JSON"),
        (b'{"question": "  ", "answer": 1}\n', "row 1 has no question"),
    ],
)
def test_files_that_do_not_read(errata, files, content, said):
    Path("rows.jsonl").write_bytes(content)
    recipe = files({"train": {"source": "rows.jsonl"}})
    _refused(errata("run", recipe), "rows.jsonl", said)


def test_a_damaged_archive(errata, files):
    Path("rows.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00 broken")
    _refused(errata("run", files({"train": {"source": "rows.jsonl.gz"}})), "rows.jsonl.gz")


def test_an_answer_of_zero_is_an_answer(errata, files):
    assert ROWS[0]["answer"] == 0
    recipe = files(_rows("rows.jsonl", list(ROWS)), rounds=0)
    assert errata("run", recipe).code == 0


def test_sets_that_leave_nothing_to_train_on(errata, files):
    problems = _rows("rows.jsonl", list(ROWS)) | {"dev": 20, "gate": 10}
    _refused(
        errata("run", files(problems)), "train has 30 problems, and 20 for dev and 10 for gate"
    )


# --- run directories --------------------------------------------------------------------------------


@pytest.fixture
def begun(errata) -> Path:
    """A run that was stopped after its groups."""
    assert errata("run", _recipe(), "--until", "group").code == 0
    return Path("runs/mine")


def _again(outcome: Outcome, *said: str, code: int) -> None:
    assert outcome.code == code
    assert outcome.err.startswith("errata: ")
    for text in said:
        assert text in outcome.err


def test_another_recipe_in_the_directory(errata, begun, run_files):
    before = run_files(begun)
    outcome = errata("run", _recipe(), "--set", "seed=1")
    _again(outcome, "holds the run 'mine' of another recipe", "errata resume runs/mine", code=2)
    assert run_files(begun) == before


def test_a_recipe_edited_in_the_directory(errata, begun):
    path = begun / "recipe.yaml"
    path.write_text(path.read_text().replace("seed: 0", "seed: 1"))
    outcome = errata("resume", str(begun))
    _again(outcome, "is not the recipe that this run began with", "--into OTHER-DIR", code=2)


def test_a_directory_that_is_no_run(errata):
    Path("photos").mkdir()
    Path("photos/cat.jpg").write_text("")
    recipe = _recipe()
    for command in (["resume"], ["show"], ["report"]):
        outcome = errata(*command, "photos")
        _again(outcome, "photos is not a run directory (it has no run.json)", code=2)
    outcome = errata("run", recipe, "--into", "photos")
    _again(outcome, "photos is not empty and is not a run; give another folder", code=2)
    assert [p.name for p in Path("photos").iterdir()] == ["cat.jpg"]
    _again(errata("resume", "nowhere"), "nowhere is not a run directory", code=2)
    assert not Path("nowhere").exists()
    _again(errata("run", recipe, "--into", "mine.yaml"), "cannot be a run directory", code=2)


def test_a_corrupt_line(errata, begun):
    path = begun / "round-1" / "assignments.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b"{}\n" + whole)
    outcome = errata("resume", str(begun))
    _again(outcome, "assignments.jsonl, line 1: not a Assignment", "errata resume", code=1)
    path.unlink()
    assert errata("resume", str(begun)).code == 0
    assert path.read_bytes() == whole


def test_a_damaged_manifest(errata, begun):
    (begun / "run.json").write_text("{")
    for command in ("resume", "show", "report"):
        _again(errata(command, str(begun)), "run.json: not the manifest of a run", code=1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full not found: not Linux")
def test_a_full_disk(errata, begun, run_files):
    shutil.copytree(begun, "whole")
    assert errata("resume", "whole").code == 0
    (begun / "round-1" / "candidates.jsonl").symlink_to("/dev/full")
    outcome = errata("resume", str(begun))
    _again(outcome, "candidates.jsonl: No space left on device", "`errata resume` the run", code=1)
    (begun / "round-1" / "candidates.jsonl").unlink()
    assert errata("resume", str(begun)).code == 0
    assert run_files(begun) == run_files(Path("whole"))


def test_a_slip_in_the_error_types(errata, begun):
    path = begun / "round-1" / "error_types.yaml"
    path.write_text("- {id: a}\n")
    outcome = errata("resume", str(begun))
    _again(outcome, "runs/mine/round-1/error_types.yaml", "type 1: name: Field required", code=2)


def test_resuming_needs_neither_the_sources_nor_their_folder(errata, files, monkeypatch, tmp_path):
    recipe = files(_rows("rows.jsonl", list(ROWS)))
    assert errata("run", recipe, "--until", "triage").code == 0
    Path("rows.jsonl").unlink()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    outcome = errata("resume", "../here/runs/mine")
    assert (outcome.code, outcome.err) == (0, "")


# --- plugins ----------------------------------------------------------------------------------------


def test_plugins_are_listed_with_those_that_did_not_load(errata, monkeypatch, tmp_path):
    (tmp_path / "broken_one.py").write_text("import a_library_nobody_has\n")
    info = tmp_path / "broken_one-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-one\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[errata]\nbroken = broken_one:Roman\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    listed = errata("plugins")
    assert listed.code == 0
    assert (
        "broken  (broken-one: broken_one:Roman)\n  did not load: ModuleNotFoundError" in listed.out
    )
    assert "roman  (errata-roman: errata_roman:Roman)\n  diagnoser  roman" in listed.out
    outcome = errata("run", _recipe(domain="broken"))
    _refused(outcome, "plugin 'broken' (broken_one:Roman of broken-one) did not load", "nobody_has")
    _refused(
        errata("plugins", "--where", "romn"),
        "no plugin 'romn' is installed (did you mean 'roman'?)",
    )


def test_recipes_are_listed(errata, roman_site):
    listed = errata("recipes")
    assert listed.code == 0
    assert f"{roman_site}/errata_roman/recipes/small.yaml" in listed.out


def test_a_missing_extra(errata, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "trl" else find(name, *rest),
    )
    outcome = errata("run", _recipe(train="sft"))
    _refused(
        outcome,
        "train: trainer 'sft' of errata needs trl, which is not installed: pip install 'errata[",
    )
