"""Settings of the instructor ``openai``."""

from __future__ import annotations

from pydantic import Field

from errata.calls.settings import InstructorSettings


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
