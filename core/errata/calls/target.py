"""A target behind an endpoint: any instructor's client, asked the target's prompts.

It generates and samples: it can be evaluated and its errors typed, not trained here. Its replies
are paid for, so they go through the call layer like any other, with a ledger (``target.sqlite``), a
budget and a pace of their own.

Not covered: checkpoints, scores, and stop patterns (an endpoint is not told them; what follows a
finished answer is cut off here).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from errata.calls.opening import Surroundings, how_to_go_on, opened, pace_of
from errata.calls.sending import Calls
from errata.calls.settings import InstructorSettings
from errata.calls.wire import CallFailed, Reply, Request
from errata.parts import Instructor, Services
from errata.records import Generation, TargetPrompt
from errata.sections import CallsUse, InstructorUse

T = TypeVar("T")
LEDGER = "target.sqlite"
_PER_REQUEST_IN_FLIGHT = 8  # prompts in a batch: its slowest replies keep the others waiting


class EndpointTarget:
    """A target that ``client`` answers for.

    Raises ValueError when it is to take up a checkpoint.
    """

    def __init__(
        self,
        client: Instructor,
        settings: InstructorSettings,
        pacing: CallsUse,
        services: Services,
    ) -> None:
        self.name = f"{settings.model} {settings.revision}".strip()
        self._client, self._services = client, services
        given = pacing.model_dump(include=set(CallsUse.model_fields))
        self._use = InstructorUse(use="target", **given)
        self.batch_size = _PER_REQUEST_IN_FLIGHT * pacing.concurrency
        self._around = Surroundings(
            directory=services.directory,
            pace=pace_of(self._use, services.random("target/pace")),
            tell=lambda live: services.notify("errata_asking_progress", live=live),
            notice=lambda said: services.notify("errata_asking_waits", sentence=said),
            at_once=self.batch_size,
            go_on=how_to_go_on(services.directory),
            ledger=LEDGER,
            section="target",
        )

    def use(self, checkpoint: Path | None) -> None:
        """Only the weights that the endpoint serves can be used."""
        if checkpoint is not None:
            raise ValueError(
                f"{self.name} is served by an endpoint and cannot take up the checkpoint"
                f" {checkpoint}: use a target of your own weights (`target: transformers`), or stop"
                " before training with --until group"
            )

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        """One generation per prompt, in order; a request that came to nothing is ``unanswered``."""
        return self._generations(
            prompts, [self._client.request(prompt.messages, None, {}, 0) for prompt in prompts]
        )

    def sample(
        self, prompts: Sequence[TargetPrompt], temperature: float, random: Sequence[Random]
    ) -> list[Generation]:
        """One drawn answer per prompt; the stream only tells equal requests apart, for an endpoint
        draws as it likes."""
        return self._generations(
            prompts,
            [
                self._client.request(
                    prompt.messages, None, {"temperature": temperature}, own.getrandbits(31)
                )
                for prompt, own in zip(prompts, random, strict=True)
            ],
        )

    def _generations(
        self, prompts: Sequence[TargetPrompt], requests: Sequence[Request]
    ) -> list[Generation]:
        replies = _run(lambda: self._replies(requests))
        return [_generation(reply, prompt) for reply, prompt in zip(replies, prompts, strict=True)]

    async def _replies(self, requests: Sequence[Request]) -> list[Reply | CallFailed]:
        async with opened(self._use, self._client, self._around, "") as ready:
            calls = ready.asking.calls
            return list(await asyncio.gather(*(_reply(calls, request) for request in requests)))


async def _reply(calls: Calls, request: Request) -> Reply | CallFailed:
    try:
        return await calls.complete(request, label="target")
    except CallFailed as failed:
        return failed


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run ``work`` to its end, also where an event loop is running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


def _generation(reply: Reply | CallFailed, prompt: TargetPrompt) -> Generation:
    if isinstance(reply, CallFailed):
        return Generation(text="", finish="unanswered")
    usage = reply.usage
    text, stopped = _until(reply.text, prompt.stop)
    return Generation(
        text=text,
        finish="length" if reply.ending == "length" and not stopped else "stop",
        prompt_tokens=usage.prompt_tokens if usage else 0,
        tokens=usage.completion_tokens if usage else 0,
    )


def _until(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """The text up to the end of the first stop pattern, and whether there is one."""
    ends = [found.end() for pattern in stop if (found := re.search(pattern, text))]
    return (text[: min(ends)], True) if ends else (text, False)
