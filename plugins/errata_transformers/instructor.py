"""The instructor ``transformers``: a local model answers what the call layer asks.

Requests in flight at the same time are answered in batches (``gathering.py``). Temperature 0 is greedy.
Otherwise a reply is drawn with random numbers that follow from its request's key, so an identical
request has an identical reply as far as batches allow: the rounding of bfloat16 depends on a row's
neighbours. A reply that repeats itself without end is cut, and ends like one that is too long.

A target and an instructor of the same weights hold them twice: the target's change with its
checkpoints, and an instructor must not. The weights are let go whenever a stage ends.

A recipe's ``timeout`` counts the wait for a place in a batch: with ``concurrency`` far above
``batch_size`` on a slow machine, raise the one or lower the other. Not covered: enforcing a schema
(the prompt carries it), and requests that join a batch that has begun.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

from pydantic import JsonValue, ValidationError

from errata.calls.client import ConfiguredInstructor
from errata.calls.wire import Rejected, Reply, Request, Usage, key_of
from errata.errors import InstructorError
from errata.records import Message
from errata_transformers.decoding import Row, decode, final_text
from errata_transformers.drawing import Draw
from errata_transformers.gathering import Gathering
from errata_transformers.local import LocalModel, free_device_memory
from errata_transformers.settings import Sampling, TransformersInstructorSettings

_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


@dataclass(eq=False)
class _Job:
    """A request on its way; ``size`` in characters stands for its length in tokens."""

    request: Request
    sampling: Sampling
    size: int
    abandoned: bool = False


class TransformersInstructor(ConfiguredInstructor[TransformersInstructorSettings]):
    """A local model as instructor; ``name`` is its name and a digest of its weights.

    Raises LookupError when the model cannot be found.
    """

    def __init__(self, settings: TransformersInstructorSettings, cache: Path) -> None:
        super().__init__(settings)
        self._local = LocalModel(
            settings.model, settings.revision or None, settings.dtype, settings.device, cache
        )
        self.name = self._local.name
        self._jobs: Gathering[_Job, Reply] = Gathering(self._answers, settings.batch_size)
        self._one_at_a_time = Lock()
        self._has_answered = False

    def request(
        self,
        messages: tuple[Message, ...],
        schema: Mapping[str, JsonValue] | None,
        sampling: Mapping[str, JsonValue],
        replica: int,
    ) -> Request:
        """See ``errata.parts.Instructor``. The revision is a digest of the weights, and the number
        format where the settings name one."""
        own = super().request(messages, schema, sampling, replica)
        digest = self.name.rpartition("@")[2]
        dtype = self.settings.dtype
        return replace(own, revision=digest if dtype == "auto" else f"{digest} {dtype}")

    async def complete(self, request: Request) -> Reply:
        """Answer one request.

        Raises Rejected when it does not fit the model's context or its sampling is unknown here, and
        InstructorError when the model cannot be loaded or memory does not suffice for any request.
        """
        try:
            sampling = Sampling.model_validate(request.sampling)
        except ValidationError as error:
            raise Rejected(_unknown(error)) from error
        size = sum(len(message.content) for message in request.messages)
        return await self._jobs.done(_Job(request, sampling, size))

    async def close(self) -> None:
        """Give up what is being answered, and let the weights go until they are needed again."""
        await self._jobs.close()
        self._local.unload()

    # --- in the worker's thread ---------------------------------------------------------------------

    def _answers(self, jobs: Sequence[_Job]) -> list[Reply | Exception]:
        """A reply to each job, or why there is none."""
        with self._one_at_a_time:  # the thread of a loop that ended may still be here
            self._load()
            return self._fitted(jobs)

    def _load(self) -> None:
        who = f"the instructor's model {self.settings.model!r}"
        try:
            _ = self._local.tokenizer, self._local.weights
        except (LookupError, ValueError, OSError) as error:
            raise InstructorError(f"{who} cannot be loaded: {error}") from error
        except (MemoryError, RuntimeError) as error:
            if not _is_memory(error):
                raise
            raise InstructorError(
                f"{who} does not fit the memory: {_first_line(error)}. Use a smaller one, or"
                " `device: cpu`; everything received is kept"
            ) from error

    def _fitted(self, jobs: Sequence[_Job]) -> list[Reply | Exception]:
        """Answers in one batch, or in ever smaller ones while memory does not suffice."""
        if all(job.abandoned for job in jobs):
            return [Rejected("given up")] * len(jobs)
        try:
            found = self._batch(jobs)
        except (MemoryError, RuntimeError) as error:
            if not _is_memory(error):
                raise
            said = _first_line(error)
        else:
            self._has_answered |= any(isinstance(each, Reply) for each in found)
            return found
        free_device_memory()
        if len(jobs) > 1:
            half = len(jobs) // 2
            self._jobs.at_once = min(self._jobs.at_once, half)
            return [*self._fitted(jobs[:half]), *self._fitted(jobs[half:])]
        what = f"no memory for this request, even on its own: {said}"
        if self._has_answered:
            return [Rejected(what)]
        raise InstructorError(f"{what}. Use a smaller model, or `device: cpu`; everything is kept")

    def _batch(self, jobs: Sequence[_Job]) -> list[Reply | Exception]:
        model, tokenizer = self._local.weights, self._local.tokenizer
        context = self._local.context
        found: dict[int, Reply | Exception] = {}
        prompts: dict[int, list[int]] = {}
        for place, job in enumerate(jobs):
            try:
                prompts[place] = self._encoded(job.request, context)
            except Rejected as error:
                found[place] = error
        rows = {
            place: self._row(jobs[place], context - len(prompt))
            for place, prompt in prompts.items()
        }
        decode(model, tokenizer, list(prompts.values()), list(rows.values()))
        for place, row in rows.items():
            found[place] = Reply(
                text=_cut(final_text(row, tokenizer), jobs[place].sampling.stop),
                ending="stop" if row.finish == "stop" else "length",
                usage=Usage(len(prompts[place]), len(row.tokens)),
                served_by=self.name,
            )
        return [found[place] for place in range(len(jobs))]

    def _encoded(self, request: Request, context: int) -> list[int]:
        from jinja2 import TemplateError

        try:
            prompt = self._local.encode(request.messages)
        except TemplateError as error:
            roles = ", ".join(message.role for message in request.messages)
            raise Rejected(
                f"the chat template of {self.name} does not take messages of {roles}: {error}"
            ) from error
        if len(prompt) >= context:
            raise Rejected(
                f"a prompt of {len(prompt)} tokens leaves no room for a reply in the context of"
                f" {self.name}, {context} tokens"
            )
        return prompt

    def _row(self, job: _Job, room: int) -> Row:
        return Row(
            stop=[re.compile(re.escape(stop)) for stop in job.sampling.stop],
            limit=min(job.request.max_tokens, room),
            draw=self._draw(job),
            unwanted=lambda: job.abandoned,
        )

    def _draw(self, job: _Job) -> Draw | None:
        """How the job's reply is drawn: by its request, else by the model's own settings."""
        asked, own = job.sampling, self._local.weights.generation_config
        temperature = asked.temperature
        if temperature is None:
            temperature = float(_or(own.temperature, 1.0)) if own.do_sample else 0.0
        if temperature == 0:
            return None
        random = Random(int.from_bytes(key_of(job.request.canonical())[:8], "big"))
        top_p, top_k = _or(asked.top_p, own.top_p), _or(asked.top_k, own.top_k)
        return Draw(random, temperature, float(_or(top_p, 1.0)), top_k or None)


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


def _cut(text: str, stops: Sequence[str]) -> str:
    """``text`` up to its first stop, which belongs to the server's language and not to the reply."""
    return text[: min((text.index(stop) for stop in stops if stop in text), default=len(text))]


def _is_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _NO_MEMORY)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300] or type(error).__name__


def _unknown(error: ValidationError) -> str:
    said = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
    return f"sampling: {said}; known are {', '.join(sorted(Sampling.model_fields))}"
