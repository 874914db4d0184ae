"""The strategy ``rise``: edits of the target's own right solutions as preference pairs."""

from __future__ import annotations

import pytest

from errata.parts import Solved
from errata.records import Candidate, Pair, Problem
from errata.stages.train import example
from errata_strategies.rise import OPERATIONS
from scripted.asking import (
    Bench,
    attempt_at,
    case,
    failing,
    made,
    math_domain,
    reasons,
    roman_domain,
    wave,
)

EGGS = Problem(
    id="eggs",
    question="Ann has 3 boxes of 4 eggs and breaks 2 eggs. How many are whole?",
    answer="10",
    solution="There are 3*4=12 eggs.\n12-2=10 are whole.\n#### 10",
)
MINE = "First 3*4=12.\nThen 12-2=10.\n#### 10"
RIGHT = Solved(EGGS, attempt_at(EGGS, MINE))
STEPS = ["First 3*4=12.", "Then 12-2=10.\n#### 10"]


def edited(prompt, _before):
    """An edit of whatever step is to be edited, to the end."""
    text = prompt.messages[-1].content
    if "change:\nFirst" in text:
        return {"edited": "First 3*4=11.\nThen 11-2=9.\n#### 9"}
    return {"edited": "Then 12-3=9.\n#### 9"}


def proposed(reply=edited, *, count=1, domain=None, solved=(RIGHT,), cases=(), **settings):
    bench = Bench("rise", settings, {"edit": reply}, domain or math_domain())
    return bench.propose(wave(cases, count=count, solved=solved)), bench.instructor


def test_the_right_rest_against_the_wrong_one_behind_the_steps_before():
    seen = set()
    found, _ = proposed(count=12, per_solution=1, solved=[
        Solved(EGGS.model_copy(update={"id": f"e{n}"}),
               attempt_at(EGGS.model_copy(update={"id": f"e{n}"}), MINE)) for n in range(12)
    ])  # fmt: skip
    for proposal in made(found):
        body = proposal.body
        assert isinstance(body, Pair)
        seen.add(body.prefix)
        assert body.prefix + body.chosen == MINE
        assert body.rejected.endswith("#### 9")
        trained = example(Candidate(id="c", wave=0, **dict(proposal)), math_domain())
        assert trained.completion == MINE
        assert trained.rejected == body.prefix + body.rejected
        [span] = trained.spans
        assert trained.completion[: span.start] == body.prefix
        assert span.end == len(MINE)
    assert len(made(found)) == 12
    assert seen == {"", "First 3*4=12.\n"}


def test_the_prompt_and_the_lineage():
    found, instructor = proposed()
    [(_, text)] = instructor.asked
    assert sum(operation in text for operation in OPERATIONS) == 1
    [proposal] = made(found)
    assert proposal.lineage.parents == ("eggs",)
    assert (proposal.lineage.error_type, proposal.lineage.cost) == (None, 0.5)
    typed, asked = proposed(error="type")
    assert made(typed)[0].lineage.error_type == "slips"
    assert "How to change the step: Slips: It slips." in asked.asked[0][1]


def test_single_steps_as_in_the_paper():
    def alone(prompt, _before):
        first = "change:\nFirst" in prompt.messages[-1].content
        return {"edited": "First 3*4=11." if first else "Then 12-3=9.\n#### 9"}

    found, instructor = proposed(alone, compare="step")
    [proposal] = made(found)
    assert isinstance(proposal.body, Pair)
    assert proposal.body.chosen in STEPS
    assert "The rest of the solution" not in instructor.asked[0][1]


@pytest.mark.parametrize(
    ("reply", "reason", "detail"),
    [
        ({"edited": ""}, "duplicate", "as it was"),
        ({"edited": "First 3*4=12.\nSo 3*4-2=10.\n#### 10"}, "wrong-answer", "right answer"),
        ({"edited": "A wrong step: 3*4=11.\n#### 9"}, "unreadable", "admits its error in words"),
        ({"edited": "Oops, 3*4=11.\n#### 9"}, "unreadable", "'Oops'"),
        (failing("refused"), "refused", "why"),
        (failing("unanswered"), "unanswered", "why"),
    ],
)
def test_what_becomes_of_other_replies(reply, reason, detail):
    [found], _ = proposed(reply)
    assert reasons([found]) == [reason]
    assert detail in found.detail
    assert found.by == "rise"


def test_words_of_error_that_the_solution_uses_itself_are_no_admission():
    mine = "Taking away the wrong ones, 3*4-2=10.\n#### 10"
    edit = {"edited": "Taking away the wrong ones, 3*4-3=9.\n#### 9"}
    found, _ = proposed(edit, solved=[Solved(EGGS, attempt_at(EGGS, mine))])
    assert len(made(found)) == 1
    plain = mine.replace("wrong", "broken")
    admitted, _ = proposed(edit, solved=[Solved(EGGS, attempt_at(EGGS, plain))])
    assert reasons(admitted) == ["unreadable"]


def test_a_right_and_a_wrong_attempt_at_one_problem_are_a_pair_without_a_call():
    wrong = case(EGGS, "3*4=12, 12+2=14.\n#### 14", "other")
    found, instructor = proposed(count=1, cases=[wrong])
    [proposal] = made(found)
    assert isinstance(proposal.body, Pair)
    assert (proposal.body.prefix, proposal.body.chosen) == ("", MINE)
    assert proposal.body.rejected == wrong.attempt.text
    assert (proposal.lineage.model, proposal.lineage.error_type) == (None, "slips")
    assert instructor.asked == []
    without, asked = proposed(count=1, cases=[wrong], full=False)
    assert asked.count("edit") == 1
    assert made(without)[0].lineage.model == "m"


def test_a_right_sample_of_a_bad_case_is_a_solution_of_the_targets_own():
    bench = Bench("rise", {}, {"edit": edited})
    wrong = case(EGGS, "3*4=12, 12+2=14.\n#### 14", right=MINE)
    pair, edit = made(bench.propose(wave([wrong], count=2)))
    assert isinstance(pair.body, Pair)
    assert isinstance(edit.body, Pair)
    assert (pair.body.chosen, pair.body.rejected) == (MINE, wrong.attempt.text)
    assert edit.body.prefix + edit.body.chosen == MINE
    foreign = wrong.model_copy(
        update={
            "attempt": wrong.attempt.model_copy(update={"model": "another"}),
            "contrast": wrong.contrast and wrong.contrast.model_copy(update={"model": "another"}),
        }
    )
    assert reasons(Bench("rise", {}, {}).propose(wave([foreign]))) == ["no-variant"]


def test_without_right_attempts_it_says_so_once():
    bench = Bench("rise", {}, {"edit": edited})
    assert reasons(bench.propose(wave())) == ["no-variant"]
    assert bench.propose(wave(number=1)) == []


def test_each_solution_has_its_turns():
    bench = Bench("rise", {"per_solution": 2}, {"edit": edited})
    waves = [bench.propose(wave(count=3, number=n, solved=[RIGHT])) for n in range(3)]
    assert [len(found) for found in waves] == [1, 1, 0]


def test_a_domain_without_templates():
    numeral = Problem(
        id="n", question="Write XIV as a number.", answer="14", solution="X + I + V reads\n#### 14"
    )
    right = Solved(numeral, attempt_at(numeral, "X is 10.\nIV is 4.\n#### 14"))
    found, instructor = proposed(
        {"edited": "X is 10.\nIV is 6.\n#### 16"}, domain=roman_domain(), solved=[right]
    )
    [proposal] = made(found)
    assert isinstance(proposal.body, Pair)
    assert proposal.body.prefix + proposal.body.chosen == right.attempt.text
    assert "You change solutions so that one small error enters" in (
        instructor.prompts[0].messages[0].content
    )
