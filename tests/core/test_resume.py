"""Stop, edit, delete, corrupt, fill up; then resume: the records are those of an undisturbed run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from errata.errors import (
    CorruptRecord,
    ProblemsError,
    RunDirectoryError,
    StorageFull,
    UserError,
)
from errata.loop import loop
from errata.records import (
    Assignment,
    Candidate,
)
from errata.run import STAGES
from errata.store import Store

WARM = (
    "warmup.examples=5", "problems.train.limit=60", "problems.test.limit=10", "problems.dev=10",
    "problems.gate=10", "synthesize.total=12",
)  # fmt: skip


@pytest.fixture(scope="module")
def warm_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("warmed-up")


@pytest.fixture
def warmed_up(roman, warm_folder):
    """A finished run with a warm-up and two rounds, made once."""
    if not (warm_folder / "run").exists():
        roman.run(warm_folder / "run", *WARM)
    return warm_folder / "run"


@pytest.mark.parametrize("stage", STAGES)
def test_stopped_after_a_stage_and_resumed(roman, tmp_path, warmed_up, run_files, stage):
    roman.run(tmp_path / "run", *WARM, until=stage)
    assert roman.stages(tmp_path / "run")[-1].split()[1] == stage
    assert sum(name.endswith(stage) for name in roman.stages(tmp_path / "run")) == 1
    assert roman.ended(tmp_path / "run") == ""
    roman.run(tmp_path / "run", *WARM)
    assert run_files(tmp_path / "run") == run_files(warmed_up)


def test_a_finished_run_resumed_stays_as_it_is(roman, tmp_path, run_files):
    roman.run(tmp_path / "run")
    times = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.jsonl")}
    before = run_files(tmp_path / "run")
    roman.run(tmp_path / "run")
    assert run_files(tmp_path / "run") == before
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.jsonl")} == times


def _edit_types(directory: Path, name: str, change) -> None:
    path = directory / name / "error_types.yaml"
    rows = yaml.safe_load(path.read_text())
    change(rows)
    path.write_text(yaml.safe_dump(rows))


def test_an_edit_after_group_is_what_goes_on(roman, tmp_path, run_files):
    run = tmp_path / "run"
    roman.run(run, until="group")
    _edit_types(run, "round-1", lambda rows: rows[1].update(merge=rows[0]["id"]))
    roman.run(run)
    (changed, *_) = roman.rounds(run)["round-1"].types
    assert len(roman.rounds(run)["round-1"].types) == 1
    assigned = Store(run).read("round-1/assignments.jsonl", Assignment)
    assert changed.cases == sum(1 for _ in assigned)
    made = {c.lineage.error_type for c in Store(run).read("round-1/candidates.jsonl", Candidate)}
    assert made == {changed.error_type}


def test_an_edit_of_a_finished_run_redoes_what_lies_downstream(roman, tmp_path, run_files):
    run = tmp_path / "run"
    roman.run(run)
    before = run_files(run)
    shutil.copytree(run, tmp_path / "early")
    _edit_types(run, "round-1", lambda rows: rows.pop())
    roman.run(run, until="synthesize")
    assert roman.stages(run)[-2:] == ["round-1 group", "round-1 synthesize"]
    assert not (run / "round-2").exists() or not any((run / "round-2").rglob("*.jsonl"))
    roman.run(run)
    after = run_files(run)
    changed = {name for name in before if before[name] != after.get(name)}
    assert "round-1/candidates.jsonl" in changed
    assert "round-1/train.jsonl" in changed
    assert not {n for n in changed if n.startswith("base/") or n == "round-1/diagnoses.jsonl"}
    # the same edit made in time comes to the same records
    roman.run(tmp_path / "again", until="group")
    _edit_types(tmp_path / "again", "round-1", lambda rows: rows.pop())
    roman.run(tmp_path / "again")
    assert run_files(tmp_path / "again") == after


@pytest.mark.parametrize("at", [0, 3, 9])
def test_killed_while_clearing_what_an_edit_undoes(roman, tmp_path, run_files, monkeypatch, at):
    # So many are wanted that the types' cases limit them: with a type less, the student knows less.
    changes = (*WARM, "synthesize.total=400", "target.gain=0.002", "rounds=1")
    runs = [tmp_path / "reference", tmp_path / "killed"]
    for run in runs:
        roman.run(run, *changes)
        _edit_types(run, "round-1", lambda rows: rows.pop())
    before = run_files(runs[0])["round-1/verdicts/test.jsonl"]
    roman.run(runs[0], *changes)
    assert run_files(runs[0])["round-1/verdicts/test.jsonl"] != before
    unlink, cleared = Path.unlink, 0

    def killing(path: Path, missing_ok: bool = False) -> None:
        nonlocal cleared
        if cleared == at:
            raise KeyboardInterrupt
        cleared += 1
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killing)
        with pytest.raises(KeyboardInterrupt):
            roman.run(runs[1], *changes)
    roman.run(runs[1], *changes)
    assert run_files(runs[1]) == run_files(runs[0])


def test_a_slip_in_the_edit_undoes_nothing(roman, tmp_path, run_files):
    run = tmp_path / "run"
    roman.run(run)
    path = run / "round-1" / "error_types.yaml"
    whole, before = path.read_text(), run_files(run)
    for slip in (b"- {id: a, name: A, merge: nobody}", b"\xff"):
        path.write_bytes(slip)
        with pytest.raises(UserError, match=r"round-1/error_types\.yaml: .*nothing was undone"):
            roman.run(run)
    path.write_text(whole)
    roman.run(run)
    assert run_files(run) == before


def _outputs() -> list[str]:
    return [
        "problems.jsonl", "splits.jsonl", "dropped.jsonl", "base/attempts/test.jsonl",
        "base/verdicts/gate.jsonl", "base/round.json", "round-0/checkpoint.jsonl",
        "round-0/train.jsonl", "round-0/checkpoint", "round-0/verdicts/train.jsonl",
        "round-0/attempts/gate.jsonl", "round-0/verdicts/dev.jsonl", "round-1/triage.jsonl",
        "round-1/diagnoses.jsonl", "round-1/error_types.yaml", "round-1/assignments.jsonl",
        "round-1/candidates.jsonl", "round-1/objections.jsonl", "round-1/shortfalls.jsonl",
        "round-1/selection.jsonl", "round-1/train.jsonl", "round-1/round.json",
        "round-1/life.jsonl", "round-2/verdicts/test.jsonl", "round-2",
    ]  # fmt: skip


@pytest.mark.parametrize("name", _outputs())
def test_what_is_deleted_is_redone(roman, tmp_path, warmed_up, run_files, name):
    run = tmp_path / "run"
    shutil.copytree(warmed_up, run)
    gone = run / name
    if gone.is_dir():
        shutil.rmtree(gone)
    else:
        gone.unlink()
    roman.run(run, *WARM)
    assert run_files(run) == run_files(warmed_up)


DOUBTFUL = ("triage.samples=3", "diagnose={use: roman, second: roman}", "rounds=1")


@pytest.fixture
def doubtful(roman, tmp_path):
    """A finished run that drew samples and asked for second opinions."""
    roman.run(tmp_path / "whole", *DOUBTFUL)
    return tmp_path / "whole"


@pytest.mark.parametrize(
    "name",
    [
        "base/samples/attempts/train.jsonl", "base/samples/verdicts/train.jsonl",
        "base/samples/verdicts/dev.jsonl", "base/samples", "round-1/triage.jsonl",
        "round-1/second_diagnoses.jsonl", "round-1/life.jsonl",
    ],
)  # fmt: skip
def test_what_is_deleted_of_samples_and_second_opinions_is_redone(
    roman, tmp_path, doubtful, run_files, name
):
    run = tmp_path / "run"
    shutil.copytree(doubtful, run)
    gone = run / name
    if gone.is_dir():
        shutil.rmtree(gone)
    else:
        gone.unlink()
    roman.run(run, *DOUBTFUL)
    assert run_files(run) == run_files(doubtful)


def test_samples_that_are_cut_short_are_drawn_on(roman, tmp_path, doubtful, run_files):
    run = tmp_path / "run"
    roman.run(run, *DOUBTFUL, until="evaluate")
    whole = doubtful / "base" / "samples" / "attempts" / "train.jsonl"
    lines = whole.read_bytes().splitlines(keepends=True)
    begun = run / "base" / "samples" / "attempts" / "train.jsonl"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:20])
    roman.run(run, *DOUBTFUL)
    assert run_files(run) == run_files(doubtful)


def test_samples_and_their_verdicts_must_go_together(roman, tmp_path):
    run = tmp_path / "run"
    roman.run(run, *DOUBTFUL, until="triage")
    path = run / "base" / "samples" / "verdicts" / "train.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(CorruptRecord, match=r"samples/verdicts/train\.jsonl, line \d+: .*both"):
        roman.run(run, *DOUBTFUL)


def test_a_corrupt_line_stops_with_its_place_and_deleting_the_file_mends_it(
    roman, tmp_path, run_files
):
    roman.run(tmp_path / "whole")
    run = tmp_path / "run"
    roman.run(run, until="diagnose")
    path = run / "round-1" / "diagnoses.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"problem_id": 5}\n', *lines[2:]]))
    with pytest.raises(CorruptRecord, match=r"round-1/diagnoses\.jsonl, line 2: not a Diagnosis"):
        roman.run(run)
    path.unlink()
    roman.run(run)
    assert run_files(run) == run_files(tmp_path / "whole")


@pytest.mark.parametrize("kind", ["attempts", "verdicts"])
def test_a_line_that_was_taken_out_is_noticed(roman, tmp_path, run_files, kind):
    roman.run(tmp_path / "whole")
    run = tmp_path / "run"
    roman.run(run, until="evaluate")
    path = run / "base" / kind / "train.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(CorruptRecord, match=r"verdicts/train\.jsonl, line 80: .*delete both"):
        roman.run(run)
    for file in ("attempts", "verdicts"):
        (run / "base" / file / "train.jsonl").unlink()
    roman.run(run)
    assert run_files(run) == run_files(tmp_path / "whole")


def test_another_recipe_in_the_directory(roman, tmp_path, run_files):
    roman.run(tmp_path / "run", until="group")
    before = run_files(tmp_path / "run")
    with pytest.raises(RunDirectoryError, match=r"'roman-small' of another recipe.*errata resume"):
        roman.run(tmp_path / "run", "seed=1")
    assert run_files(tmp_path / "run") == before


def test_problems_that_run_short_leave_no_directory(roman, tmp_path):
    with pytest.raises(
        ProblemsError, match="train has 120 problems, and 110 for dev and 20 for gate"
    ):
        roman.run(tmp_path / "run", "problems.dev=110")
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_is_gone_costs_a_run_no_more_than_its_problems(roman, tmp_path):
    run = tmp_path / "run"
    roman.run(run, until="triage")
    (run / "problems.jsonl").unlink()
    recipe = (run / "recipe.yaml").read_text()
    domain = roman.plugins[0]
    roman.read_files()
    with pytest.raises(ProblemsError, match="source 'numerals'"):
        loop(roman.prepared(run, sources=False))
    assert (run / "recipe.yaml").read_text() == recipe
    roman.plugins[0] = domain
    roman.run(run)
    assert roman.ended(run) == "all 2 rounds are done"


def test_a_disk_that_is_full_once(roman, tmp_path, run_files):
    roman.run(tmp_path / "whole", *WARM)
    for stage, name in [
        ("problems", "base/attempts/gate.jsonl"),
        ("train", "round-0/verdicts/dev.jsonl"),
        ("evaluate", "round-1/triage.jsonl"),
        ("triage", "round-1/diagnoses.jsonl"),
        ("group", "round-1/candidates.jsonl"),
        ("select", "round-1/train.jsonl"),
    ]:
        run = tmp_path / stage
        roman.run(run, *WARM, until=stage)
        full = run / name
        full.parent.mkdir(parents=True, exist_ok=True)
        full.symlink_to("/dev/full")
        with pytest.raises(StorageFull, match="everything finished so far is kept") as caught:
            roman.run(run, *WARM)
        assert name in str(caught.value)
        full.unlink()
        roman.run(run, *WARM)
        assert run_files(run) == run_files(tmp_path / "whole"), stage
