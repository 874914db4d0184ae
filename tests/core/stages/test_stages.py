"""Triage, bounded concurrency, diagnosis, grouping."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.errors import ExtensionError, StorageFull
from errata.records import (
    Attempt,
    BadCase,
    Diagnosis,
    Problem,
    Verdict,
)
from errata.stages.diagnose import diagnose
from errata.stages.ordered import ordered
from errata.stages.triage import categorize, triage


def _attempt(finish: str = "stop", name: str = "p") -> Attempt:
    return Attempt(
        id=f"base:{name}",
        problem_id=name,
        checkpoint="base",
        text="t",
        finish=finish,  # type: ignore[arg-type]  # a test's string
    )


def _verdict(outcome: str, extracted: str | None = "1", explicit: bool = True) -> Verdict:
    return Verdict(
        problem_id="p",
        outcome=outcome,
        extracted=extracted,
        explicit=explicit,
        reason="because",  # type: ignore[arg-type]  # a test's string
    )


@pytest.mark.parametrize(
    ("outcome", "extracted", "explicit", "finish", "category"),
    [
        ("right", "1", True, "stop", "right"),
        ("right", "1", False, "length", "right"),
        ("undecided", None, True, "length", "truncated"),
        ("undecided", "1", False, "repetition", "truncated"),
        ("undecided", "1", True, "length", "undecided"),
        ("undecided", "1", False, "stop", "undecided"),
        ("undecided", "1", True, "stop", "undecided"),
        ("wrong", "2", True, "stop", "model-error"),
        ("wrong", "2", True, "length", "model-error"),  # it stated an answer before it ran on
        ("wrong", "2", True, "repetition", "model-error"),
        ("wrong", "2", False, "stop", "format-slip"),
        ("wrong", None, True, "stop", "format-slip"),
        ("wrong", None, False, "stop", "format-slip"),
        ("wrong", "2", False, "length", "truncated"),
        ("wrong", None, True, "repetition", "truncated"),
        ("wrong", None, False, "length", "truncated"),
    ],
)
def test_triage_table(outcome, extracted, explicit, finish, category):
    found, reason = categorize(_attempt(finish), _verdict(outcome, extracted, explicit))
    assert found == category
    assert bool(reason) == (category in ("undecided", "truncated", "format-slip"))


def test_every_combination_has_one_category():
    combinations = itertools.product(
        ("right", "wrong", "undecided"),
        (None, "1"),
        (True, False),
        ("stop", "length", "repetition"),
    )
    found = [
        categorize(_attempt(finish), _verdict(outcome, extracted, explicit))[0]
        for outcome, extracted, explicit, finish in combinations
    ]
    assert len(found) == 36
    assert found.count("model-error") == 3


def test_triage_keeps_order():
    attempts = [_attempt(name=str(n)) for n in range(3)]
    found = list(triage(attempts, [_verdict("right"), _verdict("wrong"), _verdict("undecided")]))
    assert [t.attempt_id for t in found] == ["base:0", "base:1", "base:2"]
    assert [t.category for t in found] == ["right", "model-error", "undecided"]


# --- ordered ----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 8))
def test_results_keep_the_inputs_order_and_the_bound(delays, bound):
    running = most = 0

    async def work(item: tuple[int, int]) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(item[1]):
            await asyncio.sleep(0)
        running -= 1
        return item[0]

    async def collect() -> list[int]:
        return [found async for found in ordered(enumerate(delays), work, bound)]

    assert asyncio.run(collect()) == list(range(len(delays)))
    assert most <= bound
    assert most >= min(1, len(delays))


def test_as_many_run_at_once_as_may():
    gate = asyncio.Event

    async def collect() -> list[int]:
        all_in, inside = gate(), 0

        async def work(item: int) -> int:
            nonlocal inside
            inside += 1
            if inside == 5:
                all_in.set()
            await asyncio.wait_for(all_in.wait(), 5)
            return item

        return [found async for found in ordered(range(5), work, 5)]

    assert asyncio.run(collect()) == [0, 1, 2, 3, 4]


def test_input_is_taken_as_it_is_needed():
    taken: list[int] = []

    def items():
        for n in range(1000):
            taken.append(n)
            yield n

    async def work(item: int) -> int:
        return item

    async def first() -> int:
        async for found in ordered(items(), work, 4):
            return found
        return -1

    assert asyncio.run(first()) == 0
    assert len(taken) == 4


def test_the_first_failure_cancels_the_rest():
    cancelled: list[int] = []

    async def work(item: int) -> int:
        if item == 1:
            raise ValueError("one")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(item)
            raise
        return item

    async def collect() -> None:
        async for _ in ordered([1, 2, 3], work, 8):
            pytest.fail("nothing was finished before the failure")

    with pytest.raises(ValueError, match="one"):
        asyncio.run(collect())
    assert cancelled == [2, 3]


# --- diagnose ---------------------------------------------------------------------------------------


def _case(name: str) -> BadCase:
    problem = Problem(id=name, question="q", answer="a")
    return BadCase(problem=problem, attempt=_attempt(name=name), verdict=_verdict("wrong"))


class Diagnosing:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error

    async def diagnose(self, case: BadCase) -> Diagnosis:
        if self.error and case.problem.id == "2":
            raise self.error
        for _ in range(5 - int(case.problem.id)):  # later ones finish first
            await asyncio.sleep(0)
        return Diagnosis(problem_id=case.problem.id, keyphrase="k")


def _diagnoses(diagnoser: Diagnosing) -> list[Diagnosis]:
    async def collect() -> list[Diagnosis]:
        return [found async for found in diagnose(map(_case, "01234"), diagnoser, "mine")]

    return asyncio.run(collect())


def test_diagnoses_come_in_order_and_are_signed():
    found = _diagnoses(Diagnosing())
    assert [d.attempt_id for d in found] == [f"base:{n}" for n in range(5)]
    assert {d.by for d in found} == {"mine"}


def test_a_raising_diagnoser_is_named():
    with pytest.raises(
        ExtensionError, match="diagnoser mine failed while diagnosing base:2: KeyError"
    ):
        _diagnoses(Diagnosing(KeyError("x")))
    with pytest.raises(StorageFull, match="diagnoser mine, diagnosing base:2"):
        _diagnoses(Diagnosing(OSError(28, "No space left on device")))
