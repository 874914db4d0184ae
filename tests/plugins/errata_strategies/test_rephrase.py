"""The strategy ``rephrase``: rephrased and backward questions, and how their answers are known."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from errata.records import QA, Problem
from scripted.asking import Bench, failing, made, math_domain, reasons, roman_domain, wave

EGGS = Problem(
    id="eggs",
    question="Ann has 3 boxes of 4 eggs and breaks 2 eggs. How many are whole?",
    answer="10",
    solution="3*4=12\n12-2=10\n#### 10",
    kind="story",
)
OTHER = "Of the eggs in her 3 boxes, 4 in each, Ann broke 2. How many did she keep whole?"


def solving(prompt, _before):
    """The right answer to whatever is asked: ten whole eggs, or the number behind the X."""
    question = prompt.messages[-1].content.partition("to solve:\n")[2]
    hidden = {"has X": "3", "of X": "4", "breaks X": "2"}
    answer = next((value for mark, value in hidden.items() if mark in question), "10")
    return {"solution": f"It is {answer}.\n#### {answer}", "answer": answer}


def turned(prompt, _before):
    masked = re.search(r"Ann has .*", prompt.messages[-1].content)
    assert masked
    return {"question": f"{masked[0].split(' How')[0]} 10 are whole. What is X?"}


REPLIES = {"rephrase": {"question": OTHER}, "backward": turned, "solve": solving}


def proposed(count=3, domain=None, train=(EGGS,), settings=None, **replies):
    bench = Bench(
        "rephrase", settings or {}, {**REPLIES, **replies}, domain or math_domain(), train
    )
    return bench.propose(wave(count=count)), bench.instructor


def test_a_rephrased_question_keeps_the_answer_and_is_solved_unseen():
    found, instructor = proposed(1)
    [proposal] = made(found)
    assert isinstance(proposal.body, QA)
    new = proposal.body.problem
    assert (new.question, new.answer, new.kind) == (OTHER, "10", "story")
    assert new.solution == "It is 10.\n#### 10"
    assert [name for name, _ in instructor.asked] == ["rephrase", "solve"]
    lineage = proposal.lineage
    assert (lineage.parents, lineage.cost, lineage.error_type) == (("eggs",), 1.0, None)


def test_the_references_solution_on_demand():
    found, instructor = proposed(1, settings={"solve": False})
    [proposal] = made(found)
    assert proposal.body.problem.solution == EGGS.solution
    assert instructor.count("solve") == 0


@pytest.mark.parametrize("way", ["fobar", "self-verification"])
def test_backward_questions_ask_for_a_number_of_the_question(way):
    found, instructor = proposed(12, settings={"ways": [way]})
    assert len(made(found)) == 12
    answers = Counter(p.body.problem.answer for p in made(found))
    assert set(answers) == {"2", "3", "4"}
    for proposal in made(found):
        question = proposal.body.problem.question
        assert "X" in question
        assert "10" in question
        hidden = proposal.body.problem.answer
        assert sorted(re.findall(r"\d+", question.replace("10", ""))) == sorted(
            set("234") - {hidden}
        )
    assert instructor.count("backward") == (0 if way == "fobar" else 12)
    assert instructor.count("solve") == 12


def test_ways_in_turn():
    _, instructor = proposed(3)
    assert Counter(name for name, _ in instructor.asked) == {
        "rephrase": 1,
        "backward": 1,
        "solve": 3,
    }


@pytest.mark.parametrize("way", ["rephrased", "fobar", "self-verification"])
def test_a_solution_that_misses_the_known_answer_is_an_objection(way):
    wrong = {"solution": "It is 77.\n#### 77", "answer": "77"}
    found, _ = proposed(1, settings={"ways": [way]}, solve=wrong)
    assert reasons(found) == ["wrong-answer"]


def test_other_failures():
    same, _ = proposed(1, rephrase={"question": EGGS.question + " "})
    assert reasons(same) == ["duplicate"]
    empty, _ = proposed(1, rephrase={"question": " "})
    assert reasons(empty) == ["duplicate"]
    refused, _ = proposed(1, rephrase=failing("refused"))
    assert reasons(refused) == ["refused"]
    unsolved, _ = proposed(1, solve=failing("unreadable"))
    assert reasons(unsolved) == ["unreadable"]
    assert unsolved[0].evidence == {"asked for": "solve", "parents": ["eggs"]}
    wordy = EGGS.model_copy(update={"question": "How many eggs make a dozen?"})
    numberless, _ = proposed(1, train=[wordy], settings={"ways": ["fobar"]})
    assert reasons(numberless) == ["no-variant"]


def test_numbers_are_taken_whole():
    asked = EGGS.model_copy(update={"question": "It costs $1,250.50 on the 3rd of May, why 12x?"})
    found, instructor = proposed(1, train=[asked], settings={"ways": ["fobar"]},
                                 solve={"solution": "#### 1250.5", "answer": "1250.5"})  # fmt: skip
    assert [p.body.problem.answer for p in made(found)] == ["1250.50"]
    assert "$X on the 3rd" in instructor.asked[0][1]


def test_blind_to_errors_and_deterministic():
    train = [EGGS.model_copy(update={"id": f"e{n}"}) for n in range(30)]
    first, _ = proposed(20, train=train)
    again, _ = proposed(20, train=train)
    assert first == again
    assert len({p.lineage.parents for p in made(first)}) > 5
    assert proposed(20, train=[])[0] == []


def test_a_domain_without_templates():
    numeral = Problem(
        id="n", question="Write XIV as a number.", answer="14", solution="X + I + V reads\n#### 14"
    )
    found, _ = proposed(
        2,
        domain=roman_domain(),
        train=[numeral],
        settings={"ways": ["rephrased", "fobar"]},
        rephrase={"question": "Which number is written XIV?"},
        solve={"solution": "10 + 4\n#### 14", "answer": "14"},
    )
    assert [p.body.problem.question for p in made(found)] == ["Which number is written XIV?"]
    assert reasons(found) == ["no-variant"]
