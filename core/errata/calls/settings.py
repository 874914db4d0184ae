"""Settings that every instructor shares: what determines its replies, and what tokens cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, JsonValue, field_validator

from errata.calls.wire import Prices, Request
from errata.parts import Settings
from errata.records import Message

# What the call layer itself decides: its worst case would not hold, or the reply would not read.
_NOT_SAMPLING = {
    "best_of": "every prompt gets one reply",
    "functions": "replies are text",
    "max_completion_tokens": "use max_reply_tokens",
    "max_tokens": "use max_reply_tokens",
    "messages": "the prompt says it",
    "model": "it is a setting of its own",
    "n": "every prompt gets one reply",
    "response_format": "use schema_mode",
    "stream": "replies come whole",
    "tools": "replies are text",
    "web_search_options": "replies are text",
}


class InstructorSettings(Settings):
    """What goes into the key of every request, and what tokens cost.

    A subclass keeps the defaults of what goes into the key: ``replay`` has no others.
    """

    model: str = Field(min_length=1, description="name of the model, as the server knows it")
    revision: str = Field(
        "", description="which weights stand behind the name, where the name does not say it"
    )
    max_reply_tokens: int = Field(
        2048, ge=1, description="longest reply; it bounds what a request may cost"
    )
    temperature: float | None = Field(0.0, ge=0, description="null: the server's own")
    top_p: float | None = Field(None, gt=0, le=1, description="null: the server's own")
    sampling: dict[str, JsonValue] = Field(
        {}, description="anything else the server is told (seed, stop, reasoning_effort, …)"
    )
    schema_mode: bool | Literal["auto"] = Field(
        "auto",
        description="send the reply's JSON schema, or write it into the prompt (false); auto: send it"
        " unless the model is not known to take one",
    )
    usd_per_million_prompt_tokens: float | None = Field(
        None, ge=0, description="price, where none is known or another is paid"
    )
    usd_per_million_reply_tokens: float | None = Field(
        None, ge=0, description="price, where none is known or another is paid"
    )

    @field_validator("sampling")
    @classmethod
    def _only_sampling(cls, sampling: dict[str, JsonValue]) -> dict[str, JsonValue]:
        refuse_reserved(sampling)
        return sampling

    def takes_schema(self) -> bool:
        """Whether the server is told the schema of a reply; otherwise it stands in the prompt."""
        return self.schema_mode is not False

    def known_prices(self) -> Prices | None:
        """What is known of prices without being told."""
        return None

    def prices(self) -> Prices | None:
        """The prices: those given, else those known; None where one is missing."""
        prompt, reply = self.usd_per_million_prompt_tokens, self.usd_per_million_reply_tokens
        if prompt is not None and reply is not None:
            return Prices(prompt, reply)
        known = self.known_prices()
        if known is None:
            return None
        above = tuple(
            (tokens, _or(prompt, dearer), _or(reply, dearer_reply))
            for tokens, dearer, dearer_reply in known.above
        )
        return Prices(_or(prompt, known.prompt), _or(reply, known.completion), above)

    def request(
        self,
        messages: tuple[Message, ...],
        schema: Mapping[str, JsonValue] | None,
        sampling: Mapping[str, JsonValue],
        replica: int,
    ) -> Request:
        """The request that these settings make of a prompt.

        Raises ValueError when ``sampling`` holds what is not sampling.
        """
        refuse_reserved(sampling)
        own: dict[str, JsonValue] = {**self.sampling}
        if self.temperature is not None:
            own["temperature"] = float(self.temperature)
        if self.top_p is not None:
            own["top_p"] = float(self.top_p)
        return Request(
            messages=messages,
            model=self.model,
            max_tokens=self.max_reply_tokens,
            revision=self.revision,
            sampling={**own, **sampling},
            schema=schema,
            replica=replica,
        )


def refuse_reserved(
    sampling: Mapping[str, JsonValue], more: Iterable[tuple[str, str]] = ()
) -> None:
    """Raise ValueError when ``sampling`` holds what the call layer decides, or a name in ``more``."""
    reserved = {**_NOT_SAMPLING, **dict(more)}
    inner = sampling.get("extra_body")
    names = {*sampling, *(inner if isinstance(inner, dict) else ())}
    for name in sorted(names & reserved.keys()):
        raise ValueError(f"{name!r} is no sampling: {reserved[name]}")


def _or(given: float | None, known: float) -> float:
    return known if given is None else given
