"""A server on loopback that answers like an OpenAI endpoint, and misbehaves when a prompt asks it to.

A prompt that holds ``fault=NAME*K`` meets that fault at its first K arrivals and is answered then.
Every prompt has one right answer, computed from its text. In this process (``FaultServer``, a thread)
or in its own (``python -m faults.server``; it prints its port).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web  # noqa: TID253 the tests' server needs it from the start

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_FAULT = re.compile(r"fault=([\w-]+)\*(\d+)")
PROMPT_TOKENS, REPLY_TOKENS = 10, 5
# Faults after which the server has done, and may charge for, the work.
PAID = {"hang", "cut", "cut-midway", "malformed", "truncated", "html", "empty", "slow", "no-usage"}
PAID |= {"refusal", "length", "prose", "wrong-type", "surrogate", "late", "mislabeled"}
# Replies of status 200 that are no completion, or not all of one.
UNUSABLE = {"malformed", "truncated", "html", "empty", "wrong-type", "cut-midway"}
_LATE = 0.15  # seconds


def answer_to(prompt: str) -> str:
    """The right answer to a prompt."""
    return hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest()[:12]


@dataclass
class Script:
    """What the server does for everybody: ``latency`` in seconds, and a token bucket if ``rate``.

    ``totals`` counts under one name, so that memory does not grow with the number of prompts.
    """

    latency: float = 0.0
    rate: float = 0.0
    burst: float = 0.0
    retry_after: float | None = None
    totals: bool = False


@dataclass
class Seen:
    """The server's log, by prompt: what arrived, which completions it worked for (``paid``: a peer
    that fell silent may be charged all the same), and which it handed over to the last byte."""

    arrived: Counter[str] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)
    completed: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    most_at_once: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)


class Endpoint:
    """The web application."""

    def __init__(self, script: Script, *, keep_bodies: bool = True) -> None:
        self.script, self.seen, self._keep = script, Seen(), keep_bodies
        self._level, self._at, self._now = script.burst, 0.0, 0
        self.app = answering(self.complete)
        self.app.router.add_get("/seen", self.tell)

    async def tell(self, request: web.Request) -> web.Response:
        seen = self.seen
        counts = {name: dict(getattr(seen, name)) for name in ("arrived", "paid", "completed")}
        return web.json_response({**counts, "refused": seen.refused})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        prompt = str(body["messages"][-1]["content"]) if body["messages"] else ""
        if self._keep:
            self.seen.bodies.append(body)
        self._now += 1
        self.seen.most_at_once = max(self.seen.most_at_once, self._now)
        try:
            if not self._take():
                self.seen.refused += 1
                return self._throttled()
            name = "all" if self.script.totals else prompt
            self.seen.arrived[name] += 1
            if self.script.latency:
                await asyncio.sleep(self.script.latency)
            fault = _FAULT.search(prompt)
            wrong = fault[1] if fault and self.seen.arrived[name] <= int(fault[2]) else ""
            if not wrong or wrong in PAID:
                self.seen.paid[name] += 1
            response = await self._respond(request, wrong, prompt, body)
            if response.status == 200 and wrong not in UNUSABLE:
                await response.write_eof()
                self.seen.completed[name] += 1
            return response
        except ConnectionResetError:  # the client has gone
            return web.Response(status=499)
        finally:
            self._now -= 1

    def _take(self) -> bool:
        if not self.script.rate:
            return True
        now = asyncio.get_running_loop().time()
        if not self._at:
            self._at = now
        self._level = min(self.script.burst, self._level + (now - self._at) * self.script.rate)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def _throttled(self, retry_after: float | None = None) -> web.Response:
        after = self.script.retry_after if retry_after is None else retry_after
        headers = {"Retry-After": f"{after:g}"} if after is not None else {}
        return web.json_response({"error": {"message": "slow down"}}, status=429, headers=headers)

    async def _respond(
        self, request: web.Request, fault: str, prompt: str, body: dict[str, Any]
    ) -> web.StreamResponse:
        whole = json.dumps(_completion(prompt, body, fault)).encode()
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault == "late":
            await asyncio.sleep(_LATE)
        if fault == "cut":
            _cut(request)
        if fault in ("429", "429-after"):
            self.seen.refused += 1
            return self._throttled(0.2 if fault == "429-after" else None)
        return _wrong(fault, whole) or await _streamed(request, fault, whole)


def _cut(request: web.Request) -> None:
    if request.transport is not None:  # else the client has gone by itself
        request.transport.abort()


def _wrong(fault: str, whole: bytes) -> web.Response | None:
    """Answers that are no completion."""
    if fault.isdigit():
        return web.json_response({"error": {"message": f"fault {fault}"}}, status=int(fault))
    if fault == "filter":
        return web.json_response({"error": {"code": "content_filter"}}, status=400)
    if fault == "html":
        return web.Response(body=b"<html>Bad gateway</html>", content_type="text/html")
    bodies = {"malformed": b"{'no json", "truncated": whole[:40], "empty": b""}
    bodies["wrong-type"] = b'{"choices": 7}'
    return web.Response(body=bodies[fault]) if fault in bodies else None


async def _streamed(request: web.Request, fault: str, whole: bytes) -> web.StreamResponse:
    """The completion, whole or as the fault has it."""
    kind = "text/html" if fault == "mislabeled" else "application/json"
    response = web.StreamResponse(headers={"Content-Type": kind})
    response.content_length = len(whole)
    await response.prepare(request)
    if fault == "cut-midway":
        await response.write(whole[:30])
        _cut(request)
    elif fault == "slow":
        for start in range(0, len(whole), 40):
            await response.write(whole[start : start + 40])
            await asyncio.sleep(0.02)
    else:
        await response.write(whole)
    return response


def _completion(prompt: str, body: dict[str, Any], fault: str) -> dict[str, Any]:
    content: str | None = json.dumps({"value": answer_to(prompt)})
    finish, message = "stop", {"role": "assistant"}
    if fault == "refusal":
        content, message["refusal"] = None, "I cannot help with that"
    if fault == "length":
        content, finish = '{"value": "cut o', "length"
    if fault == "prose":
        content = "I would rather not say."
    if fault == "surrogate":
        content = "\ud800 half a character\x00"
    choice = {"index": 0, "finish_reason": finish, "message": {**message, "content": content}}
    found = {"model": f"{body['model']}-served", "choices": [choice]}
    found |= {"id": "chatcmpl-1", "object": "chat.completion", "created": 1}
    usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": REPLY_TOKENS}
    usage["total_tokens"] = PROMPT_TOKENS + REPLY_TOKENS
    return found if fault == "no-usage" else {**found, "usage": usage}


class Loopback:
    """A web application on a thread of this process. ``shutdown_timeout`` is in seconds."""

    def __init__(self, app: web.Application, **runner: float) -> None:
        self._loop = asyncio.new_event_loop()
        self._runner = web.AppRunner(app, access_log=None, **runner)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(started(self._runner), self._loop).result(10)

    @property
    def url(self) -> str:
        """The endpoint's address, with its /v1."""
        return f"http://127.0.0.1:{self.port}/v1"

    def stop(self) -> None:
        """Close the server, whatever still hangs there."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        await self._runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}  # those that hang as they were told
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class FaultServer(Loopback):
    """The endpoint on a thread of this process."""

    def __init__(self, script: Script | None = None) -> None:
        self.endpoint = Endpoint(script or Script())
        super().__init__(self.endpoint.app, shutdown_timeout=0.1)

    @property
    def seen(self) -> Seen:
        return self.endpoint.seen


def answering(complete: Handler) -> web.Application:
    """An application whose completions ``complete`` makes."""
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/chat/completions", complete)
    return app


async def started(runner: web.AppRunner, port: int = 0) -> int:
    """The port that the application listens on."""
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=2048)
    await site.start()
    return int(runner.addresses[0][1])


async def _serve(script: Script) -> None:
    runner = web.AppRunner(Endpoint(script, keep_bodies=False).app, access_log=None)
    print(await started(runner), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--burst", type=float, default=0.0)
    parser.add_argument("--retry-after", type=float)
    parser.add_argument("--totals", action="store_true")
    given = parser.parse_args()
    asyncio.run(_serve(Script(**vars(given))))


if __name__ == "__main__":
    main()
