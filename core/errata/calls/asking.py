"""``ask``: a prompt in, a typed answer out.

The instructor gets the JSON schema of the reply model where it takes one; otherwise the schema stands
in the prompt. A reply that does not validate is asked again once, with what was wrong with it; then
the answer is a failure, which is data and never stops a run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from pydantic import BaseModel, JsonValue

from errata.calls.reading import read_reply
from errata.calls.sending import Calls
from errata.calls.wire import CallFailed, Reply
from errata.parts import Instructor
from errata.records import Message

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Prompt(Generic[M]):
    """What an instructor is asked: messages, and the model its reply must validate against.

    ``about`` is the id of the item, by which ``explain_miss`` finds it. Prompts that differ only in
    ``replica`` are asked anew. ``sampling`` goes before the instructor's own.
    """

    messages: tuple[Message, ...]
    reply: type[M]
    about: str = ""
    replica: int = 0
    sampling: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer(Generic[M]):
    """A typed reply, or why there is none: ``value`` is None exactly when ``failure`` is not empty.

    ``text`` is the last reply as it came.
    """

    value: M | None
    text: str = ""
    failure: str = ""


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
        if reply is None or reply.ending == "refused" or not answer.failure:
            return answer
        again = (
            *messages,
            Message(role="assistant", content=reply.text),
            Message(role="user", content=_complaint(answer.failure)),
        )
        return (await self._once(prompt, again, f"{prompt.about}/again"))[0]

    async def _once(
        self, prompt: Prompt[M], messages: tuple[Message, ...], about: str
    ) -> tuple[Answer[M], Reply | None]:
        schema = self._schema(prompt.reply) if self.instructor.takes_schema else None
        request = self.instructor.request(messages, schema, prompt.sampling, prompt.replica)
        try:
            reply = await self.calls.complete(request, stage=self.stage, label=about)
        except CallFailed as failed:
            return Answer(None, failure=str(failed)), None
        if reply.ending == "refused":
            return Answer(None, reply.text, f"refused: {reply.text[:200]}"), reply
        try:
            return Answer(read_reply(reply.text, prompt.reply), reply.text), reply
        except ValueError as error:
            self.calls.tally.unreadable += 1
            cut = "cut off at its longest; " if reply.ending == "length" else ""
            return Answer(None, reply.text, f"{cut}{error}"), reply

    def _schema(self, model: type[BaseModel]) -> Mapping[str, JsonValue]:
        if model not in self._schemas:
            self._schemas[model] = cast(Mapping[str, JsonValue], model.model_json_schema())
        return self._schemas[model]


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
