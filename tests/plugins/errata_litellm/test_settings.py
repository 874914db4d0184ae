"""What the settings make of a model's name, and what a recipe is told before anything is sent."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from errata.calls.wire import Prices
from errata_litellm.plugin import LiteLLMPlugin, mistakes
from errata_litellm.settings import LiteLLMSettings
from errata_openai.plugin import OpenAIPlugin


@pytest.mark.parametrize(
    ("model", "api_base", "takes"),
    [
        ("openai/gpt-4o", "", True),
        ("gpt-4o", "", True),
        ("anthropic/claude-sonnet-4-5", "", True),
        ("gemini/gemini-2.5-pro", "", True),
        ("openai/gpt-3.5-turbo", "", False),
        ("groq/llama-3.3-70b-versatile", "", False),
        ("mistral/no-such-model", "", False),
        ("openai/no-such-model", "", False),
        ("openai/no-such-model", "http://localhost:8000/v1", True),
        ("hosted_vllm/Qwen/Qwen2.5-72B-Instruct", "http://localhost:8000/v1", True),
        ("ollama_chat/qwen2.5:14b", "", True),
    ],
)
def test_whether_a_schema_is_sent(model, api_base, takes):
    assert LiteLLMSettings(model=model, api_base=api_base).takes_schema() is takes
    for said in (True, False):
        given = LiteLLMSettings(model=model, api_base=api_base, schema_mode=said)
        assert given.takes_schema() is said


def test_prices_are_the_table_s_unless_given():
    assert LiteLLMSettings(model="anthropic/claude-opus-4-6").prices() == Prices(5, 25)
    assert LiteLLMSettings(model="hosted_vllm/x").prices() is None
    given = {"usd_per_million_prompt_tokens": 0, "usd_per_million_reply_tokens": 0}
    assert LiteLLMSettings(model="hosted_vllm/x", **given).prices() == Prices(0, 0)


@pytest.mark.parametrize("name", ["fallbacks", "num_retries", "cache", "api_key", "timeout", "n"])
def test_arguments_of_litellm_are_no_sampling(name):
    with pytest.raises(ValidationError, match=f"'{name}' is no sampling"):
        LiteLLMSettings(model="openai/x", sampling={name: 1})


def test_addresses():
    with pytest.raises(ValidationError, match="api_base"):
        LiteLLMSettings(model="openai/x", api_base="localhost:8000")


@pytest.fixture
def nothing_set(monkeypatch):
    for name in ("OPENAI", "ANTHROPIC", "GEMINI", "GOOGLE", "MISTRAL", "OPENROUTER"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("gpt-4o", "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-pro", "GEMINI_API_KEY"),
        ("mistral/mistral-large-latest", "MISTRAL_API_KEY"),
        ("openrouter/x/y", "OPENROUTER_API_KEY"),
    ],
)
def test_a_key_that_is_not_set_is_known_before_a_run(nothing_set, model, variable):
    found = mistakes(LiteLLMSettings(model=model))
    assert any(f"environment variable {variable} is not set" in mistake for mistake in found)
    assert mistakes(LiteLLMSettings(model=model, api_key_env="")) == ()
    nothing_set.setenv(variable, "dummy")
    assert mistakes(LiteLLMSettings(model=model)) == ()


@pytest.mark.parametrize(
    "model", ["ollama_chat/qwen2.5:14b", "hosted_vllm/x", "bedrock/x", "vertex_ai/x", "azure/x"]
)
def test_where_no_key_is_needed_or_a_key_is_not_the_only_way(nothing_set, model):
    assert mistakes(LiteLLMSettings(model=model)) == ()


def test_a_named_key_and_an_unknown_provider(nothing_set):
    nothing_set.delenv("SOME_KEY", raising=False)
    (found,) = mistakes(LiteLLMSettings(model="openai/gpt-4o", api_key_env="SOME_KEY"))
    assert "SOME_KEY is not set" in found
    nothing_set.setenv("SOME_KEY", "dummy")
    assert mistakes(LiteLLMSettings(model="openai/gpt-4o", api_key_env="SOME_KEY")) == ()
    (found,) = mistakes(LiteLLMSettings(model="nobody/knows"))
    assert "no provider for the model 'nobody/knows': write PROVIDER/MODEL" in found


@pytest.mark.parametrize("plugin", [LiteLLMPlugin, OpenAIPlugin])
def test_the_parts_check_themselves(nothing_set, plugin):
    parts = plugin().errata_parts()
    assert {part.kind for part in parts} == {"instructor", "target"}
    for part in parts:
        settings = part.settings.model_validate({"model": "openai/gpt-4o"})
        assert any("OPENAI_API_KEY is not set" in mistake for mistake in part.check(settings))
