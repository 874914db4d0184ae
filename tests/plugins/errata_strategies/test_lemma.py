"""The strategy ``lemma``: mistakes, where they are cut off, the two ways out, smoothing, loss."""

from __future__ import annotations

import pytest

from errata.parts import Solved
from errata.records import Candidate, Diagnosis, Lineage, Problem, Trajectory
from errata.stages.train import example
from errata_strategies.lemma import TURNS
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
OWN = "There are 3*4=12 eggs.\nShe adds 2, that makes 14.\nSo 14 are whole.\n#### 14"
KNOWN = {"base:eggs": Diagnosis(problem_id="eggs", keyphrase="adds", step=2, explanation="Adds.")}
INJECTED = {
    "steps": ["There are 3+4=7 eggs.", "7-2=5 are whole.", "#### 5"],
    "wrong_step": 1,
    "explanation": "Adds where it should multiply.",
}
FIX = {"continuation": "They are broken, so I take them away: 12-2=10.\n#### 10"}
AFRESH = {"continuation": "From the beginning: 3*4=12, and 12-2=10.\n#### 10"}


def smoothing(prompt, _before):
    text = prompt.messages[-1].content
    start = text.index("recovers:\n") + len("recovers:\n")
    return {"text": text[start : text.index("\n\nWrite the whole")].replace("Wait,", "Oh wait,")}


REPLIES = {
    "inject": INJECTED,
    "locate": {"first_wrong_step": 2, "explanation": "Adds."},
    "continue": FIX,
    "restart": AFRESH,
    "smooth": smoothing,
}


def bench(settings=None, domain=None, **replies):
    return Bench("lemma", settings or {}, {**REPLIES, **replies}, domain or math_domain())


def own(settings=None, *, count=2, diagnoses=KNOWN, solved=(), text=OWN, **replies):
    made_of = bench({"injected": 0, **(settings or {})}, **replies)
    found = made_of.propose(
        wave([case(EGGS, text)], count=count, diagnoses=diagnoses, solved=solved)
    )
    return found, made_of.instructor


def texts(found):
    bodies = [proposal.body for proposal in made(found)]
    assert all(isinstance(body, Trajectory) for body in bodies)
    return [body.text for body in bodies]


def test_both_ways_out_of_the_targets_own_mistake():
    found, instructor = own({"smooth": False})
    fixed, restarted = texts(found)
    start = "There are 3*4=12 eggs.\nShe adds 2, that makes 14.\n"
    for text, reply in ((fixed, FIX), (restarted, AFRESH)):
        assert text.startswith(start)
        assert text.endswith(reply["continuation"])
        assert text[len(start) :].split(reply["continuation"])[0].strip() in TURNS
        assert "So 14 are whole" not in text
    assert [name for name, _ in instructor.asked] == ["continue", "restart"]
    assert "What is wrong in the last step: Adds." in instructor.asked[0][1]


def test_the_step_is_asked_for_where_the_diagnosis_names_none():
    nameless = {"base:eggs": KNOWN["base:eggs"].model_copy(update={"step": None})}
    for diagnoses in ({}, nameless):
        found, instructor = own({"smooth": False}, diagnoses=diagnoses)
        assert len(texts(found)) == 2
        assert [name for name, _ in instructor.asked] == ["locate", "continue", "restart"]
        # what was asked for both is shared by both
        assert [proposal.lineage.cost for proposal in made(found)] == [0.75, 0.75]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"first_wrong_step": None, "explanation": ""}, "no-agreement"),
        ({"first_wrong_step": 9, "explanation": ""}, "unreadable"),
        (failing("refused"), "refused"),
    ],
)
def test_a_step_that_is_not_there(reply, reason):
    found, instructor = own(diagnoses={}, locate=reply)
    assert reasons(found) == [reason]
    assert instructor.count("continue") == 0


def test_a_stated_answer_is_left_out_of_the_prefix():
    last = {"base:eggs": KNOWN["base:eggs"].model_copy(update={"step": 3})}
    found, _ = own({"smooth": False, "ways": ["continue"]}, diagnoses=last)
    [text] = texts(found)
    assert "So 14 are whole.\n" in text
    assert "#### 14" not in text
    bare, _ = own(text="#### 14", diagnoses={"base:eggs": KNOWN["base:eggs"].model_copy(
        update={"step": 1})})  # fmt: skip
    assert reasons(bare) == ["unreadable"]
    assert "the wrong step is the answer itself" in bare[0].detail


def test_without_truncation_the_whole_attempt_stays():
    found, _ = own({"smooth": False, "truncate": False, "ways": ["continue"]})
    [text] = texts(found)
    assert text.startswith(OWN.removesuffix("\n#### 14") + "\n")


def test_a_fresh_start_follows_a_right_attempt_of_the_target_where_there_is_one():
    mine = "3 times 4 are 12, less 2 are 10.\n#### 10"
    _, instructor = own({"smooth": False}, solved=[Solved(EGGS, attempt_at(EGGS, mine, "later"))])
    shown = dict(instructor.asked)
    assert mine in shown["restart"]
    assert mine not in shown["continue"]
    assert EGGS.solution in shown["continue"]


def test_a_right_sample_of_the_case_comes_first_and_other_models_are_not_the_target():
    mine = "3 times 4 are 12, less 2 are 10.\n#### 10"
    made_of = bench({"injected": 0, "smooth": False})
    sampled = case(EGGS, OWN, right=mine)
    made_of.propose(wave([sampled], count=2, diagnoses=KNOWN))
    shown = dict(made_of.instructor.asked)
    assert mine in shown["restart"]
    assert mine not in shown["continue"]
    foreign = sampled.attempt.model_copy(update={"model": "another"})
    others = [sampled.model_copy(update={"attempt": foreign})]
    assert bench({"injected": 0}).propose(wave(others)) == []


def test_smoothed_and_checked_again():
    found, instructor = own({})
    assert [name for name, _ in instructor.asked].count("smooth") == 2
    assert len(texts(found)) == 2
    assert all(proposal.lineage.cost == 1.0 for proposal in made(found))
    assert {proposal.lineage.prompt_hash for proposal in made(found)} == {
        prompt.template for prompt in instructor.prompts[-1:]
    }
    spoiled, _ = own({}, smooth={"text": "All in all there are 12.\n#### 12"})
    assert reasons(spoiled) == ["wrong-answer"] * 2
    assert "the smoothed trajectory comes to 12" in spoiled[0].detail
    lost, _ = own({}, smooth=failing("over-length"))
    assert reasons(lost) == ["over-length"] * 2


def test_one_way_that_fails_spoils_not_the_other():
    wrong = {"continuation": "12-3=9.\n#### 9"}
    found, _ = own({}, **{"continue": wrong})
    assert reasons(found) == ["wrong-answer"]
    assert len(texts(found)) == 1


def test_loss_on_all_or_on_all_but_the_wrong_step():
    whole, _ = own({"ways": ["continue"]})
    assert made(whole)[0].body.spans == ()
    masked, _ = own({"ways": ["continue"], "mask_wrong": True})
    [proposal] = made(masked)
    trained = example(Candidate(id="c", wave=0, **dict(proposal)), math_domain())
    lossy = [trained.completion[span.start : span.end] for span in trained.spans]
    assert lossy[0] == "There are 3*4=12 eggs.\n"
    assert lossy[1].endswith("#### 10")
    assert trained.completion == lossy[0] + "She adds 2, that makes 14." + lossy[1]
    gone, _ = own({"ways": ["continue"], "mask_wrong": True}, smooth={"text": "3*4-2=10\n#### 10"})
    assert reasons(gone) == ["unreadable"]
    assert "carry no loss" in gone[0].detail


# --- errors put in --------------------------------------------------------------------------------


def injected(settings=None, *, cases=None, pool=(), count=2, **replies):
    made_of = bench({"own": False, **(settings or {})}, **replies)
    found = made_of.propose(wave(cases or [case(EGGS, OWN)], count=count, pool=pool))
    return found, made_of.instructor


def test_an_error_of_the_type_is_put_in():
    found, instructor = injected({"smooth": False})
    assert all(text.startswith("There are 3+4=7 eggs.\n") for text in texts(found))
    [name, shown] = instructor.asked[0]
    assert name == "inject"
    assert "Slips" in shown
    assert "It slips." in shown
    assert "slipped" in shown
    assert {p.lineage.error_type for p in made(found)} == {"slips"}
    assert instructor.count("inject") == 1


@pytest.mark.parametrize(
    ("steps", "detail"),
    [
        (["3*4=12", "12-2=10", "#### 10"], "comes to 10, a wrong answer was wanted"),
        (["I would not know."], "no answer that can be read"),
    ],
)
def test_what_is_no_mistake_is_an_objection(steps, detail):
    found, _ = injected(inject={**INJECTED, "steps": steps})
    assert reasons(found) == ["wrong-answer"]
    assert detail in found[0].detail


def test_grounding_observed_or_uniform():
    others = [case(EGGS.model_copy(update={"id": f"o{n}"}), OWN) for n in range(4)]
    cases = [case(EGGS, OWN)]
    pool = [*cases, *others]
    observed, _ = injected(cases=cases, pool=pool, count=20)
    assert {p.lineage.parents[0] for p in made(observed)} == {"eggs"}
    uniform, _ = injected({"grounding": "uniform"}, cases=cases, pool=pool, count=20)
    assert {p.lineage.parents[0] for p in made(uniform)} == {"eggs", "o0", "o1", "o2", "o3"}


def test_counts_turns_and_determinism():
    settings = {"injected": 2, "smooth": False}
    cases = [case(EGGS.model_copy(update={"id": f"e{n}"}), OWN) for n in range(3)]
    known = {f"base:e{n}": KNOWN["base:eggs"] for n in range(3)}

    def run():
        made_of = bench(settings)
        waves = [made_of.propose(wave(cases, count=5, number=n, diagnoses=known)) for n in range(5)]
        return waves, made_of.instructor

    first, instructor = run()
    assert [len(found) for found in first] == [5, 5, 5, 0, 0]  # 9 wrong solutions, 3 a wave
    assert run()[0] == first
    assert instructor.count("inject") == 6
    lineage = made(first[0])[0].lineage
    assert isinstance(lineage, Lineage)
    assert (lineage.strategy, lineage.model) == ("lemma", "m")


def test_a_domain_without_templates():
    numeral = Problem(
        id="n", question="Write XIV as a number.", answer="14", solution="X + I + V reads\n#### 14"
    )
    attempt = "X is 10.\nIV is 6.\n#### 16"
    known = {"base:n": Diagnosis(problem_id="n", keyphrase="adds", step=2)}
    turned = {"continuation": "I before V is taken away, IV is 4: 14.\n#### 14"}
    made_of = bench(
        {"injected": 0, "smooth": False}, roman_domain(), restart=turned, **{"continue": turned}
    )
    found = made_of.propose(wave([case(numeral, attempt)], diagnoses=known))
    assert all(text.startswith("X is 10.\nIV is 6.\n") for text in texts(found))
    assert len(texts(found)) == 2
