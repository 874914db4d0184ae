"""Redrawn problems: recomputed, sensible in form, redrawable again, and refused with a reason."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import islice
from random import Random

import pytest

from errata.records import QA, Candidate, Correction, Lineage, Objection, Problem
from errata_math.arithmetic import equations, holds
from errata_math.problems import problems
from errata_math.recompute import verify_candidate
from errata_math.redraw import coverage, redraw


def story(question: str, *lines: str, answer: str) -> Problem:
    return Problem(
        id="p",
        question=question,
        answer=answer,
        solution="\n".join([*lines, f"#### {answer}"]),
        kind="two-steps",
        data={"seen": 1},
    )


PRINTER = story(
    "Jerry needs three color cartridges. If each costs $1,250 and an 8-inch cable costs $12.50 an "
    "inch, what does he pay?",
    "First 3 * $1,250 = $<<3*1250=3750>>3,750.",
    "Then an 8-inch cable costs 8 * $12.50 = $<<8*12.50=100>>100.",
    "So he pays $3,750 + $100 = $<<3750+100=3850>>3,850 in all.",
    answer="3850",
)
SHARE = story(
    "Of 120 pupils 25% walk. How many do not walk?",
    "25% of 120 is 120 * .25 = <<120*.25=30>>30 pupils.",
    "So 120 - 30 = <<120-30=90>>90 pupils do not walk.",
    answer="90",
)


def test_everything_is_rewritten_in_style() -> None:
    new = redraw(PRINTER, Random(4))
    assert isinstance(new, Problem)
    assert new.source == "redraw"
    assert (new.kind, new.data) == ("two-steps", {"seen": 1, "parent": "p"})
    assert re.fullmatch(r"p~[0-9a-f]{8}", new.id)
    price = re.search(r"\$([\d,]+) and an? (\d+)-inch cable costs \$\d+\.\d\d ", new.question)
    assert price
    assert price.group(1).count(",") == 1
    assert f"{price.group(2)}-inch" in new.solution
    assert f"* ${price.group(1)} = $<<" in new.solution
    article = "an" if price.group(2).startswith("8") or price.group(2) in ("11", "18") else "a"
    assert f"and {article} {price.group(2)}-inch" in new.question


def test_percentages_stay_exact_and_below_a_hundred() -> None:
    for seed in range(30):
        new = redraw(SHARE, Random(seed))
        assert isinstance(new, Problem)
        pupils, share = (int(part) for part in re.findall(r"\d+", new.question))
        assert 0 < share < 100
        assert Fraction(pupils * (100 - share), 100) == int(new.answer)


def test_real_problems_stay_right_and_redrawable() -> None:
    seen = 0
    for problem in islice(problems("gsm8k-two-steps", "train", 1), 250):
        random = Random(problem.id)
        new = redraw(problem, random)
        if isinstance(new, Objection):
            assert new.reason == "no-variant"
            assert re.fullmatch(r"[a-z-]+", new.detail)
            continue
        seen += 1
        assert new.question != problem.question
        assert all(holds(item) is not False for item in equations(new.solution) if item.annotated)
        assert verify_candidate(candidate(new)) is None
        assert len(equations(new.solution)) == len(equations(problem.solution))
        assert isinstance(redraw(new, random), Problem)
        assert new == redraw(problem, Random(problem.id))
    assert seen > 75


@pytest.mark.parametrize(
    ("question", "lines", "answer", "detail"),
    [
        (
            "He has 15 pens and 9 bags?",
            ["15 + 4 = <<15+4=19>>19"],
            "9",
            "operand-not-in-question",
        ),
        ("6 boys eat 3 each, 2 fit?", ["6 / 3 = <<6/3=2>>2"], "2", "ambiguous-quantity"),
        (
            "In 1999 there were 40 owls, twice as many now?",
            ["40 * 2 = <<40*2=80>>80"],
            "80",
            "year",
        ),
        (
            "He drives 60 miles an hour for 120 minutes?",
            ["120 / 60 = <<120/60=2>>2", "60 * 2 = <<60*2=121>>121"],
            "121",
            "equation-does-not-hold",
        ),
        (
            "He drives 60 miles an hour for 120 minutes, 3 stops?",
            ["60 * 3 = <<60*3=180>>180"],
            "180",
            "number-may-be-constant",
        ),
        ("He came 4th among 14 boys?", ["14 - 4 = <<14-4=10>>10"], "10", "ordinal"),
        ("From 8 pm he reads 6 pages, then 3?", ["6 * 3 = <<6*3=18>>18"], "18", "clock-time"),
        ("There are 14 boys?", ["14"], "14", "no-annotation"),
        ("14 boys, 9 girls, 3 dogs?", ["14 + 9 = <<14+9=23>>23"], "23", "number-not-used"),
    ],
)
def test_reasons(question: str, lines: list[str], answer: str, detail: str) -> None:
    found = redraw(story(question, *lines, answer=answer), Random(0))
    assert isinstance(found, Objection), found
    assert found.detail == detail


def test_coverage_counts_every_problem() -> None:
    sample = list(islice(problems("gsm8k-two-steps", "train", 2), 60))
    counts = coverage(sample)
    assert sum(counts.values()) == 60
    assert counts == coverage(sample)
    assert counts["redrawn"] > 15


def candidate(problem: Problem) -> Candidate:
    return Candidate(id="c", wave=1, body=QA(problem=problem), lineage=Lineage(strategy="redraw"))


def test_reference_solutions_pass_and_mutated_ones_do_not() -> None:
    spoiled = 0
    for problem in islice(problems("gsm8k-two-steps", "train", 3), 200):
        assert verify_candidate(candidate(problem)) is None, problem.id
        result = re.search(r"=(\d+)>>\d+", problem.solution)
        if result is None:
            continue
        wrong = str(int(result.group(1)) + 1)
        text = problem.solution.replace(result.group(), f"={wrong}>>{wrong}", 1)
        found = verify_candidate(candidate(problem.model_copy(update={"solution": text})))
        assert found is not None
        assert found.reason == "wrong-answer"
        assert found.evidence
        spoiled += 1
    assert spoiled > 100


def test_what_a_wrong_answer_and_an_unreadable_one_get() -> None:
    other = verify_candidate(candidate(SHARE.model_copy(update={"answer": "91"})))
    assert other is not None
    assert (other.reason, other.evidence) == ("wrong-answer", {"reached": "90", "answer": "91"})
    silent = verify_candidate(candidate(SHARE.model_copy(update={"solution": "I pass."})))
    assert silent is not None
    assert silent.reason == "unreadable"
    body = Correction(
        problem=SHARE,
        wrong_steps=("120 * .25 = 40",),
        wrong_step=1,
        explanation="",
        corrected="120 * .25 = <<120*.25=30>>30\n120 - 30 = <<120-30=80>>80\n#### 80",
    )
    wrong = verify_candidate(Candidate(id="c", wave=1, body=body, lineage=Lineage(strategy="x")))
    assert wrong is not None
    assert wrong.evidence == {"equation": "120-30=80"}
