"""A right attempt of an earlier checkpoint stands beside the wrong one."""

from __future__ import annotations

import json

import pytest

from errata.errors import ProblemsError
from errata.evaluation import right_attempts
from errata.hooks import hookimpl
from errata.parts import Part, Settings
from errata.plugins import Installed
from errata.records import Attempt, Checkpoint, Verdict
from errata.rounds import Round
from errata.testing import Answer, ScriptedTarget
from errata.testing.scripted import unit


class Forgetful:
    """Solves other problems after every training."""

    def answer(self, problem, practice):
        right = unit(problem.id, str(practice)) < 0.5
        return Answer(problem.solution if right else f"#### {int(problem.answer) + 1}")


class ForgetfulPlugin:
    @hookimpl
    def errata_parts(self):
        def make(settings, services):
            return ScriptedTarget(Forgetful(), services)

        return [Part(name="forgetful", kind="target", settings=Settings, make=make)]


def test_a_problem_that_was_solved_before(roman, tmp_path):
    roman.plugins.append(Installed("forgetful", "tests", "tests", ForgetfulPlugin))
    changes = ("target={use: forgetful}", "stop.guard=[]")
    run = roman.run(tmp_path / "run", *changes)
    base, first = Checkpoint(id="base"), Checkpoint(id="round-1")
    before = {v.problem_id for v in run.store.read("base/verdicts/train.jsonl", Verdict)
              if v.outcome == "right"}  # fmt: skip
    cases = list(Round(run, "round-2", first).bad_cases())
    train = [case for case in cases if case.problem.id in run.sets["train"]]
    assert {c.problem.id for c in train if c.contrast} == before & {c.problem.id for c in train}
    assert 10 < sum(case.contrast is not None for case in train) < len(train)
    for case in cases:
        if case.contrast:
            assert case.contrast.id == f"base:{case.problem.id}"
            assert case.contrast.text == case.problem.solution
    assert not any(case.contrast for case in Round(run, "round-1", base).bad_cases())


def test_the_first_right_sample_is_taken():
    def pair(number, outcome):
        id_ = f"base:p#{number}"
        attempt = Attempt(id=id_, problem_id="p", checkpoint="base", text=id_, finish="stop")
        return attempt, Verdict(problem_id="p", outcome=outcome, attempt_id=id_)

    pairs = [pair(10, "right"), pair(9, "right"), pair(2, "wrong"), pair(3, "undecided")]
    assert right_attempts(pairs, ["p"])["p"].id == "base:p#9"
    assert right_attempts(pairs, ["q"]) == {}


def test_a_bad_line_far_down_leaves_no_run_behind(roman, tmp_path):
    source = tmp_path / "others.jsonl"
    source.write_text('{"problem_id": "train/0", "response": "#### 1"}\n{"response": "x"}\n')
    with pytest.raises(ProblemsError, match=r"others\.jsonl, line 2: neither `problem_id` nor"):
        roman.run(tmp_path / "run", f"error_sources=[{source}]")
    assert list(tmp_path.iterdir()) == [source]


def test_other_models_have_the_targets_attempts_for_contrast(roman, tmp_path):
    before = roman.run(tmp_path / "before", until="evaluate")
    verdicts = list(before.store.read("base/verdicts/train.jsonl", Verdict))
    source = tmp_path / "others.jsonl"
    rows = [{"problem_id": v.problem_id, "response": "#### 0"} for v in verdicts]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = roman.run(tmp_path / "run", f"error_sources=[{{source: {source}, model: m}}]")
    right = {v.problem_id for v in verdicts if v.outcome == "right"}
    cases = list(Round(run, "round-1", Checkpoint(id="base")).bad_cases())
    theirs = [case for case in cases if case.attempt.model == "m"]
    assert {case.problem.id for case in theirs} == {v.problem_id for v in verdicts}
    assert {case.problem.id for case in theirs if case.contrast} == right
    assert {case.contrast.id for case in theirs if case.contrast} == {f"base:{p}" for p in right}
    # in the next round those that had one have the same one
    later = list(Round(run, "round-2", Checkpoint(id="round-1")).bad_cases())
    contrasts = {case.attempt.id: case.contrast for case in later if case.attempt.model}
    assert all(contrasts[case.attempt.id] == case.contrast for case in theirs if case.contrast)
