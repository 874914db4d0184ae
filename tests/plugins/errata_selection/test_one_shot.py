"""One-shot selection against a target whose likelihoods follow a rule that is written down."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from pydantic import ValidationError

from errata.domain import Domain
from errata.parts import DevCases, Selector, Services
from errata.records import (
    QA,
    Candidate,
    Correction,
    Lineage,
    LogLikelihood,
    Message,
    Problem,
    TargetPrompt,
)
from errata.testing import Memory
from errata_selection.measuring import demonstration
from errata_selection.plugin import SelectionPlugin, make_one_shot
from errata_selection.settings import OneShotSettings


class WordScorer:
    """Log-likelihood of a reference: −1 a word, plus a bonus a word for each word of the question
    that the demonstration's question has too."""

    name = "word-scorer"
    batch_size = 4

    def __init__(self) -> None:
        self.calls: list[tuple[int, str]] = []

    def score(
        self, prompts: Sequence[TargetPrompt], continuations: Sequence[str]
    ) -> list[LogLikelihood]:
        self.calls.append((len(prompts), prompts[0].messages[0].content))
        found = []
        for prompt, text in zip(prompts, continuations, strict=True):
            *shown, question = [message.content for message in prompt.messages]
            shared = set(" ".join(shown).split()) & set(question.split())
            words = len(text.split())
            found.append(LogLikelihood(logprob=words * (len(shared) * 0.5 - 1), tokens=words))
        return found


class PlainDomain:
    """The one method of the domain that selection uses."""

    def target_prompt(
        self, problem: Problem, demonstration: Problem | None = None, guidance: str | None = None
    ) -> TargetPrompt:
        shown = [] if demonstration is None else [demonstration]
        return TargetPrompt(
            messages=tuple(
                Message(role="user", content=each.question) for each in [*shown, problem]
            )
        )


def selector(
    target: object, progress: list[tuple[int, int]] | None = None, **settings: Any
) -> Selector:
    reports: list[tuple[int, int]] = [] if progress is None else progress
    services = Services(
        domain=cast(Domain, PlainDomain()),
        random=Random,
        problems=lambda name: [],
        sets=(),
        target=lambda: target,
        embedder=lambda: pytest.fail("selection must not embed"),
        cache=Path(),
        progress=lambda done, total: reports.append((done, total)),
    )
    chosen = OneShotSettings(**{"score": "likelihood", **settings})
    return cast(Selector, make_one_shot(chosen, services))


def problem(name: str, question: str) -> Problem:
    return Problem(id=name, question=question, answer="7", solution="one two three")


def candidate(name: str, question: str, error_type: str | None = "t") -> Candidate:
    body = QA(problem=problem("p-" + name, question))
    return Candidate(
        id=name, wave=0, body=body, lineage=Lineage(strategy="test", error_type=error_type)
    )


def dev(**bad: str) -> DevCases:
    """Bad cases by type, one word each; two good cases of the words x and y."""
    problems = {
        kind: [problem(f"{kind}-{word}", word) for word in words.split()]
        for kind, words in bad.items()
    }
    return DevCases(
        bad=problems,
        all_bad=[each for kind in sorted(problems) for each in problems[kind]],
        good=[problem("good-x", "x"), problem("good-y", "y")],
    )


def test_score_is_the_mean_of_the_two_halves_with_its_standard_error() -> None:
    (found,) = selector(WordScorer()).select([candidate("a", "u v x")], dev(t="u v w"), Memory())
    # Bad gains 0.5, 0.5, 0; good gains 0.5, 0: means 1/3 and 1/4.
    assert found.score == pytest.approx((1 / 3 + 1 / 4) / 2)
    bad, good = (1 / 12) / 3, (1 / 8) / 2
    assert found.uncertainty == pytest.approx(sqrt(bad + good) / 2)
    assert found.kept
    assert found.rank == 1


def test_ranks_by_score_with_ties_by_id_and_keeps_the_fraction_rounded_up() -> None:
    candidates = [
        candidate("c", "q"),
        candidate("b", "u"),
        candidate("d", "u v"),
        candidate("a", "u"),
    ]
    found = selector(WordScorer(), keep=0.6).select(candidates, dev(t="u v"), Memory())
    assert [(each.candidate_id, each.rank, each.kept) for each in found] == [
        ("c", 4, False),
        ("b", 3, True),
        ("d", 1, True),
        ("a", 2, True),
    ]


def test_per_type_keeps_a_fraction_of_each_type() -> None:
    candidates = [candidate("a", "u v", "s"), candidate("b", "u v", "s"), candidate("c", "q", "t")]
    cases = dev(s="u v", t="w")
    overall = selector(WordScorer(), keep=0.5).select(candidates, cases, Memory())
    assert [each.kept for each in overall] == [True, True, False]
    each_type = selector(WordScorer(), keep=0.5, per_type=True).select(candidates, cases, Memory())
    assert [each.kept for each in each_type] == [True, False, True]


def test_a_type_without_bad_dev_cases_falls_back_to_all_of_them() -> None:
    (found,) = selector(WordScorer()).select([candidate("a", "u", "new")], dev(t="u v"), Memory())
    assert found.score == pytest.approx((0.25 + 0) / 2)


def test_max_pairs_first_lessens_the_cases_then_the_candidates() -> None:
    cases = dev(t="a b c d e f g h")
    candidates = [candidate(f"c{number}", "a") for number in range(6)]
    target = WordScorer()
    found = selector(target, dev_cases=16, max_pairs=24).select(candidates, cases, Memory())
    with_demonstration = [size for size, content in target.calls if content == "a"]
    assert sum(with_demonstration) <= 24 + 1  # the case "a" alone may head its own batch
    assert all(each.score is not None for each in found)

    target = WordScorer()
    found = selector(target, dev_cases=16, min_cases=4, max_pairs=9).select(
        candidates, cases, Memory()
    )
    scored = [each for each in found if each.score is not None]
    assert len(scored) == 2  # 4 cases each, and 9 pairs pay for two candidates
    left = [each for each in found if each.score is None]
    assert all(not each.kept and each.why == "not scored: max_pairs" for each in left)
    assert min(each.rank for each in left) > max(each.rank for each in scored)


def test_an_interrupted_stage_goes_on_from_its_memo() -> None:
    candidates = [candidate(name, "u " + name) for name in "vwxyz"]
    cases = dev(t="u v w")
    memo = Memory()
    undisturbed = selector(WordScorer()).select(candidates, cases, memo)

    class Dies(WordScorer):
        def score(
            self, prompts: Sequence[TargetPrompt], continuations: Sequence[str]
        ) -> list[LogLikelihood]:
            if len(self.calls) == 3:
                raise KeyboardInterrupt
            return super().score(prompts, continuations)

    half = Memory()
    with pytest.raises(KeyboardInterrupt):
        selector(Dies()).select(candidates, cases, half)
    target = WordScorer()
    assert selector(target).select(candidates, cases, half) == undisturbed
    assert len(target.calls) == len(candidates) - 2  # baselines and two candidates were there
    assert half == memo

    finished = WordScorer()
    assert selector(finished).select(candidates, cases, memo) == undisturbed
    assert finished.calls == []


def test_progress_is_told_every_64_pairs_however_large_the_batches_are() -> None:
    target = WordScorer()
    target.batch_size = 1024
    reports: list[tuple[int, int]] = []
    candidates = [candidate(f"c{number:03d}", "u") for number in range(100)]
    selector(target, reports).select(candidates, dev(t="u v"), Memory())
    assert reports[-1] == (404, 404)  # four cases alone, then with each candidate
    assert max(size for size, _ in target.calls) == 64


def test_candidates_are_scored_together_and_come_to_what_each_comes_to_alone() -> None:
    candidates = [candidate(name, "u " + name) for name in "vwxyz"]
    cases = dev(t="u v w")
    alone, together = WordScorer(), WordScorer()
    alone.batch_size, together.batch_size = 1, 16
    expected = selector(alone).select(candidates, cases, Memory())
    assert selector(together).select(candidates, cases, Memory()) == expected
    # Five cases without an example; then three candidates with their five cases, then two.
    assert [size for size, _ in together.calls] == [5, 15, 10]
    assert [size for size, _ in alone.calls] == [5, 5, 5, 5, 5, 5]


def test_progress_counts_every_pair_up_to_the_total() -> None:
    reports: list[tuple[int, int]] = []
    selector(WordScorer(), reports).select([candidate("a", "u")], dev(t="u v"), Memory())
    assert reports[-1] == (8, 8)  # four cases alone, four with the candidate
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)


def test_the_answer_alone_can_be_the_continuation() -> None:
    texts: set[str] = set()

    class Remembers(WordScorer):
        def score(
            self, prompts: Sequence[TargetPrompt], continuations: Sequence[str]
        ) -> list[LogLikelihood]:
            texts.update(continuations)
            return super().score(prompts, continuations)

    one = [candidate("a", "u")]
    selector(Remembers(), continuation="answer").select(one, dev(t="u"), Memory())
    assert texts == {"7"}
    texts.clear()
    selector(Remembers()).select(one, dev(t="u"), Memory())
    assert texts == {"one two three"}


def test_no_dev_cases_is_an_error_that_says_what_was_found() -> None:
    nothing = DevCases(bad={}, all_bad=[], good=[])
    with pytest.raises(ValueError, match="0 bad and 0 good dev cases"):
        selector(WordScorer()).select([candidate("a", "u")], nothing, Memory())


def test_a_target_that_cannot_score_is_refused() -> None:
    with pytest.raises(ValueError, match="can score"):
        selector(object()).select([candidate("a", "u")], dev(t="u"), Memory())


def test_a_correction_is_shown_with_its_corrected_solution() -> None:
    body = Correction(
        problem=Problem(id="p", question="q", answer="7"),
        wrong_steps=("1",),
        wrong_step=1,
        explanation="e",
        corrected="right",
    )
    shown = demonstration(Candidate(id="c", wave=0, body=body, lineage=Lineage(strategy="test")))
    assert shown.solution == "right"


def test_no_candidates_give_no_selections() -> None:
    assert selector(WordScorer()).select([], dev(t="u"), Memory()) == []


def test_settings_refuse_a_fraction_above_one() -> None:
    with pytest.raises(ValidationError):
        OneShotSettings(keep=1.5)


def test_the_plain_selectors() -> None:
    parts = {part.name: part for part in SelectionPlugin().errata_parts()}
    services = cast(Services, type("Streams", (), {"random": staticmethod(lambda name: Random(4))}))
    candidates = [candidate(name, "q") for name in "dcba"]
    everything = cast(Selector, parts["all"].make(parts["all"].settings(), services))
    assert all(each.kept for each in everything.select(candidates, dev(), Memory()))

    settings = parts["random"].settings.model_validate({"keep": 0.3})
    some = cast(Selector, parts["random"].make(settings, services))
    found = some.select(candidates, dev(), Memory())
    assert sorted(each.rank for each in found) == [1, 2, 3, 4]
    assert {each.candidate_id for each in found if each.kept} == {
        each.candidate_id for each in found if each.rank <= 2
    }
    again = some.select(candidates[::-1], dev(), Memory())
    assert sorted(again, key=lambda each: each.rank) == sorted(found, key=lambda each: each.rank)


def test_probability_is_that_of_the_whole_reference_and_asks_nothing_without_an_example() -> None:
    target = WordScorer()
    (found,) = selector(target, score="probability").select(
        [candidate("a", "u v x")], dev(t="u v w"), Memory()
    )
    # Three words at −1 each, half a nat less for each word that is shared.
    bad, good = (2 * exp(-1.5) + exp(-3)) / 3, (exp(-1.5) + exp(-3)) / 2
    assert found.score == pytest.approx((bad + good) / 2)
    assert found.why == "probability of the reference over 3 bad and 2 good dev cases"
    assert sum(size for size, _ in target.calls) == 5


def test_scouts_find_the_cases_that_tell_candidates_apart() -> None:
    # Only the case w is answered otherwise with one candidate than with another.
    words = "a b c d e f g h i j w"
    candidates = [candidate(f"c{n}", "w" if n % 2 else "q") for n in range(12)]
    settings = {"dev_cases": 2, "min_cases": 2, "examples": 6, "score": "probability"}
    scouted = selector(WordScorer(), scouts=6, scouted_cases=22, **settings)
    found = scouted.select(candidates, dev(t=words), Memory())
    assert {each.candidate_id for each in found if each.kept} == {f"c{n}" for n in range(1, 12, 2)}
    as_they_come = selector(WordScorer(), **settings).select(candidates, dev(t="a b"), Memory())
    assert len({each.score for each in as_they_come}) == 1


def test_scouts_see_their_cases_once_and_a_resumed_run_asks_nothing_again() -> None:
    target, memo = WordScorer(), Memory()
    reports: list[tuple[int, int]] = []
    candidates = [candidate(f"c{n}", "u " + "vwxyz"[n % 5]) for n in range(10)]
    settings = {"dev_cases": 4, "scouts": 2, "scouted_cases": 10, "score": "probability"}
    cases = dev(t="u v w x y")
    found = selector(target, reports, **settings).select(candidates, cases, memo)
    # Two scouts with five bad and two good cases, eight others with two of each.
    assert sum(size for size, _ in target.calls) == 2 * 7 + 8 * 4
    assert all("over 2 bad and 2 good" in each.why for each in found)
    assert reports[-1][0] == reports[-1][1]
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)

    again = WordScorer()
    assert selector(again, **settings).select(candidates, cases, memo) == found
    assert again.calls == []


def test_scouts_are_paid_from_max_pairs() -> None:
    candidates = [candidate(f"c{n}", "u") for n in range(10)]
    settings = {"dev_cases": 4, "min_cases": 2, "scouts": 2, "scouted_cases": 10}
    cases = dev(t="u v w x y")
    target = WordScorer()
    found = selector(target, max_pairs=14 + 20, **settings).select(candidates, cases, Memory())
    assert sum(size for size, _ in target.calls) <= 7 + 14 + 20  # the cases alone, scouts, pairs
    assert all("over 1 bad and 1 good" in each.why for each in found)
    with pytest.raises(ValueError, match="max_pairs is 15, and 2 scouts see 14 pairs"):
        selector(WordScorer(), max_pairs=15, **settings).select(candidates, cases, Memory())


def test_scouts_that_cannot_tell_are_refused() -> None:
    with pytest.raises(ValidationError, match="one scout tells no case from another"):
        OneShotSettings(scouts=1)
    with pytest.raises(ValidationError, match="scouted_cases 10 are fewer than dev_cases 20"):
        OneShotSettings(scouts=4, scouted_cases=10)
