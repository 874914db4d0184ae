"""Which style an error type is learnt in: decided by answers after a little training, or not at all."""

from __future__ import annotations

from typing import cast

from errata.parts import ChoosesStyles
from scripted.selecting import DictMemo, Teachable, candidate, dev, kept, selector


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
    found = chooser.select(BOTH, dev(12, 12), DictMemo())
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
    found = chooser.select(BOTH[3:], dev(6, 6), DictMemo())
    assert len(kept(found)) == 6
    assert sum(name.startswith("small") for name in kept(found)) == 3
    assert {s.rank for s in found if s.kept} == set(range(1, 7))
    (choice,) = cast(ChoosesStyles, chooser).style_choices()
    assert choice.chosen is None
    assert "not sure" in choice.why


def test_without_a_bad_dev_case_nothing_is_measured() -> None:
    target = Teachable(small_helps)
    chooser = selector("style", target, {})
    found = chooser.select(BOTH, dev(0, 5), DictMemo())
    assert len(kept(found)) == 20
    (choice,) = cast(ChoosesStyles, chooser).style_choices()
    assert choice.chosen is None
    assert "no bad dev case" in choice.why
    assert target.calls == []


def test_one_style_is_no_choice_and_types_are_decided_apart() -> None:
    others = [candidate(f"other-{n}", f"o{n}", "u") for n in range(4)]
    chooser = selector("style", Teachable(small_helps), {"judge": "accuracy"})
    found = chooser.select([*others, *BOTH], dev(12, 12), DictMemo())
    assert kept(found) >= {c.id for c in others}
    assert [c.error_type for c in cast(ChoosesStyles, chooser).style_choices()] == ["t"]


def test_a_chain_hands_on_the_choices_of_its_steps() -> None:
    steps = [{"use": "style"}, {"use": "random", "examples": 3}]
    chain = selector("chain", Teachable(small_helps), {"steps": steps})
    found = chain.select(BOTH, dev(12, 12), DictMemo())
    assert len(kept(found)) == 3
    assert all(name.startswith("small") for name in kept(found))
    (choice,) = cast(ChoosesStyles, chain).style_choices()
    assert choice.chosen == "small"
