"""Settings of the instructor ``litellm``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue, field_validator

from errata.calls.prices import facts_of, prices_of
from errata.calls.settings import InstructorSettings, refuse_reserved
from errata.calls.wire import Prices
from errata.sections import CallsUse

# Servers that hold any model to a schema, so that the table of models need not know the model.
_TAKE_SCHEMAS = {"fireworks_ai", "hosted_vllm", "lm_studio", "ollama", "ollama_chat"}
_ELSEWHERE = "it does not determine a reply"
_OURS = "the call layer does that"
_NOT_SAMPLING = {
    "api_base": "it is a setting of its own",
    "api_key": "name its environment variable by api_key_env",
    "base_url": "use api_base",
    "cache": _OURS,
    "caching": _OURS,
    "client": _ELSEWHERE,
    "context_window_fallback_dict": _OURS,
    "custom_llm_provider": "it stands before the model: PROVIDER/MODEL",
    "fallbacks": _OURS,
    "max_retries": _OURS,
    "metadata": _ELSEWHERE,
    "mock_response": _ELSEWHERE,
    "model_list": _OURS,
    "num_retries": _OURS,
    "request_timeout": _OURS,
    "retry_policy": _OURS,
    "retry_strategy": _OURS,
    "shared_session": _ELSEWHERE,
    "timeout": _OURS,
}


class LiteLLMSettings(InstructorSettings):
    """Which provider is asked; beside ``model`` nothing here determines a reply.

    ``schema_mode: auto`` sends the schema where LiteLLM's table says that the model takes one, where
    the provider holds every model to it, and to endpoints of your own (``openai/…`` with
    ``api_base``).
    """

    model: str = Field(
        min_length=1, description="PROVIDER/MODEL, as LiteLLM has it: anthropic/claude-sonnet-4-5"
    )
    api_base: str = Field(
        "", pattern="^(https?://.*)?$", description="address of the endpoint; empty: the provider's"
    )
    api_key_env: str | None = Field(
        None,
        description="environment variable that holds the key; null: the provider's usual one;"
        " empty: no key",
    )
    strict_schema: bool = Field(
        False, description="ask OpenAI for its strict mode, which not every schema fits"
    )
    schema_mode: bool | Literal["auto"] = Field(
        "auto",
        description="send the reply's JSON schema, or write it into the prompt (false); auto: what"
        " the model is known to take",
    )

    @field_validator("sampling")
    @classmethod
    def _no_arguments_of_litellm(cls, sampling: dict[str, JsonValue]) -> dict[str, JsonValue]:
        refuse_reserved(sampling, _NOT_SAMPLING.items())
        return sampling

    @property
    def provider(self) -> str:
        """What stands before the model's name, if anything."""
        provider, slash, _ = self.model.partition("/")
        return provider if slash else ""

    def takes_schema(self) -> bool:
        """Whether the provider is told the schema of a reply."""
        if self.schema_mode != "auto":
            return self.schema_mode
        own_endpoint = self.provider == "openai" and bool(self.api_base)
        if own_endpoint or self.provider in _TAKE_SCHEMAS:
            return True
        facts = facts_of(self.model)
        return facts is not None and bool(facts.get("supports_response_schema"))

    def known_prices(self) -> Prices | None:
        """Those of LiteLLM's table."""
        tier = self.sampling.get("service_tier")
        return prices_of(self.model, tier if isinstance(tier, str) else "")


class LiteLLMTargetSettings(LiteLLMSettings, CallsUse):
    """A target there, with a budget and a pace of its own."""


def unset_key(name: str) -> str:
    """The message about a variable that ``api_key_env`` names and that is not set."""
    return (
        f"the environment variable {name} is not set: set it to the key, or write `api_key_env: ''`"
        " if none is needed"
    )
