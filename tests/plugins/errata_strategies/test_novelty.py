"""Duplicates of training problems and of accepted candidates, with and without common lineage."""

from __future__ import annotations

import asyncio

import pytest

from errata.records import Candidate, Correction, Lineage, Problem
from errata_strategies.novelty import Novelty
from errata_strategies.settings import NoveltySettings

SEED = "Tom reads 12 pages a day for 7 days and then 30 pages more. How many pages does he read?"
OTHER = "A baker sells 14 loaves at 3 dollars each. How much money does she make in the end?"


def problem(text: str, name: str) -> Problem:
    return Problem(id=name, question=text, answer="1")


@pytest.fixture
def novelty(make_services, make_drill) -> Novelty:
    train = [problem(SEED, "seed"), problem(OTHER, "other"), make_drill(1, 2)]
    return Novelty(NoveltySettings(), make_services({"train": train}))


def verify(novelty: Novelty, candidate: Candidate):
    return asyncio.run(novelty.verify(candidate))


def test_exact_copy_of_a_train_problem_is_a_duplicate_even_of_its_parent(
    novelty, make_candidate
) -> None:
    objection = verify(novelty, make_candidate(problem(SEED.upper(), "n"), "seed"))
    assert objection.reason == "duplicate"
    assert objection.evidence == {"near": "seed", "set": "train", "rule": "exact", "score": 1.0}


def test_redraw_is_near_its_parent_but_not_a_duplicate_of_it(novelty, make_candidate) -> None:
    redrawn = problem(SEED.replace("12", "15"), "n")
    assert verify(novelty, make_candidate(redrawn, "seed")) is None
    strange = verify(novelty, make_candidate(redrawn, "other"))
    assert strange.evidence["rule"] == "rouge-l"
    assert strange.evidence["near"] == "seed"
    assert strange.evidence["score"] >= 0.7
    # Several parents are examples in a prompt, not a lineage.
    assert verify(novelty, make_candidate(redrawn, "seed", "other")) is not None


def test_accepted_candidates_count(novelty, make_candidate) -> None:
    first = make_candidate(problem(SEED.replace("12", "15"), "n1"), "seed")
    again = make_candidate(problem(SEED.replace("12", "15"), "n2"), "seed")
    sister = make_candidate(problem(SEED.replace("12", "16"), "n3"), "seed")
    stranger = make_candidate(problem(SEED.replace("12", "17"), "n4"), "other")
    assert novelty.admit(first) is None
    novelty.accepted(first)
    assert novelty.admit(again).evidence["rule"] == "exact"
    assert novelty.admit(again).evidence["near"] == first.id
    assert novelty.admit(sister) is None
    assert novelty.admit(stranger).evidence["rule"] == "rouge-l"
    # A redraw of the accepted redraw is of the same lineage still.
    grandchild = make_candidate(problem(SEED.replace("12", "18"), "n5"), "n1")
    assert novelty.admit(grandchild) is None


def test_announcing_twice_changes_nothing(novelty, make_candidate) -> None:
    first = make_candidate(problem(SEED.replace("12", "15"), "n1"), "seed")
    novelty.accepted(first)
    novelty.accepted(first.model_copy(update={"id": "later"}))
    again = make_candidate(problem(SEED.replace("12", "15"), "n2"), "seed")
    assert novelty.admit(again).evidence["near"] == first.id


def test_drills_are_duplicates_only_when_the_same(novelty, make_candidate, make_drill) -> None:
    assert verify(novelty, make_candidate(make_drill(1, 2))) is not None
    assert verify(novelty, make_candidate(make_drill(1, 3))) is None
    novelty.accepted(make_candidate(make_drill(1, 3)))
    assert novelty.admit(make_candidate(make_drill(1, 3))) is not None
    assert novelty.admit(make_candidate(make_drill(1, 4))) is None


def test_a_correction_of_a_train_problem_is_new_until_it_is_there(novelty) -> None:
    def correction(name: str, text: str) -> Candidate:
        body = Correction(
            problem=problem(SEED, "seed"),
            wrong_steps=("12 × 7 = 74",),
            wrong_step=1,
            explanation="a slip",
            corrected=text,
        )
        return Candidate(id=name, wave=0, body=body, lineage=Lineage(strategy="test"))

    first = correction("c1", "12 × 7 = 84")
    assert verify(novelty, first) is None
    assert novelty.admit(first) is None
    novelty.accepted(first)
    assert novelty.admit(correction("c2", "12 × 7 = 84")).evidence["near"] == "c1"
    assert novelty.admit(correction("c3", "7 × 12 = 84")) is None
