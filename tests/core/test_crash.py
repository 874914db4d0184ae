"""`kill -9` at every kind of moment, then `errata resume`: the records equal an undisturbed run's.

Every durable write goes through ``os.fsync``; the child counts those calls and kills itself at the
chosen one, before it takes effect. The *torn* variant first cuts the last bytes off the file being
written, so that its last line is half a record. Runs are scripted: no model is loaded.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from errata import plugins
from errata.cli import running

RECIPE = """
name: crash
domain: math
problems:
  train: {source: drills, split: train, limit: 90}
  test: {drills: {source: drills, split: test, limit: 24}}
  out_of_domain: {svamp: {source: svamp, split: test, limit: 12}}
  dev: 16
  gate: 12
target: {use: scripted, skill: 0.3, gain: 0.004}
warmup: {examples: 6}
diagnose: symbolic
group: phrases
synthesize: {use: redraw, total: 30, wave: 6, verify: [recompute, novelty, leak]}
select: {use: one-shot, dev_cases: 6, keep: 0.5}
train: scripted
rounds: 2
"""
STAGES = {
    "setup problems",
    "base measure",
    "round-0 train",
    "round-0 measure",
    "round-1 evaluate",
    "round-1 triage",
    "round-1 diagnose",
    "round-1 group",
    "round-1 synthesize",
    "round-1 select",
    "round-1 train",
    "round-1 measure",
}


def _errata(arguments: list[str], log: str, kill_at: int, torn: bool) -> None:
    """In a child: run the command line; die at the ``kill_at``-th durable write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    stage = {"now": "setup"}
    notify = plugins.Active.notify

    def watched(self, notice, **values):  # type: ignore[no-untyped-def]  # a test's own wrapper
        if notice == "errata_stage_started":
            stage["now"] = f"{values['round_name']} {values['stage']}"
        return notify(self, notice, **values)

    plugins.Active.notify = watched  # type: ignore[method-assign]  # observing, not replacing
    real, count = os.fsync, 0

    def fsync(descriptor: int) -> None:
        nonlocal count
        count += 1
        if log:
            with Path(log).open("a") as out:
                out.write(stage["now"] + "\n")
        if count == kill_at:
            if torn:
                size = os.fstat(descriptor).st_size
                os.ftruncate(descriptor, max(0, size - 7))
            os.kill(os.getpid(), signal.SIGKILL)
        real(descriptor)

    os.fsync = fsync
    if arguments[0] == "resume":
        running.resume_run(Path(arguments[1]), None)
    else:
        running.run_recipe(arguments[1], Path(arguments[2]), (), None)


def _child(arguments: list[str], log: str = "", kill_at: int = 0, torn: bool = False) -> int:
    process = multiprocessing.get_context("fork").Process(
        target=_errata, args=(arguments, log, kill_at, torn)
    )
    process.start()
    process.join()
    return process.exitcode or 0


def records(directory: Path) -> dict[str, bytes]:
    """Every file of a run but the lock and the report; times taken out of the manifest."""
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.name not in (".lock", "report.html"):
            content = path.read_bytes()
            if path.name == "run.json":
                manifest = json.loads(content)
                for stage in manifest["stages"]:
                    del stage["seconds"]
                content = json.dumps(manifest).encode()
            found[str(path.relative_to(directory))] = content
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    recipe, log = folder / "recipe.yaml", folder / "log"
    recipe.write_text(RECIPE)
    assert _child(["run", str(recipe), str(folder / "run")], log=str(log)) == 0
    return recipe, records(folder / "run"), log.read_text().splitlines()


def _kill_points(log: list[str], torn: bool) -> list[int]:
    """Durable writes of every stage, counted from 1: the middle one, and untorn also the first and
    the last."""
    points = set()
    for stage in dict.fromkeys(log):
        at = [place for place, name in enumerate(log, start=1) if name == stage]
        points |= {at[len(at) // 2]} if torn else {at[0], at[len(at) // 2], at[-1]}
    return sorted(points)


def test_every_stage_writes_durably(undisturbed):
    assert set(undisturbed[2]) >= STAGES


@pytest.mark.slow
@pytest.mark.parametrize("torn", [False, True], ids=["between-lines", "torn-line"])
@pytest.mark.parametrize("part", range(4))
def test_killed_runs_resume_to_the_same_records(undisturbed, tmp_path, torn, part):
    recipe, expected, log = undisturbed
    for point in _kill_points(log, torn)[part::4]:
        directory = tmp_path / f"run-{point}"
        killed = _child(["run", str(recipe), str(directory)], kill_at=point, torn=torn)
        assert killed == -signal.SIGKILL
        if (directory / "run.json").exists():
            assert _child(["resume", str(directory)]) == 0
        else:  # killed before the run existed: the same command starts it
            assert _child(["run", str(recipe), str(directory)]) == 0
        found = records(directory)
        assert found.keys() == expected.keys(), f"killed at {point}, in {log[point - 1]}"
        differing = [name for name, content in expected.items() if found[name] != content]
        assert not differing, f"killed at {point}, in {log[point - 1]}: {differing}"


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_the_same(undisturbed, tmp_path):
    recipe, expected, log = undisturbed
    directory = tmp_path / "run"
    assert _child(["run", str(recipe), str(directory)], kill_at=7) == -signal.SIGKILL
    tries = 1
    while _child(["resume", str(directory)], kill_at=9, torn=tries % 2 == 0):
        tries += 1
        assert tries < len(log), "no progress between kills"
    assert tries > 5
    assert records(directory) == expected
