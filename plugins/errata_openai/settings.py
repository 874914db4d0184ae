"""Settings of the instructor ``openai``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from urllib.parse import urlsplit

from pydantic import Field

from errata.calls.prices import prices_of
from errata.calls.settings import InstructorSettings
from errata.calls.wire import Prices
from errata.sections import CallsUse


class OpenAISettings(InstructorSettings):
    """Where the server is and how it is spoken to; none of it determines a reply."""

    base_url: str = Field(
        "https://api.openai.com/v1",
        pattern="^https?://",
        description="address of the endpoint, with its /v1",
    )
    api_key_env: str = Field(
        "OPENAI_API_KEY", description="environment variable that holds the key; empty: no key"
    )
    length_field: str = Field(
        "max_tokens",
        pattern="^max_(completion_)?tokens$",
        description="the server's name for the longest reply; OpenAI's reasoning models want"
        " max_completion_tokens",
    )
    strict_schema: bool = Field(
        False, description="ask OpenAI for its strict mode, which not every schema fits"
    )

    def known_prices(self) -> Prices | None:
        """OpenAI's own, where LiteLLM's table is installed; nobody else's."""
        if urlsplit(self.base_url).hostname != "api.openai.com":
            return None
        tier = self.sampling.get("service_tier")
        return prices_of(f"openai/{self.model}", tier if isinstance(tier, str) else "")


class OpenAITargetSettings(OpenAISettings, CallsUse):
    """A target there, with a budget and a pace of its own."""


def mistakes(settings: OpenAISettings) -> Sequence[str]:
    """A key that is not set."""
    if not settings.api_key_env or os.environ.get(settings.api_key_env):
        return ()
    unset = (
        f"the environment variable {settings.api_key_env} is not set: set it to the key for"
        f" {settings.base_url}, or write `api_key_env: ''` if it needs none"
    )
    return (unset,)
