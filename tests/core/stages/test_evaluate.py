"""Stage *evaluate*: batches do not depend on what is done already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.domain import Domain
from errata.errors import ExtensionError
from errata.hooks import hookimpl
from errata.plugins import Active
from errata.records import Attempt, Generation, Message, Problem, TargetPrompt, Verdict
from errata.stages import evaluate


class Echo:
    """A domain whose prompt is the question."""

    checked: list[int]

    def __init__(self) -> None:
        self.checked = []

    @hookimpl
    def errata_target_prompt(self, problem):
        return TargetPrompt(messages=(Message(role="user", content=problem.question),))

    @hookimpl
    def errata_check(self, problems, responses):
        self.checked.append(len(problems))
        return [
            Verdict(problem_id=p.id, outcome="right" if p.answer in r else "wrong")
            for p, r in zip(problems, responses, strict=True)
        ]


class BatchTarget:
    """Answers with its whole batch: a wrong batch shows in every answer."""

    name = "batch"

    def __init__(self, batch_size: int, lose: int = 0) -> None:
        self.batch_size, self.lose, self.calls = batch_size, lose, 0

    def use(self, checkpoint: Path | None) -> None:
        pass

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        self.calls += 1
        text = "|".join(prompt.messages[0].content for prompt in prompts)
        return [Generation(text=text, finish="stop") for _ in prompts[self.lose :]]


def _problems(lengths: Sequence[int]) -> list[Problem]:
    return [
        Problem(id=f"p{place}", question="q" * (length + 1) + str(place), answer=str(place))
        for place, length in enumerate(lengths)
    ]


def _domain() -> Domain:
    return Domain("echo", Active({"echo": Echo()}))


def _attempts(problems: list[Problem], size: int, done: frozenset[str]) -> list[list[Attempt]]:
    return list(evaluate.attempt(problems, "base", BatchTarget(size), _domain(), done))


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 7), st.data())
@settings(max_examples=60, deadline=None)
def test_attempts_are_the_same_whatever_is_done(lengths, size, data):
    problems = _problems(lengths)
    everything = [a for batch in _attempts(problems, size, frozenset()) for a in batch]
    assert sorted(a.problem_id for a in everything) == sorted(p.id for p in problems)
    done = data.draw(st.frozensets(st.sampled_from([p.id for p in problems] or ["-"])))
    rest = [a for batch in _attempts(problems, size, done) for a in batch]
    assert rest == [a for a in everything if a.problem_id not in done]


def test_finished_batches_are_not_generated_again():
    problems = _problems([1] * 10)
    target = BatchTarget(4)
    order = [a.problem_id for batch in _attempts(problems, 4, frozenset()) for a in batch]
    list(evaluate.attempt(problems, "base", target, _domain(), frozenset(order[:5])))
    assert target.calls == 2


def test_batches_are_of_similar_length(monkeypatch):
    monkeypatch.setattr(evaluate, "_WINDOW", 8)
    lengths = [9, 1, 8, 2, 7, 3, 6, 4, 0, 9]
    batches = _attempts(_problems(lengths), 2, frozenset())
    sizes = [[lengths[int(a.problem_id[1:])] for a in batch] for batch in batches]
    assert sizes == [[1, 2], [3, 4], [6, 7], [8, 9], [0, 9]]  # each window sorted on its own


def test_a_target_that_loses_an_answer_is_named():
    with pytest.raises(ExtensionError, match="target batch failed while generating"):
        list(evaluate.attempt(_problems([1, 2]), "base", BatchTarget(2, lose=1), _domain(), ()))


def test_verdicts_come_in_order_with_their_attempts():
    problems = {p.id: p for p in _problems([1] * 600)}
    attempts = [a for batch in _attempts(list(problems.values()), 8, frozenset()) for a in batch]
    echo = Echo()
    domain = Domain("echo", Active({"echo": echo}))
    found = [
        verdict
        for batch in evaluate.check(attempts, problems.__getitem__, domain)
        for verdict in batch
    ]
    assert [v.attempt_id for v in found] == [a.id for a in attempts]
    assert {v.outcome for v in found} == {"right"}
    assert max(echo.checked) <= 256
    assert len(echo.checked) == 3


def test_a_domain_that_mixes_verdicts_up_is_named():
    class Mixing(Echo):
        @hookimpl
        def errata_check(self, problems, responses):
            return [Verdict(problem_id=p.id, outcome="right") for p in reversed(problems)]

    domain = Domain("mixing", Active({"mixing": Mixing()}))
    with pytest.raises(ExtensionError, match="domain mixing: errata_check was given 2 problems"):
        domain.check(_problems([1, 2]), ["", ""])


def test_progress_counts_what_was_there():
    told: list[tuple[int, int]] = []
    list(evaluate.counting([[1, 2], [3]], 4, 7, lambda done, total: told.append((done, total))))
    assert told == [(4, 7), (6, 7), (7, 7)]
