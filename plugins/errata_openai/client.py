"""The client: one POST per request, one connection per request in flight, no SDK.

The number of connections is not bounded here: the call layer bounds the requests in flight, and a
connection goes back to the pool when its reply is read. Not covered: streaming, and retries of any
kind (the call layer decides about those).
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

from errata.calls.client import ConfiguredInstructor, answered, ending_of, usage_of
from errata.calls.wire import Reply, Request, Unanswered, Usage
from errata_openai.settings import OpenAISettings, mistakes

if TYPE_CHECKING:
    import aiohttp

_LONGEST_REPLY = 64 * 1024 * 1024  # bytes; more is no completion


class OpenAIClient(ConfiguredInstructor[OpenAISettings]):
    """An instructor behind an OpenAI-style endpoint.

    Raises LookupError when ``api_key_env`` names a variable that is not set.
    """

    def __init__(self, settings: OpenAISettings) -> None:
        super().__init__(settings)
        for mistake in mistakes(settings):
            raise LookupError(mistake)
        self._url = settings.base_url.rstrip("/") + "/chat/completions"
        self._headers = {"Content-Type": "application/json"}
        if settings.api_key_env:
            self._headers["Authorization"] = f"Bearer {os.environ[settings.api_key_env]}"
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def complete(self, request: Request) -> Reply:
        """Send one request; raises what ``errata.parts.Instructor`` says."""
        import aiohttp

        try:
            async with self._open().post(
                self._url, data=self._body(request), headers=self._headers
            ) as response:
                status, headers = response.status, response.headers
                body = await _read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unanswered(f"no connection to {self._url}: {error}", paid=False) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise Unanswered(f"{type(error).__name__}: {error}") from error
        if status == 200:
            return _reply(body)
        said = body[:2000].decode("utf-8", "replace")
        look_at = f"base_url, model, sampling and {self.settings.api_key_env or 'the key'}"
        return answered(status, headers, said, who=self._url, look_at=look_at)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _body(self, request: Request) -> bytes:
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            self.settings.length_field: request.max_tokens,
            **request.sampling,
        }
        if request.schema is not None:
            schema: dict[str, Any] = {"name": "reply", "schema": request.schema}
            if self.settings.strict_schema:
                schema["strict"] = True
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return json.dumps(body).encode()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    length = response.content_length
    if length is not None and length > _LONGEST_REPLY:
        raise Unanswered(f"a reply of {length} bytes")
    return await response.read()


def _reply(body: bytes) -> Reply:
    """The completion in a body. Raises Unanswered when there is none: it may have been paid for."""
    try:
        found = json.loads(body)
        choice = found["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        ending = ending_of(choice.get("finish_reason"), refusal)
        if text is None and ending == "stop":
            raise Unanswered("a completion without content")
        if not isinstance(shown := text or refusal or "", str):
            raise Unanswered(f"a completion whose content is {type(shown).__name__}")
        return Reply(shown, ending, _usage(found.get("usage")), str(found.get("model") or ""))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        start = body[:80].decode("utf-8", "replace")
        raise Unanswered(
            f"200, but not a completion ({type(error).__name__}: {error}): {start!r}"
        ) from error


def _usage(found: object) -> Usage | None:
    if not isinstance(found, dict):
        return None
    return usage_of(found.get("prompt_tokens"), found.get("completion_tokens"))
