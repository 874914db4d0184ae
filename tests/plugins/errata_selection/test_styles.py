"""Which style an error type is learnt in: decided by answers after a little training, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from errata.parts import ChoosesStyles, DevCases
from errata.testing import Memory
from scripted.selecting import Teachable, YesDomain, candidate, dev, kept, selector


def small_helps(shown: str, question: str) -> float:
    """After learning from a solution in small steps nearly everything is right."""
    return 0.95 if shown == "small" else 0.1


BOTH = [
    candidate(f"{style or 'usual'}-{n:02}", f"{style}{n}", "t", style)
    for style in ("", "small")
    for n in range(10)
]


def test_the_better_style_is_chosen_and_the_other_left_out() -> None:
    chooser = selector("style", Teachable(small_helps), {})
    found = chooser.select(BOTH, dev(12, 12), Memory())
    assert kept(found) == {c.id for c in BOTH if c.lineage.style == "small"}
    assert "learnt in the style 'small'" in found[0].why
    (choice,) = cast(ChoosesStyles, chooser).style_choices()
    assert choice.chosen == "small"
    assert choice.error_type == "t"
    assert choice.cases == 24
    assert choice.sureness is not None
    assert choice.sureness > 0.99
    scores = {figure.style: figure for figure in choice.figures}
    assert (scores["small"].score or 0) > (scores[""].score or 0)
    assert all(figure.candidates == 10 and figure.uncertainty for figure in choice.figures)


def test_without_a_sure_difference_both_are_kept_evenly() -> None:
    target = Teachable(lambda shown, question: 0.5)
    settings = {"score": "accuracy", "examples": 6, "style": {"choose": "best", "sure": 0.999}}
    chooser = selector("one-shot", target, settings)
    found = chooser.select(BOTH[3:], dev(6, 6), Memory())
    assert len(kept(found)) == 6
    assert sum(name.startswith("small") for name in kept(found)) == 3
    assert {s.rank for s in found if s.kept} == set(range(1, 7))
    (choice,) = cast(ChoosesStyles, chooser).style_choices()
    assert choice.chosen is None
    assert "not sure" in choice.why


def test_without_a_bad_dev_case_nothing_is_measured() -> None:
    target = Teachable(small_helps)
    chooser = selector("style", target, {})
    found = chooser.select(BOTH, dev(0, 5), Memory())
    assert len(kept(found)) == 20
    (choice,) = cast(ChoosesStyles, chooser).style_choices()
    assert choice.chosen is None
    assert "no bad dev case" in choice.why
    assert target.calls == []


def test_one_style_is_no_choice_and_types_are_decided_apart() -> None:
    others = [candidate(f"other-{n}", f"o{n}", "u") for n in range(4)]
    chooser = selector("style", Teachable(small_helps), {"judge": "accuracy"})
    found = chooser.select([*others, *BOTH], dev(12, 12), Memory())
    assert kept(found) >= {c.id for c in others}
    assert [c.error_type for c in cast(ChoosesStyles, chooser).style_choices()] == ["t"]


def test_a_chain_hands_on_the_choices_of_its_steps() -> None:
    steps = [{"use": "style"}, {"use": "random", "examples": 3}]
    chain = selector("chain", Teachable(small_helps), {"steps": steps})
    found = chain.select(BOTH, dev(12, 12), Memory())
    assert len(kept(found)) == 3
    assert all(name.startswith("small") for name in kept(found))
    (choice,) = cast(ChoosesStyles, chain).style_choices()
    assert choice.chosen == "small"


def solved(cases: DevCases) -> DevCases:
    """The same cases with reference solutions."""

    def of(problems):
        return [p.model_copy(update={"solution": f"usual {p.question}"}) for p in problems]

    bad = {name: of(group) for name, group in cases.bad.items()}
    return replace(cases, bad=bad, all_bad=of(cases.all_bad), good=of(cases.good))


def test_where_the_domain_works_the_cases_nothing_is_generated_and_the_choice_is_the_same() -> None:
    choices = []
    for domain in (YesDomain("small"), YesDomain()):
        target, memo, told = Teachable(small_helps), Memory(), list[tuple[int, int]]()
        chooser = selector(
            "style", target, {}, domain=domain, progress=lambda *each, to=told: to.append(each)
        )
        chooser.select(BOTH, solved(dev(12, 12)), memo)
        (choice,) = cast(ChoosesStyles, chooser).style_choices()
        choices.append(choice)
        assert told == [(1, 2), (2, 2)]
        assert (target.calls == []) == bool(domain.ways)
        assert target.scored == ([24, 24] if domain.ways else [])
        assert all(key.startswith("style-worked:") == bool(domain.ways) for key in memo)
        # What is in the memo is not measured again.
        again = selector(
            "style", Teachable(lambda *_: pytest.fail("measured again")), {}, domain=domain
        )
        again.select(BOTH, solved(dev(12, 12)), memo)
        assert cast(ChoosesStyles, again).style_choices() == [choice]
    assert choices[0] == choices[1]
    assert choices[0].chosen == "small"


@pytest.mark.parametrize("why", ["asked for", "a case without a solution", "an unknown style"])
def test_answers_are_generated_for_every_style_where_one_cannot_be_worked(why: str) -> None:
    target = Teachable(small_helps)
    settings = {"generate": why == "asked for"}
    domain = YesDomain("other" if why == "an unknown style" else "small")
    cases = dev(12, 12) if why == "a case without a solution" else solved(dev(12, 12))
    selector("style", target, settings, domain=domain).select(BOTH, cases, Memory())
    assert target.scored == []
    assert sum(target.calls) == 48
