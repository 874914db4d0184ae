"""Shared beginnings, one training step and a probe, on a tiny model of real layers."""

from __future__ import annotations

from random import Random

import pytest

from errata.records import Message, Span, TargetPrompt, TrainingExample
from errata_transformers import decoding
from errata_transformers.shared import Run, runs
from errata_transformers.target import TransformersTarget


def test_neighbours_with_a_common_beginning_are_put_together() -> None:
    first, second = list(range(100)), list(range(200, 300))
    prompts = [[*first, 1, 2], [*first, 3], [*first, 4, 5], [*second, 1], [*second, 2], [7, 8]]
    assert runs(prompts)[:2] == [Run(3, 100), Run(2, 100)]
    assert sum(run.count for run in runs(prompts)) == len(prompts)
    assert runs([[1, 2], [3, 4], [5]]) == [Run(3, 0)]
    assert runs([[1, 2, 3], [1, 2, 3]]) == [Run(2, 2)]  # each keeps a token of its own
    assert runs([]) == []


def prompt(text: str) -> TargetPrompt:
    return TargetPrompt(messages=(Message(role="user", content=text),))


def test_shared_beginnings_change_no_answer_and_are_read_once(
    tiny_target: TransformersTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(0)
    shown = ["".join(random.choice("abcdefgh 123") for _ in range(120)) for _ in range(2)]
    prompts = [prompt(f"{each} {'x' * n}{n}") for each in shown for n in range(5)]
    lengths = sum(len(tiny_target.local.encode(p.messages)) for p in prompts)
    before = tiny_target.work.read
    together = tiny_target.generate(prompts)
    read = tiny_target.work.read - before
    assert read < 0.4 * lengths
    monkeypatch.setattr(decoding, "_WORTH", 10**9)
    before = tiny_target.work.read
    assert tiny_target.generate(prompts) == together
    assert tiny_target.work.read - before == lengths
    assert len({each.text for each in together}) > 5


def learnt(name: str, question: str, answer: str) -> TrainingExample:
    return TrainingExample(
        id=name,
        messages=(Message(role="user", content=question),),
        completion=answer,
        spans=(Span(start=0, end=len(answer)),),
    )


TRAIN = [
    learnt("sum", "what is 1+1", "it is 2"),
    learnt("river", "name a river", "Elbe"),
    learnt("noise", "zzz", "qqqqqqqqqqqqqq"),
]
DEV = [learnt("d1", "what is 1+2", "it is 3"), learnt("d2", "name a town", "Ulm")]


def test_a_small_step_does_what_its_gradient_says(tiny_target: TransformersTarget) -> None:
    predicted = tiny_target.influence(TRAIN, [*TRAIN, *DEV], step=1e-3, exact=False)
    measured = tiny_target.influence(TRAIN, [*TRAIN, *DEV], step=1e-3, exact=True)
    for one, other in zip(predicted, measured, strict=True):
        assert one == pytest.approx(other, abs=2e-4, rel=0.05)
    assert all(predicted[place][place] > 0 for place in range(3))  # it helps itself
    # d1 is helped most by the other sum
    assert max(range(3), key=lambda place: predicted[place][3]) == 0
    doubled = tiny_target.influence(TRAIN, [*TRAIN, *DEV], step=2e-3, exact=False)
    assert doubled[0] == pytest.approx([2 * value for value in predicted[0]])


def test_gradients_are_those_of_the_adapter(tiny_target: TransformersTarget) -> None:
    """The projected gradient of each example in a batch against autograd on one example."""
    import torch

    from errata_transformers.adapter import Adapter
    from errata_transformers.coding import coded, losses

    model, pad = tiny_target.local.weights, tiny_target.local.tokenizer.pad_token_id
    rows = [coded(tiny_target.local, each) for each in TRAIN]
    adapter = Adapter(model, 4, 1)
    with torch.enable_grad(), adapter.watching(len(rows)) as found:
        losses(model, rows, pad).sum().backward()
    for weight in adapter.up:
        weight.requires_grad_()
    for number, row in enumerate(rows):
        with torch.enable_grad(), adapter.on():
            (loss,) = losses(model, [row], pad)
            expected = torch.autograd.grad(loss, adapter.up)
        flat = torch.cat([each.flatten() for each in expected])
        assert torch.allclose(found[number], flat, atol=1e-5)


def test_a_probe_teaches_and_is_undone(tiny_target: TransformersTarget) -> None:
    prompts, answers = [prompt("what is 1+1"), prompt("name a river")], ["it is 2", "Elbe"]
    before = tiny_target.generate(prompts), tiny_target.score(prompts, answers)
    found = []
    for _ in range(2):  # the second begins where the first began
        with tiny_target.taught(TRAIN, steps=40, learning_rate=1e-2):
            found.append((tiny_target.generate(prompts), tiny_target.score(prompts, answers)))
    assert found[0] == found[1]
    written, scores = found[0]
    assert [each.text for each in written] == answers
    assert [each.greedy for each in scores] == [True, True]
    assert not any(each.greedy for each in before[1])
    assert (tiny_target.generate(prompts), tiny_target.score(prompts, answers)) == before


def test_an_example_beyond_the_context_is_refused(tiny_target: TransformersTarget) -> None:
    with pytest.raises(ValueError, match="do not fit the context"):
        tiny_target.influence([learnt("long", "q", "a" * 300)], DEV, step=0.1, exact=False)
