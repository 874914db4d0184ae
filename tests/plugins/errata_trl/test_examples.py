"""Labels and order of training examples."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from errata.records import Message, Span, TrainingExample
from errata_trl.examples import IGNORED, tokenize, training_order


@pytest.fixture(scope="module")
def byte_tokenizer(trl_base: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(trl_base)


def example(
    completion: str, *spans: tuple[int, int], rejected: str | None = None
) -> TrainingExample:
    return TrainingExample(
        id="e",
        messages=(Message(role="user", content="Q"),),
        completion=completion,
        spans=tuple(Span(start=start, end=end) for start, end in spans),
        rejected=rejected,
    )


def labelled(tokenizer: Any, completion: str, *spans: tuple[int, int]) -> str:
    found = tokenize(tokenizer, example(completion, *spans))
    assert all(
        label in (IGNORED, token) for label, token in zip(found.labels, found.ids, strict=True)
    )
    assert found.labels[-1] == tokenizer.eos_token_id
    text: str = tokenizer.decode([label for label in found.labels[:-1] if label != IGNORED])
    return text


def test_prompt_completion_and_end(byte_tokenizer: Any) -> None:
    found = tokenize(byte_tokenizer, example("1 + 1 = 2", (0, 9)))
    assert byte_tokenizer.decode(found.ids) == "[user]Q|[assistant]1 + 1 = 2<end>"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 17)], "wrong; right = é!"),
        ([(7, 17)], "right = é!"),
        ([(0, 5), (15, 16)], "wrongé"),
        ([(6, 7)], " "),
    ],
)
def test_only_the_spans_carry_loss(
    byte_tokenizer: Any, spans: list[tuple[int, int]], expected: str
) -> None:
    assert labelled(byte_tokenizer, "wrong; right = é!", *spans) == expected


@pytest.mark.parametrize("spans", [[], [(3, 3)]])
def test_an_example_without_loss_is_refused(
    byte_tokenizer: Any, spans: list[tuple[int, int]]
) -> None:
    with pytest.raises(ValueError, match="no span"):
        tokenize(byte_tokenizer, example("text", *spans))


def test_a_preference_is_refused(byte_tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="preference"):
        tokenize(byte_tokenizer, example("text", (0, 4), rejected="worse"))


@pytest.mark.parametrize("number", [1, 7, 64, 301])
def test_every_example_comes_once_an_epoch_with_its_like(number: int) -> None:
    lengths = [Random(number + place).randint(10, 200) for place in range(number)]
    order = training_order(lengths, 2, 8, Random(1))
    assert Counter(order) == dict.fromkeys(range(number), 2)
    assert order == training_order(lengths, 2, 8, Random(1))

    def padded(indices: list[int]) -> int:
        batches = [indices[at : at + 8] for at in range(0, len(indices), 8)]
        return sum(max(lengths[index] for index in batch) * len(batch) for batch in batches)

    if number > 64:
        assert padded(order) < 0.75 * padded(training_order(lengths, 2, 8, None))
        assert order != sorted(order, key=lambda index: lengths[index])


def test_without_shuffling_the_order_is_the_given_one() -> None:
    assert training_order([3, 1, 2], 2, 2, None) == [0, 1, 2, 0, 1, 2]
