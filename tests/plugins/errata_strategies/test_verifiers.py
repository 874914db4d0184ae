"""Recompute and length, and the plugin's offers as the catalogue sees them."""

from __future__ import annotations

import asyncio

import pytest

from errata.plugins import Catalogue
from errata.records import Candidate, Lineage, Pair, Problem
from errata_strategies.settings import LengthSettings, RecomputeSettings
from errata_strategies.verifiers import Length, Recompute


def test_recompute_passes_what_the_domain_confirms(
    make_services, make_candidate, make_drill
) -> None:
    verifier = Recompute(RecomputeSettings(), make_services({}))
    good = make_drill(2, 3)
    assert asyncio.run(verifier.verify(make_candidate(good))) is None
    wrong = make_candidate(good.model_copy(update={"answer": "6"}))
    objection = asyncio.run(verifier.verify(wrong))
    assert (objection.reason, objection.by) == ("wrong-answer", "recompute")


@pytest.mark.parametrize(
    ("question", "solution", "what"),
    [
        ("w " * 10, "s", None),
        ("w " * 11, "s", "words in the question"),
        ("w" * 51, "s", "characters in the question"),
        ("w", "s " * 21, "words in the solution"),
        ("w", "s" * 101, "characters in the solution"),
    ],
)
def test_length_names_the_limit_that_is_passed(
    make_services, make_candidate, question, solution, what
) -> None:
    limits = LengthSettings(
        question_words=10, question_characters=50, solution_words=20, solution_characters=100
    )
    problem = Problem(id="p", question=question, answer="1", solution=solution)
    objection = asyncio.run(Length(limits, make_services({})).verify(make_candidate(problem)))
    if what is None:
        assert objection is None
    else:
        assert objection.reason == "over-length"
        assert objection.evidence["what"] == what
        assert objection.evidence["length"] == objection.evidence["limit"] + 1


def test_length_measures_what_is_trained(make_services) -> None:
    problem = Problem(id="p", question="q", answer="1", solution="s " * 500)
    body = Pair(problem=problem, chosen="a b", rejected="a c", prefix="so ")
    pair = Candidate(id="c", wave=0, body=body, lineage=Lineage(strategy="test"))
    assert asyncio.run(Length(LengthSettings(), make_services({})).verify(pair)) is None
    long = pair.model_copy(update={"body": body.model_copy(update={"rejected": "x " * 500})})
    assert asyncio.run(Length(LengthSettings(), make_services({})).verify(long)) is not None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("strategy", "redraw"),
        ("verifier", "recompute"),
        ("verifier", "novelty"),
        ("verifier", "leak"),
        ("verifier", "length"),
    ],
)
def test_parts_are_found_and_made_with_their_defaults(make_services, kind, name) -> None:
    part = Catalogue().find(kind, f"strategies/{name}", "test")
    assert part.make(part.settings(), make_services({"train": []})) is not None
