"""Drills: every equation holds, streams repeat exactly and differ by split, variants stay in kind."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import islice
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.records import Problem
from errata_math import drills
from errata_math.arithmetic import evaluate, parse_expression
from errata_math.drills.form import mostly
from errata_math.drills.one_step import TEMPLATES as ONE_STEP
from errata_math.drills.two_steps import TEMPLATES as TWO_STEPS

ANNOTATED = re.compile(
    r"^(?P<shown>[^=]+) = <<(?P<left>[^=<>]+)=(?P<value>-?\d+)>>(?P<after>-?\d+)"
)
KINDS = sorted(drills.KINDS)


def value_of(text: str) -> Fraction:
    parsed = parse_expression(text)
    assert parsed is not None, text
    value = evaluate(parsed)
    assert value is not None, text
    return value


def some(count: int, split: str = "train", seed: int = 0) -> list[Problem]:
    return list(islice(drills.generate(split, seed), count))


def recomputed(problem: Problem) -> Fraction | None:
    """The answer worked out from the bare question, apart from the generator's own arithmetic; None
    for kinds whose question is not an expression."""
    expression = re.fullmatch(r"(?:What is|Compute|Work out) ([-\d+*/() ]+)[?.]", problem.question)
    if expression:
        return value_of(expression[1])
    numbers = [int(number) for number in re.findall(r"\d+", problem.question)]
    if problem.kind == "percent":
        return Fraction(numbers[0] * numbers[1], 100)
    if problem.kind == "greatest-common-divisor":
        return Fraction(max(n for n in range(1, 300) if not numbers[0] % n and not numbers[1] % n))
    if problem.kind == "time-units":
        found = re.search(r"(hours|minutes|days|weeks) and", problem.question)
        assert found
        sizes = {"hours": 60, "minutes": 60, "days": 24, "weeks": 7}
        return Fraction(numbers[0] * sizes[found[1]] + numbers[1])
    return None


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_annotated_equation_holds_and_the_answer_is_the_recomputed_one(seed: int) -> None:
    seen = set()
    for problem in some(1100, seed=seed):
        *lines, last = problem.solution.splitlines()
        for line in lines:
            step = ANNOTATED.match(line)
            assert step, (problem.id, line)
            assert step["shown"].replace(" ", "") == step["left"]
            assert step["value"] == step["after"]
            assert value_of(step["left"]) == int(step["value"]), line
            reached = step["value"]
        assert last == f"#### {problem.answer}"
        assert reached == problem.answer
        expected = recomputed(problem)
        if expected is not None:
            seen.add(problem.kind)
            assert expected == int(problem.answer), problem.question
        else:
            assert problem.kind in ("one-step-story", "two-step-story")
    assert len(seen) == len(KINDS) - 2


def test_a_greatest_common_divisor_says_truly_what_it_divides() -> None:
    for problem in some(1100):
        if problem.kind == "greatest-common-divisor":
            said = re.search(r"and (\d+) divides (\d+)\n", problem.solution)
            assert said
            assert said[1] == problem.answer
            assert int(said[2]) % int(said[1]) == 0


def test_every_story_uses_every_quantity_of_its_question() -> None:
    for problem in some(2200):
        if "story" in problem.kind:
            asked = sorted(re.findall(r"\d+", problem.question))
            parameters = problem.data["parameters"]
            assert isinstance(parameters, dict)
            given_ = sorted(str(parameters[name]) for name in parameters if name != "story")
            assert asked == given_, problem.question
            for quantity in given_:
                assert re.search(rf"(?<!\d){quantity}(?!\d)", problem.solution), problem


def test_equal_seeds_give_equal_streams_and_splits_and_seeds_differ() -> None:
    assert some(330) == some(330)
    keys = {
        (split, seed): [drills.drill_key(problem) for problem in some(330, split, seed)]
        for split in ("train", "test")
        for seed in (0, 1)
    }
    names = sorted(keys)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            shared = set(keys[first]) & set(keys[second])
            assert len(shared) < 60, (first, second, len(shared))


def test_kinds_are_balanced_and_their_order_varies() -> None:
    problems = some(len(KINDS) * 30)
    blocks = [
        [problem.kind for problem in problems[start : start + len(KINDS)]]
        for start in range(0, len(problems), len(KINDS))
    ]
    assert all(sorted(block) == KINDS for block in blocks)
    assert len({tuple(block) for block in blocks}) > 25
    assert len(KINDS) >= 10
    assert [problem.id for problem in problems[:2]] == ["drills/train/0", "drills/train/1"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_thousand_distinct_drills(kind: str) -> None:
    random = Random(3)
    found: set[object] = set()
    for _ in range(40_000):
        found.add(drills.KINDS[kind].key(drills.KINDS[kind].draw(random)))
        if len(found) >= 1000:
            return
    pytest.fail(f"{kind}: {len(found)} distinct drills in 40,000 draws")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 400))
def test_a_variant_keeps_the_kind_and_changes_the_parameters(seed: int, place: int) -> None:
    problem = next(islice(drills.generate("train", seed % 5), place, None))
    first, again = (drills.variant(problem, Random(seed)) for _ in range(2))
    assert first == again
    assert first.kind == problem.kind
    assert first.id != problem.id
    assert drills.drill_key(first) != drills.drill_key(problem)
    kind, parameters = drills.drill_of(problem)
    assert kind.traits(drills.drill_of(first)[1]) == kind.traits(parameters)


def test_the_wording_changes_the_question_and_never_the_drill() -> None:
    for name, kind in sorted(drills.KINDS.items()):
        parameters = kind.draw(Random(4))
        worked = [kind.work(parameters, wording) for wording in range(48)]
        assert len({each.solution for each in worked}) == 1
        assert len({each.question for each in worked}) <= 16
        if "story" not in name:
            assert len({each.question for each in worked}) == 3


def test_swapped_terms_of_a_sum_are_the_same_drill_and_of_a_difference_are_not() -> None:
    for name, same in (("sum", True), ("product", True), ("difference", False)):
        kind = drills.KINDS[name]
        assert (kind.key({"a": 48, "b": 9}) == kind.key({"a": 9, "b": 48})) is same


def test_templates_are_named_once_and_read_as_whole_sentences() -> None:
    templates = [*ONE_STEP, *TWO_STEPS]
    names = [template.name for template in templates]
    assert len(names) == len(set(names)) >= 40
    for template in templates:
        assert template.text.count("?") == 1
        assert template.text.endswith("?")
        used = set(re.findall(r"\{([abc])\}", template.text))
        assert used == set(template.ranges)


def test_solutions_are_short() -> None:
    lengths = [len(problem.solution) for problem in some(1100)]
    assert max(lengths) < 110
    assert sum(lengths) / len(lengths) < 70


def test_a_problem_that_is_no_drill_is_refused_by_name() -> None:
    problem = Problem(id="x/1", question="?", answer="1", source="drills")
    with pytest.raises(ValueError, match=r"x/1 is no drill.*quotient"):
        drills.variant(problem, Random(0))


def test_a_drill_with_a_missing_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="'b' must be a whole number, found None"):
        drills.KINDS["sum"].work({"a": 3}, 0)


def test_mostly_draws_from_the_usual_range() -> None:
    random = Random(1)
    drawn = [mostly(random, (1, 9), (100, 199)) for _ in range(1000)]
    assert 700 < sum(value <= 9 for value in drawn) < 900
    assert all(1 <= value <= 9 or 100 <= value <= 199 for value in drawn)
