"""Serves the report of a run on this machine, anew whenever a stage is done.

Bound to 127.0.0.1; reads only (GET and HEAD); knows three paths and opens no file by a name that it is
given; answers only requests whose Host is this machine's, so that no other site's name can be pointed
at it (DNS rebinding); and says in a header what the page's own policy says: of scripts only ours runs.
Not covered: serving to others; there is no password.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from errata.errors import ErrataError
from errata.report.following import Follower
from errata.report.page import page_of, policy
from errata.report.steps import Steps, domain_steps
from errata.report.summary import summarize
from errata.store import Store

ADDRESS = "127.0.0.1"
_HTML, _JSON, _TEXT = "text/html", "application/json", "text/plain"
_IDLE = 30.0  # seconds that a connection may say nothing


class Pages:
    """The page of a run as of its last finished stage, made anew beside the requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._follower = Follower(store)
        self._looking, self._making = threading.Lock(), threading.Lock()
        self._page, self._version, self._problem = "", "", ""
        self._split = cache(lambda use, options: domain_steps(use, json.loads(options)))

    def page(self) -> str:
        """The page. Raises what ``page_of`` does where there has never been one."""
        if not self._page:
            self.refresh()
        return self._page

    def refresh(self) -> None:
        """Make the page anew unless it is as of now, or being made.

        A run that is just clearing files for a resume may not read: then the page stays as it was.
        """
        wait = not self._page
        if not self._making.acquire(blocking=wait):
            return
        try:
            version = self._current()
            if version == self._version:
                return
            try:
                self._page = page_of(self._store, live=True, split=self._steps)
                self._problem = ""
            except (ErrataError, LookupError, OSError) as error:
                if not self._page:
                    raise
                self._problem = f"The page is as it was: {error}"
            self._version = version
        finally:
            self._making.release()

    def news(self) -> dict[str, Any]:
        """How far the run is, and the version of the page that is served."""
        with self._looking:
            lines = self._follower.look().lines
        if self._page and self._current() != self._version:
            threading.Thread(target=self.refresh, daemon=True).start()
        return {"version": self._version, "lines": [*lines, *filter(None, [self._problem])]}

    def summary(self) -> str:
        """The figures."""
        return summarize(self._store).model_dump_json(indent=1)

    def _current(self) -> str:
        found = self._store.file("run.json").stat()
        return f"{found.st_mtime_ns}-{found.st_size}"

    def _steps(self, use: str, options: dict[str, Any]) -> tuple[Steps, str]:
        """A domain is loaded once."""
        return self._split(use, json.dumps(options, sort_keys=True))


class Server(ThreadingHTTPServer):
    """The server of one run's pages; ``port`` 0 takes a free one."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, store: Store, port: int) -> None:
        self.pages = Pages(store)
        super().__init__((ADDRESS, port), _Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{ADDRESS}:{self.port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version, sys_version = "errata", ""
    protocol_version = "HTTP/1.0"  # a connection a request: none outlives the server
    timeout = _IDLE

    def do_GET(self) -> None:
        """See ``_answer``."""
        self._answer()

    def do_HEAD(self) -> None:
        """See ``_answer``."""
        self._answer()

    def _refuse(self) -> None:
        self.close_connection = True  # a body may follow, which nobody reads
        self._send(HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, "this server only reads: GET, HEAD\n")

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every other method is refused."""
        if name.startswith("do_"):
            return self._refuse
        raise AttributeError(name)

    def _answer(self) -> None:
        if not self._here():
            self._send(
                HTTPStatus.FORBIDDEN,
                _TEXT,
                f"this is {self.server.url}; no other name is answered\n",
            )
            return
        pages = self.server.pages
        try:
            match self.path.split("?", maxsplit=1)[0]:
                case "/":
                    self._send(HTTPStatus.OK, _HTML, pages.page())
                case "/now.json":
                    self._send(HTTPStatus.OK, _JSON, json.dumps(pages.news()))
                case "/summary.json":
                    self._send(HTTPStatus.OK, _JSON, pages.summary())
                case _:
                    self._send(
                        HTTPStatus.NOT_FOUND, _TEXT, "there is /, /now.json, /summary.json\n"
                    )
        except (ErrataError, LookupError, OSError) as error:
            self._send(
                HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, f"the run does not read now: {error}\n"
            )

    def _here(self) -> bool:
        port = self.server.port
        names = {f"{name}:{port}" for name in (ADDRESS, "localhost")}
        return (self.headers.get("Host") or "").lower() in names

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": f"{policy(live=True)}; frame-ancestors 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "GET, HEAD"
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
        """Nothing is logged: the terminal is for how the run goes."""
