"""Settings that every instructor shares: what determines its replies."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, JsonValue

from errata.calls.wire import Prices, Request
from errata.parts import Settings
from errata.records import Message


class InstructorSettings(Settings):
    """What goes into the key of every request, and what tokens cost."""

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
    schema_mode: bool = Field(
        True, description="send the reply's JSON schema; false: write it into the prompt"
    )
    usd_per_million_prompt_tokens: float | None = Field(
        None, ge=0, description="price; needed for a cap in dollars"
    )
    usd_per_million_reply_tokens: float | None = Field(
        None, ge=0, description="price; needed for a cap in dollars"
    )

    def prices(self) -> Prices | None:
        """The prices, None where one is missing."""
        prompt, reply = self.usd_per_million_prompt_tokens, self.usd_per_million_reply_tokens
        return None if prompt is None or reply is None else Prices(prompt, reply)

    def request(
        self,
        messages: tuple[Message, ...],
        schema: Mapping[str, JsonValue] | None,
        sampling: Mapping[str, JsonValue],
        replica: int,
    ) -> Request:
        """The request that these settings make of a prompt."""
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
