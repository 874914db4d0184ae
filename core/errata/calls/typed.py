"""Typed questions and answers: what a part hands to ``ask``, and what it gets back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, JsonValue

from errata.records import Message

M = TypeVar("M", bound=BaseModel)
Lack = Literal["unanswered", "refused", "over-length", "unreadable"]


@dataclass(frozen=True)
class Prompt(Generic[M]):
    """What an instructor is asked: messages, and the model its reply must validate against.

    ``about`` is the id of the item, by which ``explain_miss`` finds it. Prompts that differ only in
    ``replica`` are asked anew. ``sampling`` goes before the instructor's own. ``template`` is the
    digest of the template it was made from.
    """

    messages: tuple[Message, ...]
    reply: type[M]
    about: str = ""
    replica: int = 0
    sampling: Mapping[str, JsonValue] = field(default_factory=dict)
    template: str = ""


@dataclass(frozen=True)
class Answer(Generic[M]):
    """A typed reply, or why there is none: ``value`` is None exactly when ``failure`` is not empty.

    ``lack`` names the kind of failure: the request came to nothing, the model declined, the reply was
    cut off at its longest, or it did not validate. ``text`` is the last reply as it came; ``model``
    was asked, and ``usd`` is what the replies cost where prices are known (in the run that paid).
    """

    value: M | None
    text: str = ""
    failure: str = ""
    lack: Lack | None = None
    model: str = ""
    usd: float = 0.0
