"""The mathematics domain through pluggy, on problems of every source it has."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from typing import Any

import pluggy
import pytest

from errata.fingerprints import Fingerprints
from errata.hooks import PROJECT, Hooks
from errata.records import QA, Attempt, BadCase, Candidate, Lineage, Objection, Problem, Verdict
from errata_math.checking import CheckOptions
from errata_math.plugin import MathDomain, MathOptions, solution_steps

BOXED = Path(__file__).parent / "boxed.jsonl"
HEAVY = ("sympy", "torch", "transformers", "numpy", "pyarrow", "datasets", "mpmath")


@pytest.fixture(scope="module")
def math_hooks() -> Any:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(MathDomain(MathOptions()))
    manager.check_pending()
    return manager.hook


def problems_of(hooks: Any, source: str, count: int, split: str = "test") -> list[Problem]:
    found: Iterator[Problem] = hooks.errata_problems(source=source, split=split, seed=0)
    return list(islice(found, count))


def candidate(problem: Problem) -> Candidate:
    lineage = Lineage(strategy="redraw")
    return Candidate(id="c", wave=0, body=QA(problem=problem), lineage=lineage)


def test_every_hook_has_the_arguments_of_its_specification() -> None:
    for name, method in inspect.getmembers(MathDomain, inspect.isfunction):
        if name.startswith("errata_"):
            wanted = inspect.signature(getattr(Hooks, name)).parameters
            assert list(inspect.signature(method).parameters) == list(wanted), name


@pytest.mark.parametrize("source", ["drills", "gsm8k-two-steps", "svamp", str(BOXED)])
def test_the_checker_accepts_every_reference_solution(math_hooks: Any, source: str) -> None:
    problems = problems_of(math_hooks, source, 220)
    verdicts = math_hooks.errata_check(
        problems=problems, responses=[problem.solution for problem in problems]
    )
    assert [verdict.problem_id for verdict in verdicts] == [problem.id for problem in problems]
    poor = [each for each in verdicts if each.outcome != "right" or not each.explicit]
    assert poor == []


def test_the_checker_refuses_the_neighbor_s_solution(math_hooks: Any) -> None:
    problems = problems_of(math_hooks, "drills", 220)
    pairs = [
        (problem, other) for problem, other in pairwise(problems) if problem.answer != other.answer
    ]
    verdicts = math_hooks.errata_check(
        problems=[problem for problem, _ in pairs],
        responses=[other.solution for _, other in pairs],
    )
    assert {verdict.outcome for verdict in verdicts} == {"wrong"}


def test_an_answer_not_stated_as_asked_is_not_explicit(math_hooks: Any) -> None:
    problem = problems_of(math_hooks, "drills", 1)[0]
    (verdict,) = math_hooks.errata_check(problems=[problem], responses=["I do not know."])
    assert verdict.outcome != "right"
    assert not verdict.explicit


def test_options_reach_the_checker() -> None:
    problem = Problem(id="p", question="What percent?", answer=r"10\%")
    outcomes = [
        MathDomain(MathOptions(checking=CheckOptions(percent=percent)))
        .errata_check([problem], ["#### 10"])[0]
        .outcome
        for percent in ("lenient", "value")
    ]
    assert outcomes == ["right", "wrong"]


@pytest.mark.parametrize(
    ("solution", "steps"),
    [
        ("a = 1\n\n  b = 2\n#### 2", ["a = 1", "b = 2\n#### 2"]),
        ("#### 2", ["#### 2"]),
        ("One is 1. Two is 2.5! So 3.", ["One is 1.", "Two is 2.5!", "So 3."]),
        ("One. Two.\n#### 2", ["One.", "Two.\n#### 2"]),
        ("", []),
        ("a\n#### 1\nb", ["a", "#### 1", "b"]),
    ],
)
def test_steps(math_hooks: Any, solution: str, steps: list[str]) -> None:
    problem = Problem(id="p", question="?", answer="2")
    assert list(math_hooks.errata_steps(problem=problem, solution=solution)) == steps


def test_variants_are_checked_and_verified(math_hooks: Any) -> None:
    made = 0
    for source in ("drills", "gsm8k-two-steps"):
        for problem in problems_of(math_hooks, source, 60, "train"):
            found = math_hooks.errata_variant(problem=problem, random=Random(1))
            again = math_hooks.errata_variant(problem=problem, random=Random(1))
            assert found == again
            if isinstance(found, Objection):
                assert source != "drills"
                assert found.reason == "no-variant"
                continue
            made += 1
            assert math_hooks.errata_verify(candidate=candidate(found)) == []
            (verdict,) = math_hooks.errata_check(problems=[found], responses=[found.solution])
            assert verdict.outcome == "right"
    assert made > 70


def test_a_tampered_drill_is_objected_to(math_hooks: Any) -> None:
    for problem in problems_of(math_hooks, "drills", 33):
        wrong = str(int(problem.answer) + 1)
        bad = problem.model_copy(update={"answer": wrong})
        assert math_hooks.errata_verify(candidate=candidate(bad)), problem
        head, _, _ = problem.solution.rpartition("####")
        both = bad.model_copy(update={"solution": f"{head}#### {wrong}"})
        assert math_hooks.errata_verify(candidate=candidate(both)), problem


def test_fingerprints_of_every_source(math_hooks: Any) -> None:
    for source in ("drills", "gsm8k-two-steps", "svamp", str(BOXED)):
        problem = problems_of(math_hooks, source, 1)[0]
        found = math_hooks.errata_fingerprints(problem=problem)
        assert isinstance(found, Fingerprints)
        assert bool(found.words) is (source != "drills")


def test_the_symbolic_diagnoser_is_offered_and_places_a_slip(math_hooks: Any) -> None:
    ((part,),) = math_hooks.errata_parts()
    assert (part.name, part.kind) == ("symbolic", "diagnoser")

    class ServicesWithDomain:
        """Only what the factory uses: the domain's steps."""

        class domain:  # noqa: N801 an attribute of Services, named as there
            @staticmethod
            def steps(_: Problem, solution: str) -> list[str]:
                return solution_steps(solution)

    diagnoser = part.make(part.settings(), ServicesWithDomain)
    problem = Problem(
        id="p",
        question="What is 47 * 6?",
        answer="282",
        solution="40 * 6 = <<40*6=240>>240\n7 * 6 = <<7*6=42>>42\n"
        "240 + 42 = <<240+42=282>>282\n#### 282",
    )
    text = problem.solution.replace("42", "48").replace("282", "288")
    case = BadCase(
        problem=problem,
        attempt=Attempt(id="base:p", problem_id="p", checkpoint="base", text=text, finish="stop"),
        verdict=Verdict(problem_id="p", outcome="wrong", extracted="288"),
    )
    found = asyncio.run(diagnoser.diagnose(case))
    assert found.step == 2
    assert not found.no_error


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    code = f"import errata_math.plugin, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
