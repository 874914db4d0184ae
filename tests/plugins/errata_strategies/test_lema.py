"""The strategies ``lema`` and ``correct-only``: corrections, plain solutions, evolved problems."""

from __future__ import annotations

import pytest

from errata.records import QA, Candidate, Correction, Lineage, Objection, Problem, Trajectory
from errata.stages.train import example
from scripted.asking import (
    Bench,
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
    solution="There are 3*4=<<3*4=12>>12 eggs.\n12-2=<<12-2=10>>10 are whole.\n#### 10",
    kind="story",
)
WRONG = "There are 3*4=12 eggs.\nShe adds 2, that makes 14.\n#### 14"
RIGHT = {
    "first_wrong_step": 2,
    "explanation": "The broken eggs are added, they have to be taken away.",
    "corrected": "12-2=10 are whole.\n#### 10",
}


def proposed(reply, *, count=4, settings=None, problem=EGGS, domain=None, **waves):
    bench = Bench("lema", settings or {}, {"correct": reply}, domain or math_domain())
    found = bench.propose(wave([case(problem, WRONG)], count=count, **waves))
    return found, bench.instructor


def test_a_correction_has_the_fields_of_the_papers_record_and_its_loss():
    found, _ = proposed(RIGHT)
    correction, plain = made(found)
    body = correction.body
    assert isinstance(body, Correction)
    assert body.problem == EGGS
    assert body.wrong_steps == (
        "There are 3*4=12 eggs.",
        "She adds 2, that makes 14.\n#### 14",
    )
    assert body.wrong_step == 2
    assert body.explanation == RIGHT["explanation"]
    assert body.corrected == "...\n12-2=10 are whole.\n#### 10"
    trained = example(Candidate(id="c", wave=0, **dict(correction)), math_domain())
    assert "Step 2: She adds 2" in trained.messages[-1].content
    assert [(s.start, s.end) for s in trained.spans] == [(0, len(trained.completion))]
    assert "14" not in trained.completion
    assert isinstance(plain.body, Trajectory)
    assert (plain.body.text, plain.body.spans) == (EGGS.solution, ())


def test_lineage_of_both():
    found, instructor = proposed(RIGHT)
    correction, plain = (proposal.lineage for proposal in made(found))
    assert correction == Lineage(
        strategy="lema",
        error_type="slips",
        parents=("eggs",),
        model="m",
        prompt_hash=instructor.prompts[0].template,
        seed=correction.seed,
        cost=0.5,
    )
    assert int(correction.seed or "") == instructor.prompts[0].replica
    assert (plain.model, plain.cost, plain.parents) == (None, 0.0, ("eggs",))


def test_the_prompt_shows_numbered_steps_and_the_reference():
    _, instructor = proposed(RIGHT)
    [(purpose, text)] = instructor.asked
    assert purpose == "correct"
    assert "Step 2: She adds 2, that makes 14." in text
    assert "#### 10" in text


@pytest.mark.parametrize(
    ("reply", "reason", "detail"),
    [
        ({**RIGHT, "corrected": "12-3=9\n#### 9"}, "wrong-answer", "comes to 9, the answer is 10"),
        ({**RIGHT, "first_wrong_step": None}, "no-agreement", "no wrong step"),
        ({**RIGHT, "first_wrong_step": 3}, "unreadable", "step 3 is named, the attempt has 2"),
        ({**RIGHT, "first_wrong_step": 0}, "unreadable", "step 0 is named"),
        ({**RIGHT, "explanation": " "}, "unreadable", "no explanation"),
        ({**RIGHT, "corrected": "I shall not say."}, "unreadable", "the correction"),
        (failing("refused"), "refused", "why"),
        (failing("unanswered"), "unanswered", "why"),
        (failing("over-length"), "over-length", "why"),
        (failing("unreadable"), "unreadable", "why"),
    ],
)
def test_what_becomes_of_other_replies(reply, reason, detail):
    [found], _ = proposed(reply)
    assert isinstance(found, Objection)
    assert (found.reason, found.by) == (reason, "lema")
    assert detail in found.detail
    assert found.evidence["parents"] == ["eggs"]


def test_an_answer_that_is_right_but_not_stated_gets_the_ending_of_the_reference():
    found, _ = proposed({**RIGHT, "corrected": "12-2=10 are whole."})
    body = made(found)[0].body
    assert isinstance(body, Correction)
    assert body.corrected == "...\n12-2=10 are whole.\n#### 10"


def test_switches():
    found, _ = proposed(RIGHT, settings={"plain": False, "ellipsis": False})
    [correction] = made(found)
    assert isinstance(correction.body, Correction)
    assert correction.body.corrected == "12-2=10 are whole.\n#### 10"
    first, _ = proposed({**RIGHT, "first_wrong_step": 1})
    body = made(first)[0].body
    assert isinstance(body, Correction)
    assert not body.corrected.startswith("...")


def test_without_a_reference_the_plain_solution_is_the_corrected_one_whole():
    bare = EGGS.model_copy(update={"solution": ""})
    found, _ = proposed(RIGHT, problem=bare)
    correction, plain = made(found)
    assert isinstance(plain.body, Trajectory)
    assert plain.body.text == "There are 3*4=12 eggs.\n12-2=10 are whole.\n#### 10"
    assert plain.lineage.model == correction.lineage.model == "m"


@pytest.mark.parametrize(
    ("count", "kinds"), [(1, ["correction"]), (2, ["correction", "trajectory"])]
)
def test_no_more_than_wanted(count, kinds):
    found, _ = proposed(RIGHT, count=count)
    assert [proposal.body.kind for proposal in made(found)] == kinds


def test_each_case_has_its_turns_and_then_there_is_nothing_more():
    bench = Bench("lema", {"per_case": 2, "evolve": 0}, {"correct": RIGHT})
    cases = [case(EGGS.model_copy(update={"id": f"e{n}"}), WRONG) for n in range(3)]
    rounds = [bench.propose(wave(cases, count=4, number=n)) for n in range(4)]
    parents = [[p.lineage.parents[0] for p in made(found)[::2]] for found in rounds]
    assert [len(chosen) for chosen in parents] == [2, 2, 2, 0]
    assert sorted(name for chosen in parents for name in chosen) == [
        "e0",
        "e0",
        "e1",
        "e1",
        "e2",
        "e2",
    ]
    assert len({prompt.replica for prompt in bench.instructor.prompts}) == 6


def test_two_attempts_at_one_problem_are_two_cases():
    bench = Bench("lema", {"plain": False}, {"correct": RIGHT})
    both = [case(EGGS, WRONG), case(EGGS, WRONG.replace("14", "15"), "other")]
    assert len(made(bench.propose(wave(both)))) == 2


# --- evolution ------------------------------------------------------------------------------------

SEED = Correction(problem=EGGS, wrong_steps=("x",), wrong_step=1, explanation="adds", corrected="y")
NEW = "Bob has 5 bags of 6 nuts and eats 4 nuts. How many are left?"


def answers(*given):
    def reply(_prompt, before):
        value = given[before % len(given)]
        return {"solution": f"The nuts that are left: {value}\n#### {value}", "answer": value}

    return reply


def evolved(solve, votes=3, evolve=None, domain=None):
    replies = {"evolve": evolve or {"question": NEW}, "solve": solve, "correct": RIGHT}
    bench = Bench("lema", {"votes": votes, "evolve": 0.5}, replies, domain or math_domain())
    found = bench.propose(wave(count=1, number=1, accepted=[SEED]))
    return found, bench.instructor


def test_an_evolved_problem_has_the_answer_of_the_majority():
    found, instructor = evolved(answers("25", "26", "26.0"))
    [proposal] = found
    assert isinstance(proposal.body, QA)
    made_of = proposal.body.problem
    assert (made_of.question, made_of.answer, made_of.kind) == (NEW, "26", "story")
    assert proposal.lineage.parents == ("eggs",)
    assert proposal.lineage.cost == 2.0  # one question, three solutions
    assert instructor.count("solve") == 3
    solving = [p for p in instructor.prompts if p.messages[-1].content.count(NEW)]
    assert len({prompt.replica for prompt in solving}) == 3
    assert EGGS.question in instructor.asked[0][1]
    assert "adds" in instructor.asked[0][1]
    assert all(EGGS.solution in text for name, text in instructor.asked if name == "solve")


def test_three_different_answers_drop_it():
    found, _ = evolved(answers("24", "25", "26"))
    assert reasons(found) == ["no-agreement"]
    assert found[0].evidence["answers"] == ["24", "25", "26"]


def test_failures_among_the_solutions_are_told_and_the_rest_decide():
    def solve(prompt, before):
        return failing("refused") if before == 0 else answers("26")(prompt, before)

    found, _ = evolved(solve)
    assert reasons(found) == ["refused"]
    assert len(made(found)) == 1
    lone, _ = evolved(lambda p, n: answers("26")(p, n) if n == 0 else failing("refused"))
    assert reasons(lone) == ["refused", "refused", "no-agreement"]
    unread, _ = evolved(answers("26"), evolve=failing("unreadable"))
    assert reasons(unread) == ["unreadable"]


def test_evolved_problems_take_their_share_from_the_second_wave_on():
    replies = {"evolve": {"question": NEW}, "solve": answers("26"), "correct": RIGHT}
    cases = [case(EGGS.model_copy(update={"id": f"e{n}"}), WRONG) for n in range(20)]
    bench = Bench("lema", {"evolve": 0.25, "plain": False}, replies)
    first = made(bench.propose(wave(cases, count=8)))
    assert {proposal.body.kind for proposal in first} == {"correction"}
    accepted = [proposal.body for proposal in first]
    second = made(bench.propose(wave(cases, count=8, number=1, accepted=accepted)))
    assert sorted(p.body.kind for p in second) == ["correction"] * 6 + ["qa"] * 2
    assert {p.lineage.parents[0] for p in second if p.body.kind == "qa"} <= {
        p.lineage.parents[0] for p in first
    }


def test_few_corrections_are_followed_by_few_evolved_problems():
    replies = {"evolve": {"question": NEW}, "solve": answers("24", "25", "26")}
    bench = Bench("lema", {"evolve": 0.25}, replies)
    plenty = [bench.propose(wave(count=40, number=n, accepted=[SEED] * 6)) for n in range(3)]
    # 6 are three quarters of 8; none of the two tries came to anything, and there is no third.
    assert [reasons(found) for found in plenty] == [["no-agreement"] * 2, [], []]
    assert bench.instructor.count("evolve") == 2


# --- a domain without templates -------------------------------------------------------------------


def test_a_domain_without_templates():
    numeral = Problem(
        id="n", question="Write XIV as a number.", answer="14", solution="X + I + V reads\n#### 14"
    )
    bench = Bench(
        "lema",
        {},
        {"correct": {**RIGHT, "first_wrong_step": 2, "corrected": "10 + 4\n#### 14"}},
        roman_domain(),
    )
    found = made(bench.propose(wave([case(numeral, "X is 10\nIV is 6\n#### 16")])))
    assert [p.body.kind for p in found] == ["correction", "trajectory"]
    assert "put it right from there" in bench.instructor.prompts[0].messages[0].content


# --- correct-only ---------------------------------------------------------------------------------


def test_correct_only_takes_references_and_asks_nobody():
    bench = Bench("correct-only", {}, None)
    cases = [case(EGGS.model_copy(update={"id": f"e{n}"}), WRONG) for n in range(3)]
    first, rest = bench.propose(wave(cases, count=2)), bench.propose(wave(cases, number=1))
    assert [len(first), len(rest)] == [2, 1]
    for proposal in made([*first, *rest]):
        assert isinstance(proposal.body, Trajectory)
        assert proposal.body.text == EGGS.solution
        assert (proposal.lineage.model, proposal.lineage.error_type) == (None, "slips")
    assert bench.propose(wave(cases, number=2)) == []


def test_correct_only_uses_a_case_of_two_types_once():
    bench = Bench("correct-only", {}, None)
    other = wave().error_type.model_copy(update={"id": "other"})
    assert len(made(bench.propose(wave([case(EGGS, WRONG)])))) == 1
    assert bench.propose(wave([case(EGGS, WRONG)], error_type=other)) == []


def test_correct_only_corrects_where_there_is_no_reference_or_as_asked():
    bare = EGGS.model_copy(update={"solution": ""})
    for settings, problem in (({}, bare), ({"source": "correction"}, EGGS)):
        bench = Bench("correct-only", settings, {"correct": RIGHT})
        [proposal] = made(bench.propose(wave([case(problem, WRONG)])))
        assert isinstance(proposal.body, Trajectory)
        assert proposal.body.text == "There are 3*4=12 eggs.\n12-2=10 are whole.\n#### 10"
        assert (proposal.lineage.model, proposal.lineage.cost) == ("m", 0.5)
    bench = Bench("correct-only", {"source": "reference"}, None)
    assert reasons(bench.propose(wave([case(bare, WRONG)]))) == ["no-variant"]


def test_correct_only_without_reference_and_instructor_says_what_is_missing():
    bare = EGGS.model_copy(update={"solution": ""})
    with pytest.raises(LookupError, match="the recipe has no instructor to ask"):
        Bench("correct-only", {}, None).propose(wave([case(bare, WRONG)]))


def test_a_reference_that_does_not_come_to_its_answer_is_an_objection():
    slipped = EGGS.model_copy(update={"solution": "12-2=9\n#### 9"})
    assert reasons(Bench("correct-only", {}, None).propose(wave([case(slipped, WRONG)]))) == [
        "wrong-answer"
    ]
