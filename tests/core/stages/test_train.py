"""Stage *train*: what the trainer receives for each kind of body, and where the loss lies."""

from __future__ import annotations

import pytest

from errata.domain import Domain
from errata.hooks import hookimpl
from errata.plugins import Active
from errata.records import (
    QA,
    Body,
    Candidate,
    Correction,
    Critique,
    Lineage,
    Message,
    Pair,
    Problem,
    Span,
    TargetPrompt,
    TrainingExample,
    Trajectory,
)
from errata.stages.train import example, solved_example

PROBLEM = Problem(id="p", question="What is 2 + 3?", answer="5", solution="2 + 3 = 5")


class Prompting:
    @hookimpl
    def errata_target_prompt(self, problem):
        return TargetPrompt(
            messages=(
                Message(role="system", content="Be brief."),
                Message(role="user", content=problem.question),
            ),
        )


DOMAIN = Domain("prompting", Active({"prompting": Prompting()}))


def _example(body: Body) -> TrainingExample:
    lineage = Lineage(strategy="test")
    return example(Candidate(id="c", wave=0, body=body, lineage=lineage), DOMAIN)


def _loss(found: TrainingExample) -> list[str]:
    return [found.completion[span.start : span.end] for span in found.spans]


BODIES: list[Body] = [
    QA(problem=PROBLEM),
    Correction(problem=PROBLEM, wrong_steps=("2 + 3 = 6",), wrong_step=1, explanation="Off by one.",
               corrected="2 + 3 = 5"),
    Trajectory(problem=PROBLEM, text="2 + 3 = 6. Wait, 5."),
    Pair(problem=PROBLEM, prefix="2 + 3", chosen=" = 5", rejected=" = 6"),
    Critique(problem=PROBLEM, response="It is 6.", critique="Wrong: it is 5."),
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
def test_every_body_begins_with_the_problems_prompt(body):
    found = _example(body)
    assert found.id == "c"
    assert found.messages[0].content == "Be brief."
    assert found.messages[-1].role == "user"
    assert found.messages[-1].content.startswith(PROBLEM.question)
    assert all(0 <= span.start < span.end <= len(found.completion) for span in found.spans)


def test_qa():
    found = _example(BODIES[0])
    assert (found.completion, _loss(found)) == ("2 + 3 = 5", ["2 + 3 = 5"])
    assert found.rejected is None


def test_a_problem_without_solution_trains_its_answer():
    found = solved_example(PROBLEM.model_copy(update={"solution": ""}), DOMAIN)
    assert (found.completion, _loss(found)) == ("5", ["5"])


def test_correction_shows_the_wrong_solution_and_trains_the_rest():
    found = _example(BODIES[1])
    assert "Step 1: 2 + 3 = 6" in found.messages[-1].content
    assert found.completion == ("Step 1 is wrong. Off by one.\nCorrected from step 1:\n2 + 3 = 5")
    assert _loss(found) == [found.completion]


def test_trajectory_has_loss_on_its_spans_or_on_all():
    assert _loss(_example(BODIES[2])) == ["2 + 3 = 6. Wait, 5."]
    spans = (Span(start=11, end=19),)
    found = _example(Trajectory(problem=PROBLEM, text="2 + 3 = 6. Wait, 5.", spans=spans))
    assert _loss(found) == ["Wait, 5."]


def test_pair_shares_its_prefix_without_loss():
    found = _example(BODIES[3])
    assert (found.completion, found.rejected) == ("2 + 3 = 5", "2 + 3 = 6")
    assert _loss(found) == [" = 5"]


def test_critique_shows_the_response_and_trains_the_critique():
    found = _example(BODIES[4])
    assert "It is 6." in found.messages[-1].content
    assert _loss(found) == ["Wrong: it is 5."]
