"""The controls ``self-instruct``, ``same-distribution`` and ``generic``, and ``llm2llm``."""

from __future__ import annotations

import dataclasses
from collections import Counter
from random import Random

import pytest

from errata.domain import Domain
from errata.errors import ProblemsError
from errata.hooks import hookimpl
from errata.parts import Solved
from errata.plugins import Active
from errata.records import QA, Objection, Problem
from errata_math.plugin import MathDomain
from scripted.asking import Bench, attempt_at, case, failing, made, reasons, roman_domain, wave


def problem(name, kind=""):
    return Problem(
        id=name,
        question=f"Question {name} of 2 and 3?",
        answer="5",
        solution="2+3=5\n#### 5",
        kind=kind,
    )


def drafts(prompt, before):
    count = int(prompt.messages[-1].content.rpartition("Write ")[2].split()[0])
    return {
        "problems": [
            {"question": f"New {before}/{n}?", "solution": f"#### {n}", "answer": str(n)}
            for n in range(count)
        ]
    }


TRAIN = [problem(f"t{n}", "rare" if n % 4 == 0 else "usual") for n in range(40)]
CASES = [case(p, "no") for p in TRAIN[:3]]


def control(name, settings=None, reply=drafts, train=TRAIN, **more):
    return Bench(name, settings or {}, {"alike": reply}, train=train, **more)


def test_self_instruct_shows_train_problems_solved_and_unsolved_and_no_error():
    bench = control("self-instruct")
    shown = Counter()
    for number in range(6):
        found = bench.propose(wave(CASES, count=20, number=number))
        assert len(made(found)) == 20
        for proposal in made(found):
            assert proposal.lineage.error_type is None
            assert proposal.lineage.strategy == "self-instruct"
            assert len(proposal.lineage.parents) == 8
        shown.update(made(found)[0].lineage.parents)
    assert set(shown) - {c.problem.id for c in CASES}
    assert len(shown) > 20
    texts = " ".join(text for _, text in bench.instructor.asked)
    assert "slips" not in texts.lower()
    assert "error" not in texts


def test_self_instruct_shows_five_and_three_once_there_are_three():
    bench = control("self-instruct")
    accepted = [QA(problem=problem(f"made-{n}")) for n in range(5)]
    bench.propose(wave(CASES, count=7, accepted=accepted))
    [(_, text)] = bench.instructor.asked
    assert text.count("Question made-") == 3
    assert text.count("Question t") == 5
    assert "Write 7 new problems" in text


@pytest.mark.parametrize("name", ["self-instruct", "same-distribution"])
def test_without_an_instructor_the_domain_makes_variants(name):
    drills = [next(MathDomain().errata_problems("drills", "train", 0))]
    train = [*drills, problem("story")]
    bench = Bench(name, {}, None, train=train)
    first = bench.propose(wave(CASES, count=6))
    assert len(made(first)) == 6
    for proposal in made(first):
        assert isinstance(proposal.body, QA)
        assert proposal.lineage.parents == (drills[0].id,)
        assert (proposal.lineage.model, proposal.lineage.error_type) == (None, None)
    second = bench.propose(wave(CASES, count=6, number=1))
    assert first != second
    assert reasons([*first, *second]) in ([], ["no-variant"])
    again = Bench(name, {}, None, train=train)
    assert again.propose(wave(CASES, count=6)) == first


def test_variants_on_demand_ask_nobody():
    bench = Bench("self-instruct", {"by": "variant"}, {}, roman_domain(), roman())
    assert len(made(bench.propose(wave(count=5)))) == 5
    assert bench.instructor.asked == []


def test_an_instructor_on_demand_has_to_be_there():
    bench = Bench("self-instruct", {"by": "instructor"}, None, roman_domain(), roman())
    with pytest.raises(LookupError, match="no instructor"):
        bench.propose(wave(count=5))


def test_a_train_set_without_variants_is_given_up_and_told_once():
    bench = Bench("self-instruct", {}, None, train=[problem("a"), problem("b")])
    found = bench.propose(wave(count=5))
    assert reasons(found) == ["no-variant", "no-variant"]
    assert bench.propose(wave(count=5, number=1)) == []


def test_another_lookup_error_is_no_lack_of_an_instructor():
    def slip(_prompt, _before):
        raise KeyError("a slip in some part")

    with pytest.raises(KeyError):
        control("self-instruct", reply=slip).propose(wave(count=5))


@pytest.mark.parametrize(("count", "rare"), [(4, 1), (8, 2), (40, 10)])
def test_same_distribution_has_the_mixture_of_the_set(count, rare):
    bench = control("same-distribution", {"per_call": 5})
    found = made(bench.propose(wave(CASES, count=count)))
    kinds = Counter(p.body.problem.kind for p in found)
    assert kinds == {"rare": rare, "usual": count - rare}
    of_kind = {p.id: p.kind for p in TRAIN}
    for proposal in found:  # a call shows one kind, and what it makes is of that kind
        assert {of_kind[parent] for parent in proposal.lineage.parents} == {
            proposal.body.problem.kind
        }


def test_the_mixture_holds_over_waves_and_types_of_any_size():
    bench = control("same-distribution")
    kinds = Counter()
    for place in range(12):
        type_ = wave().error_type.model_copy(update={"id": f"type-{place % 4}"})
        found = bench.propose(wave(CASES, count=1, number=place // 4, error_type=type_))
        kinds.update(p.body.problem.kind for p in made(found))
    assert kinds == {"rare": 3, "usual": 9}


def test_the_mixture_of_variants():
    drills = MathDomain().errata_problems("drills", "train", 0)
    train, wanted = [next(drills) for _ in range(60)], Counter()
    wanted.update(p.kind for p in train)
    bench = Bench("same-distribution", {}, None, train=train)
    found = Counter(p.body.problem.kind for p in made(bench.propose(wave(CASES, count=120))))
    # The first, vain try to ask changes nothing.
    assert all(abs(found[kind] - 2 * count) <= 1 for kind, count in wanted.items())


class Fickle(MathDomain):
    """Stories have a variant now and then, riddles never."""

    @hookimpl
    def errata_variant(self, problem, random):
        if problem.kind == "riddle" or (problem.kind == "story" and random.random() < 0.6):
            return Objection(reason="no-variant", detail="not this time")
        name = f"{problem.id}~{random.getrandbits(40)}"
        return problem.model_copy(update={"id": name, "question": f"Question {name}?"})


def test_kinds_that_fail_now_and_then_keep_their_share_and_those_that_always_do_hold_up_nobody():
    train = [problem(f"s{n}", "story") for n in range(300)]
    train += [problem(f"d{n}", "drill") for n in range(100)]
    train += [problem(f"r{n}", "riddle") for n in range(400)]
    domain = Domain("fickle", Active({"fickle": Fickle()}))
    bench = Bench("same-distribution", {}, None, domain, train)
    waves = [bench.propose(wave(CASES, count=40, number=n)) for n in range(5)]
    assert [len(made(found)) for found in waves] == [40] * 5
    kinds = Counter(p.body.problem.kind for found in waves for p in made(found))
    assert kinds["drill"] == pytest.approx(50, abs=6)
    assert kinds["story"] == pytest.approx(150, abs=6)


def test_failures_are_objections():
    for name in ("self-instruct", "same-distribution", "llm2llm"):
        found = control(name, {}, failing("refused")).propose(wave(CASES, count=1))
        assert reasons(found) == ["refused"]
        assert found[0].by == name


def test_llm2llm_makes_one_similar_problem_for_each_bad_case_and_then_stops():
    bench = control("llm2llm")
    waves = [bench.propose(wave(CASES, count=2, number=n)) for n in range(3)]
    assert [len(found) for found in waves] == [2, 1, 0]
    parents = [p.lineage.parents for found in waves for p in made(found)]
    assert sorted(parents) == [("t0",), ("t1",), ("t2",)]
    for proposal in made(waves[0]):
        assert (proposal.lineage.error_type, proposal.lineage.cost) == ("slips", 0.5)
    for _, text in bench.instructor.asked:
        assert text.count("Question t") == 1
        assert "Write 1 new problem like this one" in text
        assert "no" not in text.split()  # the wrong answer is not shown
    assert all(p.sampling == {"temperature": 1.0} for p in bench.instructor.prompts)


def test_llm2llm_more_for_each_case_and_only_seeds():
    bench = control("llm2llm", {"per_case": 2})
    accepted = [QA(problem=problem("made"))]
    found = [
        p
        for n in range(3)
        for p in made(bench.propose(wave(CASES, count=4, number=n, accepted=accepted)))
    ]
    assert Counter(p.lineage.parents[0] for p in found) == {"t0": 2, "t1": 2, "t2": 2}


def roman():
    source = roman_domain().problems("numerals", "train", Random(0).randint(0, 9))
    return [next(source) for _ in range(20)]


def test_a_domain_without_templates():
    for name in ("self-instruct", "same-distribution", "llm2llm"):
        numerals = roman()
        bench = Bench(name, {}, {"alike": drafts}, roman_domain(), numerals)
        found = bench.propose(wave([case(numerals[0], "#### 1")], count=1))
        assert len(made(found)) == 1
        assert "You write practice problems." in bench.instructor.prompts[0].messages[0].content


def test_generic_gives_each_problem_of_another_source_once_with_its_reference():
    settings = {"source": "gsm8k-two-steps", "limit": 30}
    bench = Bench("generic", settings, None, train=TRAIN)
    found = [each for n in range(4) for each in bench.propose(wave(CASES, count=12, number=n))]
    problems = [p.body.problem for p in made(found)]
    assert len({p.id for p in problems}) == len(problems) == 30
    assert {p.source for p in problems} == {"gsm8k-two-steps"}
    assert all(f"#### {p.answer}" in p.solution for p in problems)
    assert {p.lineage.error_type for p in made(found)} == {None}
    assert bench.propose(wave(CASES, count=12, number=4)) == []
    again = Bench("generic", settings, None, train=TRAIN)
    assert again.propose(wave(CASES, count=12)) == found[:12]


def test_generic_without_a_source_takes_what_the_target_solves():
    solved = [Solved(p, attempt_at(p, "2+3=5\n#### 5")) for p in TRAIN[10:14]]
    unsolvable = TRAIN[14].model_copy(update={"solution": "2+3=6\n#### 6"})
    bare = TRAIN[15].model_copy(update={"solution": ""})
    more = [Solved(p, attempt_at(p, "#### 5")) for p in (unsolvable, bare)]
    asked = dataclasses.replace(wave(CASES, count=20), solved=[*solved, *more])
    found = Bench("generic", {}, None, train=TRAIN).propose(asked)
    assert {p.body.problem.id for p in made(found)} == {p.id for p in TRAIN[10:14]}
    assert sorted(reasons(found)) == ["no-variant", "wrong-answer"]


def test_generic_says_which_source_is_not_there():
    with pytest.raises(ProblemsError, match="no such source of mathematics problems"):
        Bench("generic", {"source": "gsm9k"}, None).propose(wave(CASES, count=2))
