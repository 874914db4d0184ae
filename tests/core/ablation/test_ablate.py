"""`errata ablate` with real processes and the scripted target: killed, resumed, and counted again."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from errata.ablation.arms import given_arms, plan_arms, read_arms
from errata.ablation.collecting import collect
from errata.ablation.figures import Ablation, RunFigures
from errata.ablation.outcomes import outcomes_table
from errata.errors import RecipeError, UserError
from errata.records import Problem, Verdict
from errata.store import Store

ARMS = """
reference: few
seeds: [0, 1]
arms:
  few: []
  many: [synthesize.total=24, "select={use: random, examples: 20}"]
  control: [synthesize.use=self-instruct]
"""
SET = ["--set", "rounds=1", "--set", "problems.train.limit=70", "--set", "problems.test.limit=25"]
SET += ["--set", "warmup.examples=4", "--set", "synthesize.total=12"]
SET += ["--set", "select={use: random, examples: 10}", "--set", "target.gain=0.02"]


class Bench:
    """The command line in a folder of its own."""

    def __init__(self, folder: Path, site: Path) -> None:
        self.folder = folder
        self.into = folder / "ablation"
        self.arms = folder / "arms.yaml"
        self.arms.write_text(ARMS)
        self.env = {
            **os.environ,
            "PYTHONPATH": str(site),
            "ERRATA_CACHE": str(folder / "cache"),
            "COLUMNS": "100",
        }

    def start(self, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "errata.cli.app", "ablate", "roman/small"]
        command += ["--arms", str(self.arms), "--into", str(self.into), "--jobs", "2", *SET, *more]
        return subprocess.Popen(
            command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *more: str) -> tuple[int, str, str]:
        process = self.start(*more)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err


def _records(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "ablation.jsonl").read_text().splitlines()]


def _outcomes(path: Path) -> dict[str, str]:
    return {v["problem_id"]: v["outcome"] for v in map(json.loads, path.read_text().splitlines())}


@pytest.fixture(scope="module")
def bench(tmp_path_factory, roman_site) -> Bench:
    """An ablation that was killed in the middle of an arm, and gone on with."""
    made = Bench(tmp_path_factory.mktemp("ablate"), roman_site)
    process = made.start()
    try:
        _kill_within_an_arm(made, process)
    finally:
        process.kill()
    made.before = {  # type: ignore[attr-defined]  # a test's own note
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in made.into.glob("seed-*/*/run.json")
        if json.loads(path.read_bytes())["ended"]
    }
    made.code, made.out, made.err = made.run()  # type: ignore[attr-defined]  # its outcome
    return made


def _kill_within_an_arm(made: Bench, process: subprocess.Popen[str]) -> None:
    """kill -9 once an arm has ended and another is under way; its processes end too."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        ended = sum(
            bool(json.loads(p.read_bytes())["ended"])
            for p in made.into.glob("seed-*/[!s]*/run.json")
        )
        if ended:
            break
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1.0)  # the runs notice that nobody holds their standard input
    held = subprocess.run(
        ["pgrep", "-f", f"errata.cli.arm run {made.into}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert held.stdout == ""


@pytest.mark.slow
def test_it_goes_on_arm_by_arm(bench):
    assert (bench.code, bench.err) == (0, "")
    assert bench.before, "an arm was finished before the kill"
    for path, (time_before, content) in bench.before.items():
        assert path.stat().st_mtime_ns == time_before
        assert path.read_bytes() == content
    code, out, _ = bench.run()
    assert code == 0
    assert "0 runs to do" in out


@pytest.mark.slow
def test_beginnings_are_shared_once_a_seed(bench):
    for seed in (0, 1):
        (shared,) = (bench.into / f"seed-{seed}").glob("shared-*")
        stages = json.loads((shared / "run.json").read_text())["stages"]
        assert stages[-1]["stage"] == "group"
        for arm in ("few", "many", "control"):
            own = json.loads((bench.into / f"seed-{seed}/{arm}/run.json").read_text())
            assert own["stages"][: len(stages)] == stages
            assert own["branched_from"] == f"../{shared.name}"
            assert own["seed"] == seed


@pytest.mark.slow
def test_every_number_is_counted_again(bench):
    records = _records(bench.into)
    runs = [r for r in records if r["kind"] == "run"]
    assert {(r["arm"], r["seed"]) for r in runs} == {
        (arm, seed) for arm in ("(before)", "few", "many", "control") for seed in (0, 1)
    }
    for run in runs:
        found = _outcomes(bench.into / run["verdicts"])
        reference = _outcomes(bench.into / f"seed-{run['seed']}/few/round-1/verdicts/test.jsonl")
        right = [p for p, outcome in found.items() if outcome == "right"]
        assert (run["right"], run["total"]) == (len(right), 25)
        assert run["accuracy"] == pytest.approx(len(right) / 25)
        if run["arm"] != "few":
            theirs = {p for p, outcome in reference.items() if outcome == "right"}
            assert run["fixed"] == len(set(right) - theirs)
            assert run["broken"] == len(theirs - set(right))
        trained = bench.into / run["run"] / run["checkpoint"] / "train.jsonl"
        examples = len(trained.read_text().splitlines())
        assert run["examples"] == (0 if run["arm"] == "(before)" else examples)
    for arm in (r for r in records if r["kind"] == "arm"):
        own = [r for r in runs if r["arm"] == arm["arm"]]
        assert arm["mean"] == pytest.approx(sum(r["accuracy"] for r in own) / len(own))
        spread = abs(own[0]["accuracy"] - own[1]["accuracy"]) / math.sqrt(2)
        assert arm["high"] - arm["mean"] == pytest.approx(12.7062 * spread / math.sqrt(2), abs=1e-4)
        if arm["arm"] != "few":
            assert arm["fixed"] == sum(r["fixed"] for r in own)
            net = [(r["fixed"] - r["broken"]) / 25 for r in own]
            assert arm["difference"] == pytest.approx(sum(net) / 2)


@pytest.mark.slow
def test_the_figures_can_be_counted_from_the_table_of_outcomes_alone(bench):
    with (bench.into / "outcomes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    runs = [r for r in _records(bench.into) if r["kind"] == "run"]
    assert len(rows) == 2 * 25
    for run in runs:
        own = [row for row in rows if row["seed"] == str(run["seed"])]
        arm, few = ([row[name] == "right" for row in own] for name in (run["arm"], "few"))
        assert (sum(arm), len(own)) == (run["right"], run["total"])
        if run["arm"] != "few":
            assert run["fixed"] == sum(a and not b for a, b in zip(arm, few, strict=True))
        assert {r["problem"]: r[run["arm"]] for r in own} == _outcomes(bench.into / run["verdicts"])
    assert all(row["question"] and row["answer"] for row in rows)


@pytest.mark.slow
def test_the_page_says_who_trained_on_more(bench):
    text = (bench.into / "ablation.md").read_text()
    assert "not the same number of examples for all: the most are 20" in text
    assert "few 10 at seed 0" in text
    (many,) = [line for line in text.splitlines() if line.startswith("| many | `")]
    assert "`synthesize.total=24`" in many
    ElementTree.fromstring((bench.into / "ablation.svg").read_text())
    picture = (bench.into / "ablation.svg").read_text()
    assert all(name in picture for name in ("few", "many", "control", "(before)"))


@pytest.mark.slow
def test_a_changed_arm_is_refused_and_a_new_one_added(bench):
    bench.arms.write_text(ARMS.replace("total=24", "total=25"))
    code, _, err = bench.run()
    assert code == 2
    assert "another recipe than the arm 'many' has now" in err
    bench.arms.write_text(ARMS + '  bad: ["train={use: scripted, start: base}"]\n')
    code, _, err = bench.run("--seeds", "0")
    assert (code, err) == (0, "")
    assert {r["arm"] for r in _records(bench.into)} >= {"bad", "few"}
    bench.arms.write_text(ARMS)


# --- arms ------------------------------------------------------------------------------------------


def test_arms_of_the_command_line():
    arms = given_arms(["one=", "two=a.b=1 'c.d=[x, y]'"])
    assert arms.arms == {"one": (), "two": ("a.b=1", "c.d=[x, y]")}


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["one=", "one=a=1"], "stands twice"),
        (["../x="], "the name '../x' of an arm"),
        (["shared-1="], "does not begin with"),
        (["arms.yaml", "b="], "a file stands alone"),
        (["nowhere.yaml"], "no such file"),
        (["x='a"], "No closing quotation"),
    ],
)
def test_what_is_no_arm(texts, says):
    with pytest.raises(UserError, match=says):
        given_arms(texts)


@pytest.mark.parametrize("text", ["arms: {}", "arms: [a]", "arms: {a: []}\nmore: 1", "[", "x"])
def test_what_is_no_file_of_arms(tmp_path, text):
    path = tmp_path / "arms.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"arms .*arms\.yaml: "):
        read_arms(path)


def test_mistakes_of_all_arms_at_once(roman):
    arms = given_arms(["one=roundz=2", "two=seed=x", "three="])
    with pytest.raises(RecipeError) as raised:
        plan_arms(roman.recipe, arms, [])
    assert len(raised.value.mistakes) == 2
    assert {m.partition(":")[0] for m in raised.value.mistakes} == {"arm one", "arm two"}
    with pytest.raises(UserError, match="no such arm"):
        plan_arms(roman.recipe, given_arms(["one="]), [], reference="won")


def test_nothing_finished_is_a_page_too(roman, tmp_path):
    from errata.ablation.page import page
    from errata.ablation.picture import picture

    plan = plan_arms(roman.recipe, given_arms(["one=", "two="]), [], [3])
    found = collect(tmp_path, plan, {})
    assert found.missing == ("one, seed 3", "two, seed 3")
    assert "Not finished: one, seed 3; two, seed 3." in page(found)
    assert "no run is finished yet" in picture(found)


def test_outcomes_of_one_problem_stand_in_one_row_whatever_its_id(tmp_path):
    runs = []
    for arm, id_, outcome in (("one", "a/1", "right"), ("two", "b/7", "wrong")):
        store = Store(tmp_path / arm)
        with store.append("problems.jsonl") as out:
            out.write(Problem(id=id_, question="1 + 1?", answer="2"))
        with store.append("round-1/verdicts/test.jsonl") as out:
            out.write(Verdict(problem_id=id_, outcome=outcome))
        counted = {"total": 1, "right": 0, "undecided": 0, "accuracy": 0, "low": 0, "high": 1}
        where = {"run": arm, "verdicts": "", "checkpoint": "round-1", "examples": 1, "kept": None}
        runs.append(RunFigures(arm=arm, seed=0, set="test", **where, **counted))
    found = Ablation(
        name="x",
        reference="one",
        arms=("one", "two"),
        seeds=(0,),
        sets=("test",),
        runs=tuple(runs),
        figures=(),
    )
    assert outcomes_table(tmp_path, found).splitlines() == [
        "set,seed,problem,question,answer,one,two",
        "test,0,a/1,1 + 1?,2,right,wrong",
    ]
