"""What tokens cost: LiteLLM's table, read from the file in its package without importing it.

The prices are those of the installed version; nothing is fetched. Where the table is in doubt, the
dearer reading holds, so that a cap in dollars does: caches are taken to miss, tokens of reasoning to
cost what they cost where that is more, and a model that is listed at zero, or that charges for more
than tokens, is taken to have no known price.

Not covered: discounts (caches, batches, contracts), images and sound, and the fees of tools.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from errata.calls.wire import Prices

_FILE = "model_prices_and_context_window_backup.json"
_MODES = {"chat", "completion", "responses"}
_CHARGED_BESIDES = ("input_cost_per_request", "citation_cost_per_token")
_LONG_PROMPT = re.compile(r"input_cost_per_token(_above_(\d+)k_tokens)")
_CACHES_UNASKED = {"openai", "azure"}  # they may charge for filling a cache that nobody asked for

# Prompt tokens above which it holds, dollars per token of the prompt and of the reply.
Step = tuple[int, float, float]


def prices_of(model: str, service_tier: str = "") -> Prices | None:
    """The prices of ``model``, a name as LiteLLM writes it (``openai/gpt-4o``, or ``gpt-4o`` where
    that is no other's), or None: LiteLLM is not installed, or no price is known for sure."""
    facts = facts_of(model)
    if facts is None or _charges_besides(model, facts):
        return None
    steps = _steps(facts, f"_{service_tier}" if service_tier else "")
    if not any(prompt or reply for _, prompt, reply in steps):
        return None
    in_millions = [(above, _million(prompt), _million(reply)) for above, prompt, reply in steps]
    _, prompt, reply = in_millions[0]
    return Prices(prompt, reply, tuple(in_millions[1:]))


def facts_of(model: str) -> Mapping[str, Any] | None:
    """What LiteLLM's table says about ``model``, or None."""
    table = _table()
    name = ":".join(model.split(":")[:2]) if "ft:" in model else model
    provider, _, rest = name.partition("/")
    found = table.get(name)
    if found is None and rest in table:
        found = table[rest]
        if not str(found.get("litellm_provider", "")).startswith(provider):
            return None
    return found if found and found.get("mode") in _MODES else None


@cache
def _table() -> dict[str, dict[str, Any]]:
    spec = importlib.util.find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / _FILE
        if path.is_file():
            table: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
            return table
    return {}


def _charges_besides(model: str, facts: Mapping[str, Any]) -> bool:
    searches = "search_context_cost_per_query" in facts and (
        facts.get("litellm_provider") == "perplexity" or "search" in model
    )
    return searches or any(facts.get(name) for name in _CHARGED_BESIDES)


def _steps(facts: Mapping[str, Any], tier: str) -> list[Step]:
    """Rates by length of the prompt, which never fall; empty when one of the first is not known."""
    ranges = facts.get("tiered_pricing")
    if isinstance(ranges, list):
        tails = [(int(part["range"][0]), part, "") for part in ranges]
    else:
        found = (_LONG_PROMPT.fullmatch(name) for name in facts)
        tails = [(int(match[2]) * 1000, facts, match[1]) for match in found if match]
        tails.append((0, facts, ""))
    steps: list[Step] = []
    for above, rates, tail in sorted(tails, key=lambda part: part[0]):
        prompt, reply = _rate(rates, "input", tail, tier), _rate(rates, "output", tail, tier)
        if not steps and (prompt is None or reply is None):
            return []
        _, least_prompt, least_reply = steps[-1] if steps else (0, 0.0, 0.0)
        steps.append((above, max(prompt or 0.0, least_prompt), max(reply or 0.0, least_reply)))
    return steps


def _rate(rates: Mapping[str, Any], side: str, tail: str, tier: str) -> float | None:
    """Dollars per token: the dearest that may be meant, None when the plain one is not known."""
    plain = f"{side}_cost_per_token{tail}"
    if rates.get(plain) is None:
        return None
    names = [plain, plain + tier]
    if side == "output":
        names.append("output_cost_per_reasoning_token")
    elif rates.get("litellm_provider") in _CACHES_UNASKED:
        names.append(f"cache_creation_input_token_cost{tail}")
    return max(float(rates.get(name) or 0.0) for name in names)


def _million(rate: float) -> float:
    return round(rate * 1e6, 9)  # 2.5e-06 * 1e6 is not quite 2.5
