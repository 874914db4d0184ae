"""Accuracy, races, one training step, pass rates, diversity and chains, with a written target."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import pytest
from pydantic import ValidationError

from errata.records import Generation, TargetPrompt
from errata.testing import Memory
from scripted.selecting import Teachable, candidate, dev, kept, selector


def by_question(shown: str, question: str) -> float:
    """A demonstration called 0.7 makes seven of ten answers right."""
    return float(shown) if shown[:1].isdigit() else 0.5


GRADED = [candidate(f"c{n}", f"{n / 10}") for n in range(10)]


def test_accuracy_is_the_mean_of_right_answers_in_both_halves() -> None:
    target = Teachable(lambda shown, question: float(shown == "s" or question == "good 1"))
    two = [candidate("a", "s"), candidate("b", "z")]
    found = selector("one-shot", target, {"score": "accuracy", "keep": 0.5}).select(
        two, dev(4, 2), Memory()
    )
    assert [s.score for s in found] == [1.0, pytest.approx((0 + 0.5) / 2)]
    assert kept(found) == {"a"}
    assert found[0].why == "accuracy over 4 bad and 2 good dev cases"
    assert found[0].uncertainty is not None
    assert found[0].sureness is not None


def test_accuracy_fills_the_batches_of_the_target_and_asks_nothing_without_an_example() -> None:
    target = Teachable(by_question)
    target.batch_size = 40
    selector("one-shot", target, {"score": "accuracy"}).select(GRADED, dev(20, 20), Memory())
    assert target.calls == [40] * 5  # ten candidates of twenty cases


@pytest.mark.parametrize("race", ["halving", "sequential"])
def test_a_race_finds_nearly_the_same_with_fewer_answers(race: str) -> None:
    many = [candidate(f"c{n:02}", f"{n / 40}") for n in range(40)]
    cases, settings = dev(100, 100), {"score": "accuracy", "dev_cases": 160, "examples": 8}
    whole, raced = Teachable(by_question), Teachable(by_question)
    all_of = selector("one-shot", whole, settings).select(many, cases, Memory())
    some = selector("one-shot", raced, {**settings, "race": race}).select(many, cases, Memory())
    assert len(kept(some)) == 8
    assert len(kept(all_of) & kept(some)) >= 6
    assert sum(raced.calls) < 0.6 * sum(whole.calls)
    dropped = [s for s in some if "could not reach" in s.why]
    assert dropped
    assert not any(s.kept for s in dropped)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("one-shot", {"score": "accuracy", "race": "sequential", "examples": 3}),
        ("one-shot-gradient", {"dev_cases": 8, "examples": 3}),
        ("pass-rate", {"samples": 4}),
        ("one-shot", {"score": "accuracy", "race": "halving", "style": "best", "examples": 4}),
    ],
)
def test_an_interrupted_selector_ends_with_the_same_memo_and_selections(
    name: str, settings: dict[str, Any]
) -> None:
    some = [candidate(f"c{n}", f"{n / 10}", "t", "small" if n % 2 else "") for n in range(10)]
    memo, cases = Memory(), dev(10, 10)
    undisturbed = selector(name, Teachable(by_question), settings).select(some, cases, memo)

    class Dies(Memory):
        def put(self, key: str, value: Any) -> None:
            if len(self) == 5:
                raise KeyboardInterrupt
            super().put(key, value)

    half = Dies()
    with pytest.raises(KeyboardInterrupt):
        selector(name, Teachable(by_question), settings).select(some, cases, half)
    rest = Memory(half)
    target = Teachable(by_question)
    assert selector(name, target, settings).select(some, cases, rest) == undisturbed
    assert list(rest.items()) == list(memo.items())
    finished = Teachable(by_question)
    assert selector(name, finished, settings).select(some, cases, memo) == undisturbed
    assert finished.calls == []


def test_one_training_step_ranks_by_the_fall_of_the_loss() -> None:
    settings = {"dev_cases": 4, "examples": 2, "step": 0.5}
    target = Teachable(by_question)
    found = selector("one-shot-gradient", target, settings).select(GRADED, dev(5, 5), Memory())
    assert kept(found) == {"c9", "c8"}
    assert found[9].score == pytest.approx(0.45)
    assert target.calls == [8, 2]
    with pytest.raises(ValueError, match="influence"):
        selector("one-shot-gradient", object(), settings).select(GRADED, dev(5, 5), Memory())


def test_pass_rates_keep_a_band_the_nearest_to_half_first() -> None:
    target = Teachable(lambda shown, question: float(question))
    settings = {"samples": 40, "least": 0.3, "most": 0.8}
    found = selector("pass-rate", target, settings).select(GRADED, dev(1, 1), Memory())
    rates = {s.candidate_id: s.score or 0.0 for s in found}
    assert kept(found) == {name for name, rate in rates.items() if 0.3 <= rate <= 0.8}
    assert kept(found) >= {"c4", "c5", "c6"}
    assert "too hard" in found[0].why
    assert "too easy" in found[9].why
    few = selector("pass-rate", target, {**settings, "examples": 1}).select(
        GRADED, dev(1, 1), Memory()
    )
    (one,) = kept(few)
    assert abs(rates[one] - 0.5) == min(abs(rate - 0.5) for rate in rates.values())
    with pytest.raises(ValidationError, match="above most"):
        selector("pass-rate", target, {"least": 0.9, "most": 0.1})


VECTORS = {"a": (1.0, 0.0), "a2": (0.995, 0.0999), "b": (0.0, 1.0), "odd": (-1.0, 0.0)}


def test_diversity_takes_one_of_each_cluster_before_a_second() -> None:
    pytest.importorskip("numpy")
    some = [candidate(name, name) for name in VECTORS]
    found = selector("diversity", None, {"examples": 3}, VECTORS).select(some, dev(1, 1), Memory())
    assert len(kept(found) & {"a", "a2"}) == 1
    assert kept(found) >= {"b", "odd"}
    assert sorted(s.rank for s in found) == [1, 2, 3, 4]
    scores = [s.score for s in found if s.score is not None]
    assert sum(scores) == pytest.approx((1 + 0.995 + 1 + 1) / 4, abs=0.01)


def test_a_chain_passes_on_what_each_step_kept() -> None:
    target = Teachable(by_question)
    steps = [
        {"use": "one-shot-gradient", "dev_cases": 4, "examples": 6},
        {"use": "random", "examples": 4},
        {"use": "one-shot", "score": "accuracy", "examples": 2},
    ]
    memo = Memory()
    found = selector("chain", target, {"steps": steps}).select(GRADED, dev(8, 8), memo)
    assert len(kept(found)) == 2
    assert kept(found) < {f"c{n}" for n in range(4, 10)}
    by_name = {s.candidate_id: s for s in found}
    assert by_name["c0"].why.startswith("step 1 of 3 (one-shot-gradient): predicted fall")
    assert sum("step 2 of 3 (random)" in s.why for s in found) == 2
    assert sorted(s.rank for s in found) == list(range(1, 11))
    assert {s.rank for s in found if s.kept} == {1, 2}
    assert {key.partition("/")[0] for key in memo} == {"step-0", "step-2"}


def test_a_chain_in_a_chain_is_refused() -> None:
    with pytest.raises(ValidationError, match="in one list"):
        selector("chain", None, {"steps": [{"use": "chain", "steps": ["all"]}]})


def test_the_target_is_told_apart_by_what_the_settings_ask_of_it() -> None:
    from scripted.selecting import PARTS

    def needs(name: str, **settings: Any) -> set[str]:
        part = PARTS[name]
        return set(part.capabilities(part.settings.model_validate(settings)))

    assert needs("one-shot") == set()
    assert needs("one-shot", score="likelihood") == {"score"}
    assert needs("one-shot", style="best") == {"probe"}
    assert needs("one-shot-gradient", style={"choose": "best", "judge": "answer"}) == {
        "influence",
        "score",
    }
    assert needs("style", judge="accuracy") == set()


class Counting(Teachable):
    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        assert len(prompts) <= self.batch_size
        return super().generate(prompts)


def test_more_cases_than_a_batch_are_asked_in_batches() -> None:
    target = Counting(by_question)
    found = selector("one-shot", target, {"score": "accuracy", "dev_cases": 30}).select(
        GRADED[:2], dev(15, 15), Memory()
    )
    assert fmean(target.calls) == pytest.approx(7.5)
    assert all(s.score is not None for s in found)
