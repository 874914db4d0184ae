"""Every kind of planted fault is diagnosed into its own keyphrase, without any confusion."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice
from random import Random

from errata.records import Problem
from errata_math.diagnosis import diagnose_solution
from errata_math.diagnosis.planted import FAULTS
from errata_math.drills import generate
from errata_math.plugin import solution_steps
from errata_math.problems import problems

WANTED = {
    "answer miscopied": "answer differs from own result",
    "borrow skipped": "slip in a difference: a borrow skipped",
    "carry dropped": "slip in a sum: a carry dropped",
    "difference for sum": "wrong operation: difference instead of sum",
    "partial product": "slip in a product: second partial product",
    "product for quotient": "wrong operation: product instead of quotient",
    "quantity unused": "a quantity of the question never used",
    "quotient one off": "slip in a quotient: one too many or too few",
    "sign lost": "sign of the result lost",
    "stopped early": "stopped before the last step",
    "sum for product": "wrong operation: sum instead of product",
}


def planted(sample: list[Problem]) -> dict[str, Counter[str]]:
    random = Random(5)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for problem in sample:
        for name, plant in sorted(FAULTS.items()):
            text = plant(problem, random)
            if text is not None:
                final = text.rpartition("#### ")[2]
                diagnosis = diagnose_solution(problem, solution_steps(text), final)
                assert not diagnosis.no_error
                found[name][diagnosis.keyphrase] += 1
    return found


def test_faults_in_word_problems() -> None:
    found = planted(list(islice(problems("gsm8k-two-steps", "train", 0), 600)))
    for name, counts in found.items():
        assert set(counts) == {WANTED[name]}, (name, counts)
    assert {name for name, counts in found.items() if counts.total() >= 10} >= {
        "borrow skipped",
        "carry dropped",
        "difference for sum",
        "quantity unused",
        "quotient one off",
        "stopped early",
        "sum for product",
    }


def test_faults_in_drills() -> None:
    found = planted(list(islice(generate("train", 7), 600)))
    for name, counts in found.items():
        assert set(counts) == {WANTED[name]}, (name, counts)
        assert counts.total() >= 20, (name, counts)
    assert set(found) == set(FAULTS)
    assert len(set(WANTED.values())) == len(FAULTS)


def test_a_planted_solution_carries_no_label() -> None:
    for problem in islice(generate("train", 3), 100):
        for name, plant in FAULTS.items():
            text = plant(problem, Random(0)) or ""
            assert name not in text
            assert not any(letter.isalpha() for letter in text)
