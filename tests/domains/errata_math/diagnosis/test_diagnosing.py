"""The symbolic diagnoser names first wrong steps, and accepts right routes that differ."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.records import Attempt, BadCase, Problem, Verdict
from errata_math.diagnosis import SymbolicDiagnoser, diagnose_solution

PENS = Problem(
    id="pens",
    question="Ann buys 18 pens. She gives 3 to Bo and 4 to Cy. Each pen left is sold for $6. "
    "How much does she get?",
    answer="66",
    solution="She gives away 3 + 4 = <<3+4=7>>7 pens.\nShe has 18 - 7 = <<18-7=11>>11 left.\n"
    "She gets 11 * 6 = $<<11*6=66>>66.\n#### 66",
)


def drill(question: str, *lines: str) -> Problem:
    return Problem(
        id="drill",
        question=question,
        answer=lines[-1].rpartition(">>")[2],
        solution="\n".join([*lines, f"#### {lines[-1].rpartition('>>')[2]}"]),
    )


PRODUCT = drill(
    "Compute 87 * 5.",
    "80 * 5 = <<80*5=400>>400",
    "7 * 5 = <<7*5=35>>35",
    "400 + 35 = <<400+35=435>>435",
)
PERCENT = drill("What is 20% of 300?", "300 / 100 = <<300/100=3>>3", "20 * 3 = <<20*3=60>>60")
ORDER = drill("Compute 43 - 5 * 3.", "5 * 3 = <<5*3=15>>15", "43 - 15 = <<43-15=28>>28")
NEGATIVE = drill("What is 22 - 83?", "83 - 22 = <<83-22=61>>61", "22 - 83 = <<22-83=-61>>-61")
QUOTIENT = drill("What is 1005 / 5?", "1005 / 5 = <<1005/5=201>>201")
TIME = drill(
    "Convert 8 minutes and 25 seconds to seconds.",
    "8 * 60 = <<8*60=480>>480",
    "480 + 25 = <<480+25=505>>505",
)

WRONG = [
    (
        PENS,
        ["3 + 4 = 7", "18 - 7 = 21", "21 * 6 = 126"],
        "126",
        2,
        "slip in a difference: tens digit",
    ),
    (
        PENS,
        ["3 + 4 = 7", "18 - 7 = 11", "11 + 6 = 17"],
        "17",
        3,
        "wrong operation: sum instead of product",
    ),
    (PENS, ["3 + 4 = 7", "18 - 7 = 11"], "11", 2, "stopped before the last step"),
    (PENS, ["3 + 4 = 7", "18 - 7 = 11", "11 * 6 = 66"], "68", 3, "answer differs from own result"),
    (PENS, ["18 - 3 = 15", "15 * 6 = 90"], "90", 1, "a quantity of the question never used"),
    (PENS, ["18 - 3 - 4 = 11", "11 * 6 = 66", "66 - 18 = 48"], "48", 3, "went on after the answer"),
    (PENS, ["3 + 4 = 7", "18 - 7 = 11", "11 * 9 = 99"], "99", 3, "a number that nothing gives"),
    (
        PENS,
        ["3 + 4 = 7", "18 - 7 = 11", "11 * 6 = 660"],
        "660",
        3,
        "slip in a product: off by a power of ten",
    ),
    (PENS, ["I do not know."], None, None, "no readable equation"),
    (
        PRODUCT,
        ["80 * 5 = 400", "7 * 5 = 36", "400 + 36 = 436"],
        "436",
        2,
        "slip in a product: second partial product",
    ),
    (PRODUCT, ["87 * 5 = 92"], "92", 1, "product worked as a sum"),
    (PERCENT, ["20 * 300 = 6000"], "6000", 1, "percent not divided by 100"),
    (ORDER, ["43 - 5 * 3 = 114"], "114", 1, "order of operations ignored"),
    (NEGATIVE, ["22 - 83 = 61"], "61", 1, "sign of the result lost"),
    (QUOTIENT, ["1005 / 5 = 21"], "21", 1, "slip in a quotient: a zero of the result"),
    (TIME, ["8 + 25 = 33"], "33", 1, "wrong quantity in a sum"),
]


@pytest.mark.parametrize(("problem", "steps", "final", "step", "keyphrase"), WRONG)
def test_first_wrong_step(
    problem: Problem, steps: list[str], final: str | None, step: int | None, keyphrase: str
) -> None:
    found = diagnose_solution(problem, steps, final)
    assert (found.step, found.keyphrase, found.no_error) == (step, keyphrase, False)


@pytest.mark.parametrize(
    "steps",
    [
        ["18 - 3 - 4 = 11", "11 * 6 = 66"],
        ["18 - 3 = 15", "15 - 4 = 11", "11 * 6 = 66"],
        ["18 * 6 = 108", "7 * 6 = 42", "108 - 42 = 66"],
        ["6 * (18 - (3 + 4)) = 66"],
    ],
)
def test_right_routes(steps: list[str]) -> None:
    assert diagnose_solution(PENS, steps, "66").no_error
    # the same beginning with a slip at its end: the slip is blamed, not the route
    spoiled = [*steps[:-1], steps[-1].replace("= 66", "= 67")]
    assert diagnose_solution(PENS, spoiled, "67").step == len(steps)


def test_keyphrases_hold_no_numbers_and_details_do() -> None:
    found = diagnose_solution(PENS, ["3 + 4 = 7", "18 - 7 = 21"], "21")
    assert not any(letter.isdigit() for letter in found.keyphrase)
    assert found.details == {
        "operation": "difference",
        "role": "digit",
        "position": "tens",
        "expected": "11",
        "found": "21",
    }
    assert "18 - 7 = 21" in found.explanation


def test_a_rearranged_equation_keeps_its_root() -> None:
    steps = ["Let x be the price: 2x + 4 = 18.", "Then 2x = 22.", "So x = 11."]
    problem = Problem(id="p", question="?", answer="7", solution="#### 7")
    assert diagnose_solution(problem, steps, "11").step == 2


def test_the_part_works_on_bad_cases() -> None:
    text = "3 + 4 = <<3+4=7>>7\n18 - 7 = <<18-7=21>>21\n#### 21"
    case = BadCase(
        problem=PENS,
        attempt=Attempt(
            id="base:pens", problem_id="pens", checkpoint="base", text=text, finish="stop"
        ),
        verdict=Verdict(problem_id="pens", outcome="wrong", extracted="21"),
    )
    diagnoser = SymbolicDiagnoser(lambda _problem, solution: solution.split("\n"))
    found = asyncio.run(diagnoser.diagnose(case))
    assert (found.attempt_id, found.step, found.by) == ("base:pens", 2, "symbolic")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(alphabet="0123456789+-*/()=%. xy<>$#\\", max_size=60), max_size=6),
    st.one_of(st.none(), st.text(max_size=8)),
)
def test_any_attempt_gets_a_diagnosis(steps: list[str], final: str | None) -> None:
    found = diagnose_solution(PENS, steps, final)
    assert found.keyphrase
    assert found.step is None or 1 <= found.step <= len(steps)
    assert found == diagnose_solution(PENS, steps, final)
