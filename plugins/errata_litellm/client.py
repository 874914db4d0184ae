"""The client: one call of LiteLLM per request, and what its errors come from.

LiteLLM gives most errors a status of its own guessing. So the status, the headers and the text are
taken from the HTTP answer at the root of an error; where there was none, an error is what was not
paid for only if no connection was made, or LiteLLM itself refused to send.

Not covered: streaming, and retries of any kind (the call layer decides about those).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from errata.calls.client import ConfiguredInstructor, answered, ending_of, hopeless, usage_of
from errata.calls.wire import Rejected, Reply, Request, Throttled, Unanswered, Usage
from errata_litellm.library import litellm
from errata_litellm.settings import LiteLLMSettings, unset_key

if TYPE_CHECKING:
    import httpx

_LONGEST = 86400.0  # seconds: the call layer's own timeout is the one that counts
_NO_KEY = "none"  # SDKs insist on one


class LiteLLMClient(ConfiguredInstructor[LiteLLMSettings]):
    """An instructor behind any provider of LiteLLM's.

    Raises LookupError when ``api_key_env`` names a variable that is not set.
    """

    def __init__(self, settings: LiteLLMSettings) -> None:
        super().__init__(settings)
        self._module = litellm()
        self._fixed = _fixed_arguments(settings)

    async def complete(self, request: Request) -> Reply:
        """Send one request; raises what ``errata.parts.Instructor`` says."""
        import httpx
        import openai

        try:
            found = await self._module.acompletion(**self._fixed, **self._arguments(request))
        except (openai.OpenAIError, httpx.HTTPError) as error:
            return self._made_of(error)
        except (ImportError, LookupError, TypeError, AttributeError, ValueError, OSError) as error:
            return self._made_of(error)  # what LiteLLM lets through now and then
        return _reply(found)

    async def close(self) -> None:
        """Close the connections, of every loop: LiteLLM knows loops by numbers that come again."""
        await self._module.close_litellm_async_clients()
        self._module.in_memory_llm_clients_cache.flush_cache()

    def _arguments(self, request: Request) -> dict[str, Any]:
        given: dict[str, Any] = {
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "max_tokens": request.max_tokens,
            **request.sampling,
        }
        if request.schema is not None:
            schema: dict[str, Any] = {"name": "reply", "schema": request.schema}
            if self.settings.strict_schema:
                schema["strict"] = True
            given["response_format"] = {"type": "json_schema", "json_schema": schema}
        return given

    def _made_of(self, error: Exception) -> Reply:
        """The refusal in an error. Raises what any other error means."""
        chain = list(_chain(error))
        who = self.settings.api_base or self.settings.model
        look_at = f"model, api_base, sampling and {self.settings.api_key_env or 'the key'}"
        answer = _answer(chain)
        if answer is not None:
            return answered(
                answer.status_code, answer.headers, _text(answer, error), who=who, look_at=look_at
            )
        said = " ".join(str(error).split())[:300]
        if any(self._is_about_everything(part) for part in chain):
            raise hopeless(f"LiteLLM did not send to {who}: {said}", look_at) from error
        if _not_connected(chain):
            raise Unanswered(f"no connection to {who}: {said}", paid=False) from error
        if isinstance(error, self._module.RateLimitError):
            raise Throttled(None) from error
        if isinstance(error, self._module.BadRequestError):
            raise Rejected(said) from error
        root = _broken_connection(chain) or error
        raise Unanswered(f"{type(root).__name__}: {' '.join(str(root).split())[:300]}") from error

    def _is_about_everything(self, error: BaseException) -> bool:
        found = self._module.exceptions
        kinds = (
            found.AuthenticationError,
            found.LiteLLMUnknownProvider,
            found.NotFoundError,
            found.PermissionDeniedError,
            found.UnsupportedParamsError,
            ImportError,
        )
        return isinstance(error, kinds)


def _fixed_arguments(settings: LiteLLMSettings) -> dict[str, Any]:
    """The arguments that every request has."""
    import httpx

    given: dict[str, Any] = {
        "model": settings.model,
        "num_retries": 0,
        "max_retries": 0,
        "caching": False,
        "timeout": httpx.Timeout(_LONGEST, connect=30.0),
    }
    if settings.api_base:
        given["api_base"] = settings.api_base
    if settings.api_key_env == "":
        given["api_key"] = _NO_KEY
    elif settings.api_key_env is not None:
        key = os.environ.get(settings.api_key_env)
        if not key:
            raise LookupError(unset_key(settings.api_key_env))
        given["api_key"] = key
    return given


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from, the last first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _answer(chain: list[BaseException]) -> httpx.Response | None:
    """The HTTP answer that an error came from; LiteLLM's own exceptions carry invented ones."""
    import httpx

    for error in reversed(chain):
        if isinstance(error, httpx.HTTPStatusError):
            return error.response
    return None


def _text(answer: httpx.Response, error: Exception) -> str:
    import httpx

    try:
        return answer.text
    except httpx.ResponseNotRead:
        return str(error)


def _not_connected(chain: list[BaseException]) -> bool:
    """Whether the request surely never left.

    LiteLLM calls many broken connections ``httpx.ConnectError``; aiohttp's own error, underneath, is
    exact.
    """
    import aiohttp
    import httpx

    root = _broken_connection(chain)
    if root is not None:
        return isinstance(root, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return any(isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) for error in chain)


def _broken_connection(chain: list[BaseException]) -> BaseException | None:
    import aiohttp

    return next((error for error in chain if isinstance(error, aiohttp.ClientError)), None)


def _reply(found: Any) -> Reply:
    """The completion that LiteLLM made. Raises Unanswered when it is none: it may have been paid."""
    try:
        choice = found.choices[0]
        message = choice.message
        text = message.content
        refusal = (getattr(message, "provider_specific_fields", None) or {}).get("refusal")
        ending = ending_of(choice.finish_reason, refusal)
    except (LookupError, TypeError, AttributeError) as error:
        raise Unanswered(f"not a completion ({type(error).__name__}: {error})") from error
    if text is None and ending == "stop":
        raise Unanswered("a completion without content")
    shown = text or refusal or ""
    if not isinstance(shown, str):
        raise Unanswered(f"a completion whose content is {type(shown).__name__}")
    return Reply(shown, ending, _usage(found), str(found.model or ""))


def _usage(found: Any) -> Usage | None:
    usage = getattr(found, "usage", None)
    prompt, reply = (getattr(usage, f"{name}_tokens", None) for name in ("prompt", "completion"))
    # Where a server counts nothing, LiteLLM writes 0; no prompt has no tokens.
    return usage_of(prompt, reply) if prompt else None
