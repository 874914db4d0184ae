"""The instructor on a tiny model with random weights in float32."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from errata.calls.asking import Asking, _with_schema
from errata.calls.budget import RUN, Budget, Caps
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.replaying import Replay, ReplaySettings
from errata.calls.sending import Calls
from errata.calls.typed import Prompt
from errata.calls.wire import Rejected, Reply, Usage
from errata.errors import InstructorError
from errata.records import Message, TargetPrompt
from errata.seeds import stream
from errata_transformers.instructor import TransformersInstructor
from errata_transformers.settings import TransformersInstructorSettings

QUESTIONS = ["Two plus two?", "How many pens are left of 17?", "A", "What is 3 × 4, and why?", "é"]


@pytest.fixture
def make(tiny_folder: Path) -> Callable[..., TransformersInstructor]:
    """The tiny model as an instructor, replies of at most 24 tokens."""

    def made(**changes: object) -> TransformersInstructor:
        given = {
            "model": str(tiny_folder),
            "max_reply_tokens": 24,
            "batch_size": 4,
            "dtype": "float32",
            "device": "cpu",
        }
        settings = TransformersInstructorSettings.model_validate({**given, **changes})
        return TransformersInstructor(settings, tiny_folder)

    return made


def asked(instructor, text, sampling=None, replica=0):
    return instructor.request((Message(role="user", content=text),), None, sampling or {}, replica)


def replies(instructor, requests):
    """Replies or exceptions, in order, asked for at the same time."""

    async def ask():
        try:
            every = (instructor.complete(request) for request in requests)
            return await asyncio.gather(*every, return_exceptions=True)
        finally:
            await instructor.close()

    return asyncio.run(ask())


def test_greedy_replies_are_the_target_s_own(make, tiny_target):
    instructor = make()
    expected = [
        tiny_target.generate([TargetPrompt(messages=(Message(role="user", content=text),))])[0]
        for text in QUESTIONS
    ]
    found = replies(instructor, [asked(instructor, text) for text in QUESTIONS])
    for reply, target in zip(found, expected, strict=True):
        assert reply.text == target.text
        assert reply.ending == ("stop" if target.finish == "stop" else "length")
        assert reply.usage == Usage(target.prompt_tokens, target.tokens)
        assert reply.served_by == instructor.name == tiny_target.name
    assert {reply.ending for reply in found} == {"stop", "length"}


def test_drawn_replies_follow_from_the_request_alone(make):
    instructor = make(temperature=1.0, top_p=0.95)
    requests = [asked(instructor, text) for text in QUESTIONS]
    together = replies(instructor, requests)
    alone = [replies(instructor, [request])[0] for request in requests]
    assert [reply.text for reply in together] == [reply.text for reply in alone]
    again = replies(instructor, [asked(instructor, text, replica=1) for text in QUESTIONS])
    seeded = replies(instructor, [asked(instructor, text, {"seed": 1}) for text in QUESTIONS])
    greedy = replies(instructor, [asked(instructor, t, {"temperature": 0.0}) for t in QUESTIONS])
    for texts in zip(together, again, seeded, greedy, strict=True):
        assert len({reply.text for reply in texts}) >= 3  # a single letter may come twice


def test_a_reply_ends_before_its_stop(make):
    instructor = make()
    (whole,) = replies(instructor, [asked(instructor, "A")])
    stop = whole.text[5:7]
    for stops in (stop, ["never there", stop]):
        (cut,) = replies(instructor, [asked(instructor, "A", {"stop": stops})])
        assert cut.text == whole.text[: whole.text.index(stop)]
        assert cut.ending == "stop"
        assert cut.usage.completion_tokens < whole.usage.completion_tokens


def test_a_prompt_beyond_the_context_is_rejected_and_its_neighbours_are_not(make):
    instructor = make()
    long, short, tight = replies(
        instructor, [asked(instructor, text) for text in ("x" * 300, "A", "x" * 230)]
    )
    assert isinstance(long, Rejected)
    assert "318 tokens leaves no room" in str(long)
    assert "256 tokens" in str(long)
    assert short == replies(instructor, [asked(instructor, "A")])[0]
    assert tight.ending == "length"  # no more than the context holds
    assert tight.usage.prompt_tokens + tight.usage.completion_tokens == 256


def test_unknown_sampling_is_refused_in_settings_and_in_prompts(make):
    for name in ("reasoning_effort", "temperature"):
        with pytest.raises(ValidationError, match=f"'{name}' is no sampling.*seed, stop, top_k"):
            make(sampling={name: 1.0})
    with pytest.raises(ValidationError, match="top_k"):
        make(sampling={"top_k": 0})
    with pytest.raises(ValidationError, match="schema_mode"):
        make(schema_mode=True)
    assert not make(schema_mode=False).takes_schema
    instructor = make(sampling={"seed": 3})
    assert not instructor.takes_schema
    (refused,) = replies(instructor, [asked(instructor, "A", {"min_p": 0.1})])
    assert isinstance(refused, Rejected)
    assert "sampling: min_p: Extra inputs are not permitted; known are seed" in str(refused)


def test_the_event_loop_lives_while_the_model_works(make):
    instructor = make(max_reply_tokens=200)

    async def ask():
        await instructor.complete(asked(instructor, "A"))  # weights are loaded
        ticks = 0
        working = asyncio.create_task(instructor.complete(asked(instructor, "B")))
        while not working.done():
            await asyncio.sleep(0.005)
            ticks += 1
        await instructor.close()
        return ticks

    assert asyncio.run(ask()) > 10


def test_closing_does_not_wait_for_long_replies(make):
    instructor = make(max_reply_tokens=10_000, temperature=2.0)
    slow = []

    def slower(*_):
        slow.append(time.monotonic())
        time.sleep(0.05)

    instructor._local.weights.register_forward_pre_hook(slower)

    async def ask():
        task = asyncio.create_task(instructor.complete(asked(instructor, "A")))
        while not slow:
            await asyncio.sleep(0.01)
        await asyncio.wait_for(instructor.close(), 2)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(ask())
    assert len(slow) < 20
    assert instructor._local._loaded is None
    (reply,) = replies(make(), [asked(instructor, "A")])  # another loop
    assert reply.text


def short_of_memory(instructor, most):
    """From now on the model has memory for so many rows."""
    import torch

    seen = []

    def check(_model, _arguments, named):
        seen.append(len(named["input_ids"]))
        if seen[-1] > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    instructor._local.weights.register_forward_pre_hook(check, with_kwargs=True)
    return seen


def test_batches_shrink_until_memory_suffices(make):
    instructor = make(batch_size=8)
    requests = [asked(instructor, f"{text} {n}") for text in QUESTIONS for n in range(3)]
    expected = replies(instructor, requests)
    seen = short_of_memory(instructor, most=2)
    found = replies(instructor, requests)
    assert found == expected
    assert [rows for rows in seen if rows > 2] == [8, 4, 4]  # then it has learned


def test_no_memory_for_one_request_is_its_own_failure_or_everyone_s(make):
    instructor = make()
    short_of_memory(instructor, most=0)
    (failure,) = replies(instructor, [asked(instructor, "A")])
    assert isinstance(failure, InstructorError)
    assert "even on its own: CUDA out of memory" in str(failure)
    assert "smaller model" in str(failure)
    replies(instructor, [asked(instructor, "A")])  # the weights were let go: memory again
    short_of_memory(instructor, most=0)
    (failure,) = replies(instructor, [asked(instructor, "A")])
    assert isinstance(failure, Rejected)


def test_a_model_that_cannot_be_loaded_ends_the_stage(make, build_tiny, tmp_path):
    instructor = make(model=str(build_tiny(tmp_path, template=None)))
    (failure,) = replies(instructor, [asked(instructor, "A")])
    assert isinstance(failure, InstructorError)
    assert "no chat template" in str(failure)


def test_messages_that_the_template_refuses_are_rejected(make, build_tiny, tmp_path):
    template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}x"
    instructor = make(model=str(build_tiny(tmp_path, template=template)))
    system = Message(role="system", content="Be brief.")
    request = instructor.request((system, Message(role="user", content="A")), None, {}, 0)
    refused, fine = replies(instructor, [request, asked(instructor, "A")])
    assert isinstance(refused, Rejected)
    assert "does not take messages of system, user: no system" in str(refused)
    assert isinstance(fine, Reply)


def test_the_key_follows_the_weights_and_what_settings_say(make, build_tiny, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = build_tiny(tmp_path)
    same = asked(make(model=str(folder)), "A")
    assert asked(make(model=str(folder), batch_size=9, device="auto"), "A") == same
    assert asked(make(model=str(folder), dtype="bfloat16"), "A").canonical() != same.canonical()
    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"] += 1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert asked(make(model=str(folder)), "A").canonical() != same.canonical()


class Value(BaseModel):
    value: str


def test_through_the_call_layer_it_is_free_and_answers_once(make, tmp_path):
    instructor = make()
    prompts = [Prompt((Message(role="user", content=text),), Value) for text in "ABCDEF"]

    async def ask():
        ledger = Ledger(tmp_path / "calls.sqlite")
        budget = Budget({RUN: Caps(max_usd=0.0)}, ledger.spent())
        try:
            async with Calls(instructor, ledger, budget, Pace(Limits(4), stream(0, "p"))) as calls:
                asking = Asking(calls, instructor)
                answers = await asyncio.gather(*(asking(prompt) for prompt in prompts))
                return answers, calls.tally, budget.spent
        finally:
            ledger.close()

    answers, tally, spent = asyncio.run(ask())
    # random weights write no JSON: each is asked again, and with the longer prompt rejected
    assert all(answer.failure for answer in answers)
    assert tally.received == tally.unreadable == 6
    assert tally.failed == 6
    assert spent.usd == 0
    assert spent.tokens > 0
    again, second, _ = asyncio.run(ask())
    assert again == answers
    assert (second.received, second.stored) == (0, 6)

    # a colleague without the weights: the ledger knows their revision, and that no schema was sent
    given = {"model": instructor.settings.model, "max_reply_tokens": 24}
    replay = Replay(ReplaySettings(ledger=tmp_path / "calls.sqlite", **given))
    assert not replay.takes_schema
    told = _with_schema(prompts[0].messages, Value.model_json_schema())
    reply = asyncio.run(replay.complete(replay.request(told, None, {}, 0)))
    assert reply.text == replies(instructor, [instructor.request(told, None, {}, 0)])[0].text
