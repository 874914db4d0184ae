"""The target against the plain library, on a tiny model with random weights in float32."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from errata.parts import Materialises, Samples, Scores, Target
from errata.records import Message, TargetPrompt
from errata_transformers.settings import TransformersSettings
from errata_transformers.target import TransformersTarget

QUESTIONS = ["Two plus two?", "How many pens are left of 17?", "A", "What is 3 × 4, and why?", "é"]


def prompt(text: str, *stop: str) -> TargetPrompt:
    return TargetPrompt(messages=(Message(role="user", content=text),), stop=stop)


@pytest.fixture(scope="module")
def library(tiny_folder: Path) -> tuple[Any, Any]:
    """The same model and tokenizer, by the library alone."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return (
        AutoModelForCausalLM.from_pretrained(tiny_folder).eval(),
        AutoTokenizer.from_pretrained(tiny_folder),
    )


def library_answer(library: tuple[Any, Any], text: str, limit: int = 24) -> list[int]:
    """Greedy tokens of the library's own ``generate`` for one prompt."""
    import torch

    model, tokenizer = library
    ids = tokenizer(f"[user]{text}|[assistant]", return_tensors="pt").input_ids
    with torch.inference_mode():
        out = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=limit, do_sample=False
        )
    tokens: list[int] = out[0, ids.shape[1] :].tolist()
    return tokens


def library_score(library: tuple[Any, Any], text: str, continuation: str) -> float:
    """Summed log-probability of the continuation, from one full forward pass."""
    import torch

    model, tokenizer = library
    head = tokenizer.encode(f"[user]{text}|[assistant]")
    tail = tokenizer.encode(continuation)
    with torch.inference_mode():
        logits = model(torch.tensor([head + tail])).logits[0].log_softmax(-1)
    return float(sum(logits[len(head) + place - 1, token] for place, token in enumerate(tail)))


def test_it_has_the_capabilities_it_declares(tiny_target: TransformersTarget) -> None:
    assert isinstance(tiny_target, Target)
    assert isinstance(tiny_target, Samples)
    assert isinstance(tiny_target, Scores)
    assert isinstance(tiny_target, Materialises)


def test_batched_answers_equal_the_librarys_own_one_by_one(
    tiny_target: TransformersTarget, library: tuple[Any, Any]
) -> None:
    answers = tiny_target.generate([prompt(text) for text in QUESTIONS])
    for text, answer in zip(QUESTIONS, answers, strict=True):
        tokens = library_answer(library, text)
        assert answer.tokens == len(tokens)
        assert answer.text == library[1].decode(tokens, skip_special_tokens=True)
        assert answer.prompt_tokens == len(f"[user]{text}|[assistant]".encode())


def test_samples_follow_from_their_own_streams(tiny_target: TransformersTarget) -> None:
    prompts = [prompt(text) for text in QUESTIONS]
    together = tiny_target.sample(prompts, 1.0, [Random(n) for n in range(5)])
    alone = [tiny_target.sample([p], 1.0, [Random(n)])[0] for n, p in enumerate(prompts)]
    assert together == alone
    assert tiny_target.sample(prompts, 1.0, [Random(n) for n in range(5, 10)]) != together
    greedy = tiny_target.generate(prompts)
    assert greedy != together
    assert tiny_target.sample(prompts, 1e-6, [Random(n) for n in range(5)]) == greedy


def test_rows_that_stop_leave_and_the_others_go_on_unchanged(
    tiny_target: TransformersTarget,
) -> None:
    whole = tiny_target.generate([prompt(text) for text in QUESTIONS])
    # Each row but the last stops at a character of its own answer, at different times.
    stops = [answer.text[3 * number + 1] for number, answer in enumerate(whole[:-1])]
    import re

    prompts = [prompt(text, re.escape(stop)) for text, stop in zip(QUESTIONS, stops, strict=False)]
    cut = tiny_target.generate([*prompts, prompt(QUESTIONS[-1])])
    for before, after, stop in zip(whole, cut, stops, strict=False):
        assert after.text == before.text[: before.text.index(stop) + 1]
        assert after.finish == "stop"
        assert after.tokens < before.tokens
    assert cut[-1] == whole[-1]


def test_an_answer_at_the_limit_is_finished_by_length(tiny_target: TransformersTarget) -> None:
    answers = tiny_target.generate([prompt(text) for text in QUESTIONS])
    finishes = {answer.finish for answer in answers}
    assert finishes == {"stop", "length"}  # the tiny model ends one answer itself
    assert all((each.finish == "length") == (each.tokens == 24) for each in answers)


def test_a_prompt_beyond_the_context_gets_an_empty_answer(tiny_target: TransformersTarget) -> None:
    long, short = tiny_target.generate([prompt("x" * 300), prompt("A")])
    assert (long.text, long.finish, long.tokens) == ("", "length", 0)
    assert short == tiny_target.generate([prompt("A")])[0]


def test_scores_with_a_shared_beginning_equal_full_passes(
    tiny_target: TransformersTarget, library: tuple[Any, Any]
) -> None:
    shown = "Example: 2 + 2 = 4. Now: "
    texts = [shown + text for text in QUESTIONS]
    continuations = ["4", "four, because it is", "", "12\n#### 12", "ü!"]
    scores = tiny_target.score([prompt(text) for text in texts], continuations)
    for text, continuation, score in zip(texts, continuations, scores, strict=True):
        assert score.tokens == len(continuation.encode())
        expected = library_score(library, text, continuation)
        assert score.logprob == pytest.approx(expected, abs=2e-4)


def test_several_worked_examples_in_a_batch_score_as_each_pair_alone(
    tiny_target: TransformersTarget, library: tuple[Any, Any]
) -> None:
    random = Random(2)
    shown = ["".join(random.choice("abcdefgh 123") for _ in range(70 + 15 * n)) for n in range(5)]
    texts = [f"{each}: {'q' * n}{n}" for each in shown for n in range(3)] + ["alone", "B"]
    continuations = [f"{'so ' * (n % 4)}#### {n}" for n in range(len(texts))]
    continuations[4] = ""
    likeliest = library[1].decode(library_answer(library, texts[7], limit=1))
    continuations[7] = likeliest if likeliest.isascii() else "x"
    before = tiny_target.work.read
    scores = tiny_target.score([prompt(text) for text in texts], continuations)
    read = tiny_target.work.read - before
    alone = 0
    for text, continuation, score in zip(texts, continuations, scores, strict=True):
        alone += len(f"[user]{text}|[assistant]{continuation}".encode())
        expected = library_score(library, text, continuation)
        assert score.logprob == pytest.approx(expected, abs=2e-4)
        assert score.tokens == len(continuation.encode())
        assert tiny_target.score([prompt(text)], [continuation])[0].logprob == pytest.approx(
            score.logprob, abs=2e-4
        )
    # Hardly any of these is what the model would write; whether the first one is, the library says.
    assert scores[7].greedy == likeliest.isascii()
    assert sum(bool(score.greedy) for score in scores) <= 3
    assert read < 0.7 * alone


@pytest.mark.parametrize("texts", [["same", "same", "same"], ["A"], ["A", "AB"]])
def test_scores_of_equal_single_and_nested_prompts(
    tiny_target: TransformersTarget, library: tuple[Any, Any], texts: list[str]
) -> None:
    scores = tiny_target.score([prompt(text) for text in texts], ["yes"] * len(texts))
    for text, score in zip(texts, scores, strict=True):
        assert score.logprob == pytest.approx(library_score(library, text, "yes"), abs=2e-4)


def test_a_continuation_beyond_the_context_is_refused(tiny_target: TransformersTarget) -> None:
    with pytest.raises(ValueError, match="256 tokens"):
        tiny_target.score([prompt("x" * 200)], ["y" * 100])


def test_an_adapter_is_merged_and_the_base_comes_back(
    tiny_target: TransformersTarget, tiny_folder: Path, tmp_path: Path
) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_folder), config)
    model.save_pretrained(tmp_path)
    ids = torch.tensor([[5, 6, 7]])
    with torch.inference_mode():
        expected = model.eval()(ids).logits

    base = tiny_target.generate([prompt("A")])
    tiny_target.use(tmp_path)
    try:
        with torch.inference_mode():
            found = tiny_target.local.weights(ids).logits
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
        assert tiny_target.generate([prompt("A")]) != base
    finally:
        tiny_target.use(None)
    assert tiny_target.generate([prompt("A")]) == base


def test_a_full_folder_can_be_a_checkpoint_and_an_empty_one_cannot(
    tiny_target: TransformersTarget, tiny_folder: Path, tmp_path: Path
) -> None:
    base = tiny_target.generate([prompt("A")])
    try:
        tiny_target.use(tiny_folder)
        assert tiny_target.generate([prompt("A")]) == base
        tiny_target.use(tmp_path)
        with pytest.raises(ValueError, match="neither an adapter"):
            tiny_target.generate([prompt("A")])
    finally:
        tiny_target.use(None)


def test_the_name_follows_the_weights(
    tiny_target: TransformersTarget, build_tiny: Callable[..., Path], tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    folder = build_tiny(tmp_path)
    settings = TransformersSettings(model=str(folder))
    digest = tiny_target.name.rsplit("@", 1)[-1]
    assert TransformersTarget(settings, tmp_path).name.endswith(digest)
    assert TransformersTarget(settings, tmp_path).materialise() == folder
    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"] += torch.ones(32)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert not TransformersTarget(settings, tmp_path).name.endswith(digest)


def test_a_model_without_a_chat_template_is_refused(
    build_tiny: Callable[..., Path], tmp_path: Path
) -> None:
    target = TransformersTarget(
        TransformersSettings(model=str(build_tiny(tmp_path, template=None))), tmp_path
    )
    with pytest.raises(ValueError, match=r"chat_template\.jinja"):
        target.generate([prompt("A")])


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"no config\.json"):
        TransformersTarget(TransformersSettings(model=str(tmp_path)), tmp_path)
