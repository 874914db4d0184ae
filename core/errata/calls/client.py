"""What clients of instructors share: the requests their settings make, and what HTTP answers mean.

Not covered: how a server is spoken to, which is each client's own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar

from pydantic import JsonValue

from errata.calls.settings import InstructorSettings
from errata.calls.wire import (
    Ending,
    Prices,
    Rejected,
    Reply,
    Request,
    Throttled,
    Unanswered,
    Usage,
)
from errata.errors import InstructorError
from errata.records import Message

_HOPELESS = {401, 402, 403, 404, 405}  # a wrong key, no money, no such model or path
_OVERLOADED = {503, 529}  # the request was not begun
_NO_MONEY = ("insufficient_quota", "credit balance is too low")
_NEVER_TAKEN = ("unsupported_parameter", "unsupported_value")  # in OpenAI's words, of any request
_CONTENT = ("content_filter", "content_policy", "content management policy")
_LONGEST_WAIT = 3600.0  # seconds

S = TypeVar("S", bound=InstructorSettings)


class ConfiguredInstructor(Generic[S]):
    """The half of an instructor that its settings decide; a subclass adds ``complete`` and
    ``close``."""

    def __init__(self, settings: S) -> None:
        self.settings = settings
        self.takes_schema = settings.takes_schema()
        self.prices: Prices | None = settings.prices()

    def request(
        self,
        messages: tuple[Message, ...],
        schema: Mapping[str, JsonValue] | None,
        sampling: Mapping[str, JsonValue],
        replica: int,
    ) -> Request:
        """See ``errata.parts.Instructor``."""
        return self.settings.request(messages, schema, sampling, replica)


def answered(
    status: int, headers: Mapping[str, str], said: str, *, who: str, look_at: str
) -> Reply:
    """The refusal in an answer whose status is not 200.

    ``said`` is its text, ``who`` answered, and ``look_at`` names the settings that a hopeless answer
    is about. Raises Throttled, Unanswered, Rejected or InstructorError for any other answer.
    """
    said = " ".join(said.split())
    lower = said.lower()
    what = f"{who} answered {status}: {said[:300]}"
    no_money = any(mark in lower for mark in _NO_MONEY)
    if status == 429 and not no_money:
        raise Throttled(retry_after(headers))
    if status == 400 and any(mark in lower for mark in _CONTENT):
        return Reply(said, "refused", Usage(0, 0))
    never = status == 400 and any(mark in lower for mark in _NEVER_TAKEN)
    if status in _HOPELESS or no_money or never:
        raise hopeless(what, look_at)
    if status >= 500 or status in (408, 409, 425):
        raise Unanswered(what, paid=status not in _OVERLOADED, retry_after=retry_after(headers))
    raise Rejected(what)


def hopeless(what: str, look_at: str) -> InstructorError:
    """The error of an answer that every other request would get as well."""
    return InstructorError(
        f"{what}. No request can succeed like this: look at {look_at}; everything received is kept"
    )


def ending_of(finish: object, refusal: object) -> Ending:
    """How a completion ended, from its ``finish_reason`` and ``refusal``."""
    if refusal or finish == "content_filter":
        return "refused"
    return "length" if finish == "length" else "stop"


def usage_of(prompt: object, completion: object) -> Usage | None:
    """Tokens as a server counted them, None where it has not; ``wire.counted`` says whether such
    counts can be."""
    if isinstance(prompt, int) and isinstance(completion, int):
        return Usage(prompt, completion)
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from ``retry-after-ms`` or ``Retry-After`` (seconds or a date), at most an hour.

    ``headers`` must not mind upper and lower case.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("Retry-After", 1.0)):
        value = headers.get(name, "").strip()
        if not value:
            continue
        try:
            seconds = float(value) / unit
        except ValueError:
            try:
                seconds = parsedate_to_datetime(value).timestamp() - time.time()
            except ValueError:
                continue
        if seconds == seconds:  # noqa: PLR0124 "nan" is a float, and no time to wait
            return min(max(0.0, seconds), _LONGEST_WAIT)
    return None
