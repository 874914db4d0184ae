"""What goes to an instructor and what comes back: requests, their keys, replies, and faults.

The key of a request is the SHA-256 of its canonical JSON, which holds everything that determines the
reply and nothing else: not the order of asking, not the concurrency, not the code that reads the
reply, not the address of the server (``revision`` names the weights behind it).

Not covered: how a provider speaks to its server, and how replies are read (``asking.py``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from pydantic import JsonValue

from errata.records import Message

Ending = Literal["stop", "length", "refused"]
_VERSION = 1
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_PER_MESSAGE = 16  # tokens that chat templates add to a message, generously
# What servers add to a prompt on their own: default system prompts (Llama, gpt-oss: some 60 tokens),
# instructions for schemas and tools (Anthropic: 346).
_PREAMBLE = 512


@dataclass(frozen=True, slots=True)
class Request:
    """One completion to be asked for.

    ``max_tokens`` bounds the reply, so that its worst case has a price. ``sampling`` holds whatever
    else the server is told (temperature, top_p, seed, stop). ``schema`` is the JSON schema sent along,
    None where the server is not told one. ``replica`` tells equal requests apart that are meant to be
    answered anew.
    """

    messages: tuple[Message, ...]
    model: str
    max_tokens: int
    revision: str = ""
    sampling: Mapping[str, JsonValue] = field(default_factory=dict)
    schema: Mapping[str, JsonValue] | None = None
    replica: int = 0

    def canonical(self) -> str:
        """Canonical JSON: sorted keys, no blanks, ASCII."""
        return _encode(
            {
                "format": _VERSION,
                "max_tokens": self.max_tokens,
                "messages": [[message.role, message.content] for message in self.messages],
                "model": self.model,
                "replica": self.replica,
                "revision": self.revision,
                "sampling": self.sampling,
                "schema": self.schema,
            }
        )

    def most_prompt_tokens(self) -> int:
        """An upper bound of the prompt's tokens: no tokenizer makes more tokens than bytes."""
        size = sum(len(m.content.encode("utf-8", "surrogatepass")) for m in self.messages)
        schema = len(_encode(self.schema)) if self.schema is not None else 0
        return size + schema + _PER_MESSAGE * len(self.messages) + _PREAMBLE


def key_of(canonical: str) -> bytes:
    """The 32-byte key of a canonical request."""
    return hashlib.sha256(canonical.encode("ascii")).digest()


def changed_parts(before: str, after: str) -> dict[str, tuple[JsonValue, JsonValue]]:
    """Parts of the key in which two canonical requests differ: name → (before, after)."""
    old, new = (cast(dict[str, JsonValue], json.loads(text)) for text in (before, after))
    return {
        name: (old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    }


@dataclass(frozen=True, slots=True)
class Reply:
    """A completion. ``usage`` is None when the server counted no tokens.

    ``ending`` is "length" for a reply cut off at ``max_tokens``, "refused" when the server or the
    model declined. ``served_by`` is the model's name in the server's own words.
    """

    text: str
    ending: Ending = "stop"
    usage: Usage | None = None
    served_by: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the server counted."""

    prompt_tokens: int
    completion_tokens: int


_MOST_TOKENS = 10**9


def counted(reply: Reply) -> Usage | None:
    """The tokens that the server counted for ``reply``, None where that cannot be a count."""
    usage = reply.usage
    if usage is None:
        return None
    plausible = (
        0 <= number < _MOST_TOKENS for number in (usage.prompt_tokens, usage.completion_tokens)
    )
    nothing = usage.prompt_tokens == 0 and reply.text and reply.ending != "refused"
    return usage if all(plausible) and not nothing else None


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens.

    ``above`` are dearer rates for long prompts, as (prompt tokens, prompt, completion) in rising
    order: each is for the whole of a request whose prompt is longer than that.
    """

    prompt: float
    completion: float
    above: tuple[tuple[int, float, float], ...] = ()

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Dollars for so many tokens."""
        prompt, completion = self.prompt, self.completion
        for tokens, dearer_prompt, dearer_completion in self.above:
            if prompt_tokens > tokens:
                prompt, completion = dearer_prompt, dearer_completion
        return (prompt_tokens * prompt + completion_tokens * completion) / 1e6


def readable(text: str) -> str:
    """``text`` with lone surrogates replaced: JSON can carry them, UTF-8 cannot store them."""
    return text.encode("utf-8", "replace").decode("utf-8")


class Throttled(Exception):
    """The server asked to be left alone for ``retry_after`` seconds (None: it did not say how long).

    Nothing was paid, and the request is sent again however often this happens.
    """

    def __init__(self, retry_after: float | None) -> None:
        super().__init__("too many requests")
        self.retry_after = retry_after


class Unanswered(Exception):
    """No usable answer: a broken connection, a server error, a reply that does not read.

    ``paid`` says whether the server may have charged for it: False only when it is known that it has
    not. The request is tried again, a limited number of times.
    """

    def __init__(self, what: str, *, paid: bool = True, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.paid, self.retry_after = paid, retry_after


class Rejected(Exception):
    """The server will not answer this request, now or later: it is too long, or malformed."""


class CallFailed(Exception):
    """A request that came to nothing; the item it belonged to is recorded as failed."""
