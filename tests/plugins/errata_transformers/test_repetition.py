"""When a tail counts as a loop, against a plain definition."""

from __future__ import annotations

from random import Random

import pytest

from errata_transformers.decoding import LONGEST_PERIOD, REPEATS, SHORTEST_TAIL, Repetition


def repeats(tokens: list[int]) -> bool:
    """The definition: the tail is REPEATS or more copies of something, and long enough."""
    for period in range(1, LONGEST_PERIOD + 1):
        length = max(period * REPEATS, SHORTEST_TAIL)
        tail = tokens[-length:]
        if len(tail) == length and tail[period:] == tail[:-period]:
            return True
    return False


def first_loop(tokens: list[int]) -> int | None:
    import torch

    repetition = Repetition(1, "cpu")
    for place, token in enumerate(tokens):
        if repetition.step(torch.tensor([[token]])) == [True]:
            return place
    return None


@pytest.mark.parametrize("seed", range(40))
def test_found_at_the_very_token_the_definition_says(seed: int) -> None:
    random = Random(seed)
    start = [random.randrange(50) for _ in range(random.randrange(40))]
    period = [random.randrange(50) for _ in range(random.randint(1, 70))]
    tokens = (start + period * 40)[:400]
    expected = next((place for place in range(400) if repeats(tokens[: place + 1])), None)
    assert first_loop(tokens) == expected
    assert (expected is None) == (len(period) > LONGEST_PERIOD)


def test_zeros_of_a_number_are_no_loop() -> None:
    assert first_loop([1] + [0] * 20 + [2, 3]) is None


def test_rows_are_independent_and_can_leave() -> None:
    import torch

    repetition = Repetition(3, "cpu")
    for token in range(SHORTEST_TAIL - 1):
        assert repetition.step(torch.tensor([[token], [7], [8]])) == [False] * 3
    repetition.keep(torch.tensor([0, 2]))
    assert repetition.step(torch.tensor([[99], [8]])) == [False, True]
