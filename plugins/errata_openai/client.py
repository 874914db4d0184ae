"""The client: one POST per request, one connection per request in flight, no SDK.

The number of connections is not bounded here: the call layer bounds the requests in flight, and a
connection goes back to the pool when its reply is read. Not covered: streaming, and retries of any
kind (the call layer decides about those).
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from errata.calls.wire import (
    Ending,
    Prices,
    Rejected,
    Reply,
    Request,
    Throttled,
    Unanswered,
    Usage,
)
from errata.errors import InstructorError
from errata.records import Message
from errata_openai.settings import OpenAISettings

if TYPE_CHECKING:
    import aiohttp

_HOPELESS = {401, 402, 403, 404, 405}  # a wrong key, no money, no such model or path
_OVERLOADED = {503, 529}  # the request was not begun
_CONTENT = ("content_filter", "content_policy", "content management policy")
_MOST_TOKENS = 10**9
_LONGEST_REPLY = 64 * 1024 * 1024  # bytes; more is no completion


class OpenAIClient:
    """An instructor behind an OpenAI-style endpoint.

    Raises LookupError when ``api_key_env`` names a variable that is not set.
    """

    def __init__(self, settings: OpenAISettings) -> None:
        self._settings = settings
        self.prices: Prices | None = settings.prices()
        self.takes_schema = settings.schema_mode
        self._url = settings.base_url.rstrip("/") + "/chat/completions"
        self._headers = {"Content-Type": "application/json"}
        if settings.api_key_env:
            key = os.environ.get(settings.api_key_env)
            if not key:
                raise LookupError(
                    f"the environment variable {settings.api_key_env} is not set: set it to the key"
                    f" for {settings.base_url}, or write `api_key_env: ''` if it needs none"
                )
            self._headers["Authorization"] = f"Bearer {key}"
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def request(
        self,
        messages: tuple[Message, ...],
        schema: Mapping[str, JsonValue] | None,
        sampling: Mapping[str, JsonValue],
        replica: int,
    ) -> Request:
        """See ``errata.parts.Instructor``."""
        return self._settings.request(messages, schema, sampling, replica)

    async def complete(self, request: Request) -> Reply:
        """Send one request; raises what ``errata.parts.Instructor`` says."""
        import aiohttp

        try:
            async with self._open().post(
                self._url, data=self._body(request), headers=self._headers
            ) as response:
                status, headers = response.status, response.headers
                body = await _read(response)
        except aiohttp.ClientConnectorError as error:
            raise Unanswered(f"no connection to {self._url}: {error}", paid=False) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise Unanswered(f"{type(error).__name__}: {error}") from error
        if status == 200:
            return _reply(body)
        if status == 400 and any(mark in _said(body).lower() for mark in _CONTENT):
            return Reply(_said(body), "refused", Usage(0, 0))
        raise self._fault(status, headers, body)

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
            self._settings.length_field: request.max_tokens,
            **request.sampling,
        }
        if request.schema is not None:
            schema: dict[str, Any] = {"name": "reply", "schema": request.schema}
            if self._settings.strict_schema:
                schema["strict"] = True
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return json.dumps(body).encode()

    def _fault(self, status: int, headers: Mapping[str, str], body: bytes) -> Exception:
        said = _said(body)
        if status == 429 and "insufficient_quota" not in said:
            return Throttled(_retry_after(headers))
        what = f"{self._url} answered {status}: {said[:300]}"
        if status in _HOPELESS or status == 429:
            return InstructorError(
                f"{what}. No request can succeed like this: look at base_url, model and"
                f" {self._settings.api_key_env or 'the key'}; everything received is kept"
            )
        if status >= 500 or status in (408, 409, 425):
            paid = status not in _OVERLOADED
            return Unanswered(what, paid=paid, retry_after=_retry_after(headers))
        return Rejected(what)


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
        ending = _ending(choice.get("finish_reason"), refusal)
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


def _ending(finish: object, refusal: object) -> Ending:
    if refusal or finish == "content_filter":
        return "refused"
    return "length" if finish == "length" else "stop"


def _usage(found: object) -> Usage | None:
    if not isinstance(found, dict):
        return None
    prompt, completion = found.get("prompt_tokens"), found.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    if not (0 <= prompt < _MOST_TOKENS and 0 <= completion < _MOST_TOKENS):
        return None  # a server that counts like this has not counted
    return Usage(prompt, completion)


def _said(body: bytes) -> str:
    return " ".join(body[:2000].decode("utf-8", "replace").split())


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from ``retry-after-ms`` or ``Retry-After`` (seconds or a date)."""
    for name, unit in (("retry-after-ms", 1000.0), ("Retry-After", 1.0)):
        value = headers.get(name, "").strip()
        if not value:
            continue
        try:
            seconds = float(value) / unit
        except ValueError:
            try:
                seconds = parsedate_to_datetime(value).timestamp() - time.time()
            except ValueError:
                continue
        if seconds == seconds:  # noqa: PLR0124 "nan" is a float, and no time to wait
            return min(max(0.0, seconds), 3600.0)
    return None
