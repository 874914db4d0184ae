"""`kill -9` at every kind of moment, then `errata resume`: the records equal an undisturbed run's.

Every durable write goes through ``os.fsync``; the child counts those calls and kills itself at the
chosen one, before it takes effect. The *torn* variant first cuts the last bytes off the file being
written, so that its last line is half a record. Runs are scripted: no model is loaded.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from errata_math.plugin import MathDomain

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
triage: {samples: 2}
diagnose: {use: symbolic, second: symbolic}
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


@pytest.fixture(scope="module")
def child() -> Iterator[Callable[..., int]]:
    """Runs a command line in a forked process; returns its exit code."""
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("crash_child.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def run(arguments: list[str], log: str = "", kill_at: int = 0, torn: bool = False) -> int:
        asked = {"arguments": arguments, "log": log, "kill_at": kill_at, "torn": torn}
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    yield run
    server.stdin.close()
    server.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, child, run_files):
    folder = tmp_path_factory.mktemp("undisturbed")
    recipe, log = folder / "recipe.yaml", folder / "log"
    others = folder / "others.jsonl"
    others.write_text("".join(f"{json.dumps(row)}\n" for row in _attempts()))
    recipe.write_text(f"{RECIPE}error_sources: [{{source: {others}, model: other}}]\n")
    assert child(["run", str(recipe), str(folder / "run")], log=str(log)) == 0
    return recipe, run_files(folder / "run"), log.read_text().splitlines()


def _attempts() -> Iterator[dict[str, str]]:
    """Another model's attempts, some at problems of the run."""
    problems = MathDomain().errata_problems("drills", "train", 0)
    for place, problem in enumerate(islice(problems, 120)):
        answer = problem.answer if place % 3 else f"{problem.answer}1"
        yield {"question": problem.question, "response": f"It is so.\n#### {answer}"}


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


def test_there_is_something_of_everything_to_lose(undisturbed):
    _, files, log = undisturbed
    lines = {name: content.count(b"\n") for name, content in files.items()}
    assert lines["imported/attempts.jsonl"] == lines["imported/verdicts.jsonl"] > 20
    assert lines["round-0/samples/attempts/train.jsonl"] > 40
    assert lines["round-1/second_diagnoses.jsonl"] == lines["round-1/diagnoses.jsonl"] > 20
    assert b'"category":"bad-luck"' in files["round-1/triage.jsonl"]
    assert lines["round-2/life.jsonl"] > 0
    assert log.count("round-1 triage") > 5


@pytest.mark.slow
@pytest.mark.parametrize("torn", [False, True], ids=["between-lines", "torn-line"])
@pytest.mark.parametrize("part", range(4))
def test_killed_runs_resume_to_the_same_run_files(
    undisturbed, child, run_files, tmp_path, torn, part
):
    recipe, expected, log = undisturbed
    for point in _kill_points(log, torn)[part::4]:
        directory = tmp_path / f"run-{point}"
        killed = child(["run", str(recipe), str(directory)], kill_at=point, torn=torn)
        assert killed == -signal.SIGKILL
        if (directory / "run.json").exists():
            assert child(["resume", str(directory)]) == 0
        else:  # killed before the run existed: the same command starts it
            assert child(["run", str(recipe), str(directory)]) == 0
        found = run_files(directory)
        assert found.keys() == expected.keys(), f"killed at {point}, in {log[point - 1]}"
        differing = [name for name, content in expected.items() if found[name] != content]
        assert not differing, f"killed at {point}, in {log[point - 1]}: {differing}"


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_the_same(undisturbed, child, run_files, tmp_path):
    recipe, expected, log = undisturbed
    directory = tmp_path / "run"
    assert child(["run", str(recipe), str(directory)], kill_at=7) == -signal.SIGKILL
    tries = 1
    while child(["resume", str(directory)], kill_at=9, torn=tries % 2 == 0):
        tries += 1
        assert tries < len(log), "no progress between kills"
    assert tries > 5
    assert run_files(directory) == expected
