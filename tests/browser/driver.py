"""A headless Chromium by its DevTools protocol: pages opened, looked at, clicked and pictured."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

MISSING = (
    "Chromium is not installed, so no page was opened in a browser: Debian's package `chromium` has it"
    " (`make test` installs it where it may)"
)
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
)
_PATIENCE = 120.0  # seconds for anything to happen: a busy machine is slow


def chromium() -> str | None:
    """The browser's path, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class PageError(AssertionError):
    """What a script of the page threw, or one of ours."""


class Tab:
    """A tab. Sizes are in CSS pixels."""

    def __init__(self, loop: asyncio.AbstractEventLoop, socket: Any, session: str) -> None:
        self._loop, self._socket, self._session = loop, socket, session
        self._number = 0
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._loaded = False
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result."""
        return self._loop.run_until_complete(self._send(method, parameters))

    async def _send(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        number = self._number
        await self._socket.send_json(
            {"id": number, "sessionId": self._session, "method": method, "params": parameters}
        )
        while True:
            message = await self._next()
            if message.get("id") == number and message.get("sessionId") == self._session:
                if "error" in message:
                    raise PageError(f"{method}: {message['error']['message']}")
                found: dict[str, Any] = message["result"]
                return found

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads((await self._socket.receive(timeout=_PATIENCE)).data)
        if message.get("sessionId") != self._session:
            return message  # another tab's
        method, about = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(about["exceptionDetails"].get("exception", about)))
        elif method == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.errors.append(about["entry"]["text"])
        return message

    def close(self) -> None:
        """Leave the page, so that its scripts stop."""
        self.send("Page.navigate", url="about:blank")

    def open(self, url: str) -> None:
        """Go to ``url`` and wait until it is loaded."""
        self._loaded = False
        self.send("Page.navigate", url=url)
        self._loop.run_until_complete(self._until_loaded())

    async def _until_loaded(self) -> None:
        while not self._loaded:
            await self._next()

    def run(self, script: str) -> Any:
        """The value of an expression on the page; a promise is waited for."""
        found = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise PageError(str(found["exceptionDetails"].get("exception", found)))
        return found["result"].get("value")

    def until(self, script: str, what: str = "") -> Any:
        """Wait until an expression is true."""
        end = time.monotonic() + _PATIENCE
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"did not happen: {what or script}"
            time.sleep(0.05)
        return value

    def look(self, width: int = 1200, height: int = 900, scheme: str = "light") -> None:
        """The size of the window, and what the system prefers."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)

    def press(self, key: str, code: str = "", text: str = "") -> None:
        """Press a key where the focus is."""
        common = {"key": key, "code": code or key, "windowsVirtualKeyCode": _KEYS.get(key, 0)}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def write(self, text: str) -> None:
        """Type where the focus is."""
        self.send("Input.insertText", text=text)

    def picture(self, path: Path, *, whole: bool = False, selector: str = "") -> None:
        """A PNG of what is seen, of the whole page, or of one element."""
        clip: dict[str, Any] = {}
        if selector:
            box = self.run(
                f"(b => ({{x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: b.height}}))"
                f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
            )
            clip = {"clip": {**box, "scale": 1}}
        elif whole:
            size = self.send("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"clip": {**size, "scale": 1}}
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=bool(clip), **clip)
        path.write_bytes(base64.b64decode(shot["data"]))


_KEYS = {"Tab": 9, "Enter": 13, " ": 32, "Escape": 27}


@contextmanager
def browser() -> Iterator[Callable[[], Tab]]:
    """A browser with a profile of its own; call what you get for a new tab."""
    program = chromium()
    assert program, MISSING
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        loop = asyncio.new_event_loop()
        try:
            session, socket = loop.run_until_complete(_connected(Path(profile)))
            yield lambda: Tab(loop, socket, loop.run_until_complete(_attached(socket)))
            loop.run_until_complete(session.close())
        finally:
            process.terminate()
            process.wait(10)
            loop.close()


async def _connected(profile: Path) -> tuple[Any, Any]:
    end = time.monotonic() + _PATIENCE
    told = profile / "DevToolsActivePort"
    while not (told.exists() and len(lines := told.read_text().splitlines()) > 1):
        assert time.monotonic() < end, "the browser did not start"
        await asyncio.sleep(0.05)
    port, path = lines[:2]
    import aiohttp

    session = aiohttp.ClientSession()
    return session, await session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0)


async def _attached(socket: Any) -> str:
    """The session of a new tab in a context of its own."""

    async def ask(number: int, method: str, **parameters: Any) -> Any:
        await socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = json.loads((await socket.receive(timeout=_PATIENCE)).data)
            if message.get("id") == number and "sessionId" not in message:
                return message["result"]

    context = await ask(1, "Target.createBrowserContext")
    target = await ask(
        2, "Target.createTarget", url="about:blank", browserContextId=context["browserContextId"]
    )
    attached = await ask(3, "Target.attachToTarget", targetId=target["targetId"], flatten=True)
    return str(attached["sessionId"])
