"""LiteLLM, imported when it is used, and kept from doing anything but what it is asked to.

Left alone it fetches its table of prices and of Anthropic's headers, reads ``.env``, limits
connections, and prints. Not covered: a process that has imported LiteLLM before.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Coroutine
from functools import cache
from typing import Any, NoReturn

_ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_MODE": "PRODUCTION",  # do not read .env
    # The call layer bounds the requests in flight; 0 would be aiohttp's own limit, 100.
    "AIOHTTP_CONNECTOR_LIMIT": "65536",
    "AIOHTTP_CONNECTOR_LIMIT_PER_HOST": "0",
}
_AS_SHIPPED: dict[str, Any] = {
    "cache": None,
    "drop_params": False,  # a setting that does not reach the model is an error, not a silence
    "enable_anthropic_prompt_caching": False,  # filling a cache costs more than its prices say
    "fallbacks": None,
    "modify_params": False,  # what the key says is what is sent
    "num_retries": None,
    "route_all_chat_openai_to_responses": False,
    "suppress_debug_info": True,
    "telemetry": False,
}
_OTHER_LOGINS = ("azure", "bedrock", "sagemaker", "vertex_ai")  # not only by a key


@cache
def litellm() -> Any:
    """The module; the first call takes seconds."""
    os.environ.update(_ENVIRONMENT)
    import litellm as module

    for name, value in _AS_SHIPPED.items():
        setattr(module, name, value)
    _send_once()
    _report_to_nobody()
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    # A malformed reply is an error here; that it serializes oddly is of no interest.
    warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
    return module


def _send_once() -> None:
    """Take away the two ways in which LiteLLM sends a request again, although the first may have been
    received and paid for: its own HTTP client does when a connection breaks, and with some providers
    it does not hand ``max_retries=0`` on to OpenAI's SDK."""
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
    from litellm.llms.openai.openai import OpenAIChatCompletion

    client_of = OpenAIChatCompletion._get_openai_client

    def without_retries(*arguments: Any, **more: Any) -> Any:
        return client_of(*arguments, **{**more, "max_retries": 0})

    OpenAIChatCompletion._get_openai_client = without_retries
    AsyncHTTPHandler.single_connection_post_request = _not_again


def _report_to_nobody() -> None:
    """Take away the queue of reports on finished calls: it costs time, and nobody reads them."""
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    def forget(async_coroutine: Coroutine[object, object, object]) -> None:
        async_coroutine.close()

    GLOBAL_LOGGING_WORKER.ensure_initialized_and_enqueue = forget


async def _not_again(*_arguments: object, **_more: object) -> NoReturn:
    """Stands for the second try of LiteLLM's HTTP client; it is called while an error is handled."""
    error = sys.exception()
    assert error is not None
    raise error


def mistakes_of(model: str, api_base: str, *, keys: bool) -> list[str]:
    """What LiteLLM can say without network: an unknown provider, and with ``keys`` the variables of
    keys that are not set."""
    module = litellm()
    try:
        _, provider, _, _ = module.get_llm_provider(model=model, api_base=api_base or None)
    except module.exceptions.BadRequestError:
        unknown = (
            f"LiteLLM knows no provider for the model {model!r}: write PROVIDER/MODEL, for instance"
            " openai/gpt-4o (https://docs.litellm.ai/docs/providers lists them)"
        )
        return [unknown]
    if not keys or provider.startswith(_OTHER_LOGINS):
        return []
    found = module.validate_environment(model=model, api_base=api_base or None)
    return [
        f"the environment variable {name} is not set: set it to the key for {provider}, name another"
        " by `api_key_env`, or write `api_key_env: ''` if it needs none"
        for name in found["missing_keys"]
        if name.endswith(("_KEY", "_TOKEN"))
    ]
