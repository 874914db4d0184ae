"""``ask``: a prompt in, a typed answer out.

The instructor gets the JSON schema of the reply model where it takes one; otherwise the schema stands
in the prompt. A reply that does not validate is asked again once, with what was wrong with it; then
the answer is a failure, which is data and never stops a run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, cast

from pydantic import BaseModel, JsonValue

from errata.calls.reading import read_reply
from errata.calls.sending import Calls
from errata.calls.typed import Answer, Prompt
from errata.calls.wire import CallFailed, Reply
from errata.parts import Instructor
from errata.records import Message

M = TypeVar("M", bound=BaseModel)
AGAIN = "/again"  # ends the label of a request that asks for a reply again


class Asking:
    """Asks ``instructor`` through ``calls`` on behalf of ``stage``, whose budget it is."""

    def __init__(self, calls: Calls, instructor: Instructor, stage: str = "") -> None:
        self.calls, self.instructor, self.stage = calls, instructor, stage
        self._schemas: dict[type[BaseModel], Mapping[str, JsonValue]] = {}

    async def __call__(self, prompt: Prompt[M]) -> Answer[M]:
        """The answer to ``prompt``. Raises BudgetSpent and InstructorError, which end the stage."""
        messages = prompt.messages
        if not self.instructor.takes_schema:
            messages = _with_schema(messages, self._schema(prompt.reply))
        answer, reply = await self._once(prompt, messages, prompt.about)
        if reply is None or answer.lack in (None, "refused"):
            return answer
        again = (
            *messages,
            Message(role="assistant", content=reply.text),
            Message(role="user", content=_complaint(answer.failure)),
        )
        second, _ = await self._once(prompt, again, prompt.about + AGAIN)
        return replace(second, usd=answer.usd + second.usd)

    async def _once(
        self, prompt: Prompt[M], messages: tuple[Message, ...], about: str
    ) -> tuple[Answer[M], Reply | None]:
        schema = self._schema(prompt.reply) if self.instructor.takes_schema else None
        request = self.instructor.request(messages, schema, prompt.sampling, prompt.replica)
        try:
            reply = await self.calls.complete(request, stage=self.stage, label=about)
        except CallFailed as failed:
            return Answer(None, failure=str(failed), lack="unanswered", model=request.model), None
        answer = _read(reply, prompt.reply)
        self.calls.tally.unreadable += answer.lack in ("over-length", "unreadable")
        return replace(answer, model=request.model, usd=self._usd(reply)), reply

    def _usd(self, reply: Reply) -> float:
        usage, prices = reply.usage, self.instructor.prices
        if usage is None or prices is None:
            return 0.0
        return prices.cost(usage.prompt_tokens, usage.completion_tokens)

    def _schema(self, model: type[BaseModel]) -> Mapping[str, JsonValue]:
        if model not in self._schemas:
            self._schemas[model] = cast(Mapping[str, JsonValue], model.model_json_schema())
        return self._schemas[model]


def _read(reply: Reply, model: type[M]) -> Answer[M]:
    if reply.ending == "refused":
        return Answer(None, reply.text, f"refused: {reply.text[:200]}", "refused")
    try:
        return Answer(read_reply(reply.text, model), reply.text)
    except ValueError as error:
        if reply.ending == "length":
            return Answer(None, reply.text, f"cut off at its longest; {error}", "over-length")
        return Answer(None, reply.text, str(error), "unreadable")


def _with_schema(
    messages: tuple[Message, ...], schema: Mapping[str, JsonValue]
) -> tuple[Message, ...]:
    text = json.dumps(schema, sort_keys=True)
    *before, last = messages
    told = f"{last.content}\n\nReply with one JSON object that has this JSON schema:\n{text}"
    return (*before, last.model_copy(update={"content": told}))


def _complaint(failure: str) -> str:
    return (
        f"That reply cannot be used: {failure}.\nReply again, with the corrected JSON object only."
    )
