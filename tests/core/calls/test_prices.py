"""Prices from the table in the installed LiteLLM; figures of the models are those of that table."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from errata.calls.prices import _steps, facts_of, prices_of
from errata.calls.settings import InstructorSettings
from errata.calls.wire import Prices
from errata_openai.settings import OpenAISettings

needs_table = pytest.mark.skipif(
    find_spec("litellm") is None, reason="litellm, whose table of prices this is, is not installed"
)


@pytest.fixture(scope="module")
def table():
    spec = find_spec("litellm")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    (folder,) = spec.submodule_search_locations
    return json.loads((Path(folder) / "model_prices_and_context_window_backup.json").read_bytes())


@needs_table
def test_by_name_with_and_without_the_provider():
    assert prices_of("gpt-4o") == prices_of("openai/gpt-4o") == Prices(2.5, 10)
    assert prices_of("anthropic/claude-opus-4-6") == prices_of("claude-opus-4-6") == Prices(5, 25)
    assert prices_of("ft:gpt-4o-2024-08-06:us::id") == prices_of("ft:gpt-4o-2024-08-06")
    assert prices_of("bedrock/anthropic.claude-opus-4-6-v1") == Prices(5, 25)


@needs_table
@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("openai/no-such-model", "unknown"),
        ("mistral/gpt-4o", "another provider's model"),
        ("hosted_vllm/Qwen/Qwen2.5-72B-Instruct", "one's own server"),
        ("ollama/llama3", "listed at zero"),
        ("perplexity/sonar", "searches cost besides"),
        ("text-embedding-3-small", "no model that answers"),
        ("sample_spec", "no model"),
        ("", "no name"),
    ],
)
def test_no_price_is_better_than_a_doubtful_one(model, why):
    assert prices_of(model) is None, why


@needs_table
def test_long_prompts(table):
    prices = prices_of("gemini/gemini-2.5-pro")
    assert prices is not None
    assert prices.above == ((200_000, 2.5, 15),)
    assert prices.cost(200_000, 1000) == pytest.approx(200_000 * 1.25e-6 + 1000 * 10e-6)
    # the whole of it, not only what lies above
    assert prices.cost(200_001, 1000) == pytest.approx(200_001 * 2.5e-6 + 1000 * 15e-6)
    tiered = prices_of("dashscope/qwen-plus-2025-07-28")
    assert tiered == Prices(0.4, 4.0, ((256_000, 1.2, 12.0),))  # reasoning costs more than replies


@needs_table
def test_dearer_services():
    plain, priority = prices_of("openai/gpt-4o"), prices_of("openai/gpt-4o", "priority")
    assert priority == Prices(4.25, 17)
    assert prices_of("openai/gpt-4o", "no-such-tier") == plain


@needs_table
def test_never_less_than_the_table_says(table):
    """Every model, at the lengths where its rates change: our price is no less than the dearest
    plain rate that the table has for such a prompt."""
    looked_at = 0
    for model in sorted(table):
        prices = prices_of(model)
        if prices is None:
            continue
        facts = facts_of(model)
        assert facts is not None
        looked_at += 1
        for thousands in (0, 128, 200, 256, 272, 512):
            tokens = thousands * 1000 + 1
            for side, price in (("input", prices.cost(tokens, 0) / tokens), ("output", None)):
                listed = [
                    facts.get(f"{side}_cost_per_token{tail}") or 0
                    for tail in ["", *(f"_above_{n}k_tokens" for n in (128, 200, 256, 272, 512))]
                    if not tail or int(tail.split("_")[2][:-1]) <= thousands
                ]
                reply = prices.cost(tokens, 1) - prices.cost(tokens, 0)
                ours = reply if price is None else price
                assert ours >= max(listed) * (1 - 1e-6), (model, side, thousands)
    assert looked_at > 1500


def test_a_rate_that_is_missing():
    assert _steps({"input_cost_per_token": 1e-6}, "") == []
    half = {
        "input_cost_per_token": 2e-6,
        "output_cost_per_token": 8e-6,
        "input_cost_per_token_above_128k_tokens": 4e-6,
    }
    assert _steps(half, "") == [(0, 2e-6, 8e-6), (128_000, 4e-6, 8e-6)]


@needs_table
def test_settings_go_before_the_table():
    openai = OpenAISettings(model="gpt-4o")
    assert openai.prices() == Prices(2.5, 10)
    assert OpenAISettings(model="gpt-4o", usd_per_million_reply_tokens=1).prices() == Prices(2.5, 1)
    assert OpenAISettings(
        model="gpt-4o", usd_per_million_prompt_tokens=3, usd_per_million_reply_tokens=4
    ).prices() == Prices(3, 4)
    assert OpenAISettings(model="gpt-4o", sampling={"service_tier": "priority"}).prices() == Prices(
        4.25, 17
    )
    # the same name behind another address may be anything
    assert OpenAISettings(model="gpt-4o", base_url="http://localhost:8000/v1").prices() is None
    assert OpenAISettings(model="gpt-4o", base_url="https://api.openai.com.me/v1").prices() is None
    assert InstructorSettings(model="gpt-4o").prices() is None
    assert InstructorSettings(model="gpt-4o", usd_per_million_reply_tokens=1).prices() is None


@needs_table
def test_a_price_of_one_side_holds_for_long_prompts_too():
    class FromTable(InstructorSettings):
        def known_prices(self):
            return prices_of(self.model)

    given = FromTable(model="gemini/gemini-2.5-pro", usd_per_million_prompt_tokens=9)
    assert given.prices() == Prices(9, 10, ((200_000, 9, 15),))


def test_litellm_is_not_imported_for_it():
    code = (
        "import sys; from errata.calls.prices import prices_of; prices_of('gpt-4o');"
        " sys.exit('litellm' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["n", "max_tokens", "stream", "tools", "response_format"])
def test_what_the_call_layer_decides_is_no_sampling(name):
    with pytest.raises(ValueError, match=f"'{name}' is no sampling"):
        InstructorSettings(model="m", sampling={name: 1})
    with pytest.raises(ValueError, match=f"'{name}' is no sampling"):
        InstructorSettings(model="m", sampling={"extra_body": {name: 1}})
    with pytest.raises(ValueError, match=f"'{name}' is no sampling"):
        InstructorSettings(model="m").request((), None, {name: 1}, 0)
