"""Training a tiny model for a few steps, with the real libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from errata.records import Message, Span, TrainingExample
from errata_trl.plugin import TrlPlugin

Make = Callable[..., Any]


def examples(number: int) -> list[TrainingExample]:
    return [
        TrainingExample(
            id=str(place),
            messages=(Message(role="user", content="Count: " + "abc" * (place % 4)),),
            completion="one two three",
            spans=(Span(start=4, end=13),),
        )
        for place in range(number)
    ]


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_the_same_seed_gives_the_same_bytes_and_loss_falls(
    make_trainer: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    steps: list[tuple[int, int]] = []
    outcomes = []
    for name in ("first", "second"):
        trainer = make_trainer(lambda done, total: steps.append((done, total)), epochs=3)
        outcomes.append(trainer.train(examples(5), None, folder(tmp_path / name)))
    first, second = (
        (tmp_path / name / "adapter_model.safetensors").read_bytes() for name in ("first", "second")
    )
    assert first == second
    assert steps == [(step, 8) for step in range(1, 9)] * 2
    figures = outcomes[0]
    assert figures["steps"] == 8
    assert figures["examples"] == 5
    assert figures["loss_tokens"] == 5 * 10
    assert figures["loss_last"] < figures["loss_first"]
    assert capfd.readouterr().out == ""
    assert (tmp_path / "first" / "tokenizer_config.json").is_file()


def test_the_loss_is_the_mean_over_the_labelled_tokens(
    make_trainer: Make, trl_base: Path, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    figures = make_trainer(shuffle=False).train(examples(2), None, tmp_path)
    model = AutoModelForCausalLM.from_pretrained(trl_base)
    tokenizer = AutoTokenizer.from_pretrained(trl_base)
    losses = []
    for each in examples(2):
        head = tokenizer.encode(f"[user]{each.messages[0].content}|[assistant]one ")
        tail = [*tokenizer.encode("two three"), tokenizer.eos_token_id]
        with torch.inference_mode():
            logits = model(torch.tensor([head + tail])).logits[0].log_softmax(-1)
        losses += [-float(logits[len(head) + at - 1, token]) for at, token in enumerate(tail)]
    # The first step's loss is that of the untouched base: a new adapter changes nothing.
    assert figures["loss_first"] == pytest.approx(sum(losses) / len(losses), abs=1e-3)


def test_training_goes_on_from_an_adapter(make_trainer: Make, tmp_path: Path) -> None:
    first = make_trainer(epochs=10, learning_rate=0.02).train(
        examples(6), None, folder(tmp_path / "one")
    )
    second = make_trainer().train(examples(6), tmp_path / "one", folder(tmp_path / "two"))
    assert second["loss_first"] < 0.9 * first["loss_first"]
    assert (tmp_path / "two" / "adapter_config.json").is_file()


def test_all_weights_can_be_trained_on_top_of_an_adapter(
    make_trainer: Make, tmp_path: Path
) -> None:
    first = make_trainer(epochs=10, learning_rate=0.02).train(
        examples(6), None, folder(tmp_path / "one")
    )
    second = make_trainer(method="full").train(
        examples(6), tmp_path / "one", folder(tmp_path / "two")
    )
    assert second["loss_first"] < 0.9 * first["loss_first"]
    assert (tmp_path / "two" / "config.json").is_file()
    with pytest.raises(ValueError, match="method 'lora' cannot go on"):
        make_trainer().train(examples(2), tmp_path / "two", folder(tmp_path / "three"))


def test_examples_that_are_too_long_are_counted(make_trainer: Make, tmp_path: Path) -> None:
    figures = make_trainer(max_length=47).train(examples(8), None, folder(tmp_path / "one"))
    assert figures["too_long"] == 2
    assert figures["examples"] == 6
    with pytest.raises(ValueError, match="of 8 examples none has at most 20 tokens"):
        make_trainer(max_length=20).train(examples(8), None, folder(tmp_path / "two"))


def test_the_parts_need_a_folder_of_the_target() -> None:
    assert [part.needs for part in TrlPlugin().errata_parts()] == [{"materialise"}] * 3
