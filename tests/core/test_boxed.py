"""Evaluate, check and triage on problems with boxed answers, as in MATH: the real domain, a student
whose slips are known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from errata.check import prepare
from errata.hooks import hookimpl
from errata.loop import loop
from errata.parts import Part, Settings
from errata.plugins import Catalogue, Installed
from errata.recipe import parse
from errata.records import Attempt, BadCase, Problem, Triage, Verdict
from errata.rounds import BASE, Round
from errata.run import Paused, Run
from errata.store import Store
from errata.testing import Answer, ScriptedTarget
from errata.testing.plugin import TestingPlugin
from errata_math.plugin import MathDomain
from errata_selection.plugin import SelectionPlugin
from errata_strategies.plugin import StrategiesPlugin

BOXED = Path(__file__).parents[1] / "domains" / "errata_math" / "boxed.jsonl"
WRONG = r"\boxed{-987654321}"


def _place(problem: Problem) -> int:
    return int(problem.id.rpartition("/")[2])


class Student:
    """Goes through five ways of answering, by the problem's number."""

    ways = ("right", "wrong", "silent", "cut", "equal")

    def answer(self, problem: Problem, practice: int) -> Answer:
        solution = problem.solution
        before = solution[: solution.rindex(r"\boxed")]
        match self.ways[_place(problem) % 5]:
            case "right":
                return Answer(solution)
            case "wrong":
                return Answer(f"{before}{WRONG}$.")
            case "silent":
                return Answer("I do not know how to begin.")
            case "cut":
                return Answer("Let us think about this slowly, and", "length")
            case _:  # the same value, written in another way
                answer = problem.answer.replace(r"\frac", r"\dfrac")
                return Answer(rf"So we have it: $\boxed{{ {answer} }}$")


CATEGORY = {
    "right": "right",
    "equal": "right",
    "wrong": "model-error",
    "silent": "format-slip",
    "cut": "truncated",
}


class StudentPlugin:
    """Offers the student as a target."""

    @hookimpl
    def errata_parts(self):
        return [
            Part(
                name="student",
                kind="target",
                settings=Settings,
                make=lambda settings, services: ScriptedTarget(Student(), services, 4),
            )
        ]


RECIPE = {
    "name": "boxed",
    "domain": "math",
    "problems": {"train": {"source": str(BOXED)}, "dev": 8, "gate": 4},
    "target": "student",
    "diagnose": "symbolic",
    "group": "phrases",
    "synthesize": "redraw",
    "select": "all",
    "train": "scripted",
}


@pytest.fixture(scope="module")
def triaged_run(tmp_path_factory) -> Run:
    factories = {
        "math": MathDomain,
        "selection": SelectionPlugin,
        "strategies": StrategiesPlugin,
        "student": StudentPlugin,
        "testing": TestingPlugin,
    }
    catalogue = Catalogue([Installed(name, "x:X", "x", made) for name, made in factories.items()])
    folder = tmp_path_factory.mktemp("boxed")
    prepared = prepare(parse(RECIPE, "boxed"), catalogue, "boxed")
    run = Run(prepared, Store(folder / "run"), folder / "cache", "triage")
    with pytest.raises(Paused):
        loop(run)
    return run


def _way(problem_id: str) -> str:
    return Student.ways[int(problem_id.rpartition("/")[2]) % 5]


def test_every_problem_has_its_boxed_answer(triaged_run):
    for problem in triaged_run.problems("train"):
        assert rf"\boxed{{{problem.answer}}}" in problem.solution
        assert problem.kind
        assert r"\boxed" in triaged_run.domain.target_prompt(problem).messages[-1].content


def test_the_reference_is_right_and_a_wrong_box_is_wrong(triaged_run):
    problems = [p for s in ("train", "dev", "gate") for p in triaged_run.problems(s)]
    assert len(problems) >= 40
    right = triaged_run.domain.check(problems, [p.solution for p in problems])
    assert {v.outcome for v in right} == {"right"}
    wrong = triaged_run.domain.check(problems, [WRONG for _ in problems])
    assert {v.outcome for v in wrong} == {"wrong"}


def test_triage_is_what_the_student_did(triaged_run):
    store = triaged_run.store
    found = {t.problem_id: t.category for t in store.read("round-1/triage.jsonl", Triage)}
    asked = [i for s in ("train", "dev") for i in triaged_run.sets[s]]
    assert found == {problem_id: CATEGORY[_way(problem_id)] for problem_id in asked}
    assert set(Counter(found.values())) == set(CATEGORY.values())


def test_verdicts_lie_beside_their_attempts(triaged_run):
    for name in ("train", "dev", "gate"):
        attempts = list(triaged_run.store.read(f"base/attempts/{name}.jsonl", Attempt))
        verdicts = list(triaged_run.store.read(f"base/verdicts/{name}.jsonl", Verdict))
        assert [v.attempt_id for v in verdicts] == [a.id for a in attempts]
        for attempt, verdict in zip(attempts, verdicts, strict=True):
            if _way(attempt.problem_id) == "wrong":
                assert (verdict.extracted or "").strip() == "-987654321"


def test_bad_cases_are_the_models_errors_and_nothing_else(triaged_run):
    cases: list[BadCase] = list(Round(triaged_run, "round-1", BASE).bad_cases())
    asked = [i for s in ("train", "dev") for i in triaged_run.sets[s]]
    assert sorted(c.problem.id for c in cases) == sorted(i for i in asked if _way(i) == "wrong")
    for case in cases:
        assert case.attempt.problem_id == case.problem.id == case.verdict.problem_id
