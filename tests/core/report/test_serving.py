"""The served report: this machine only, reading only, and news while a run goes on."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from errata.cli.watching import serve_run
from errata.errors import RunDirectoryError, UserError
from errata.report.serving import Server
from errata.report.summary import summarize
from errata.store import Store


@pytest.fixture(scope="module")
def served(finished_run: Store) -> Iterator[Server]:
    server = Server(finished_run, 0)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def ask(
    server: Server, path: str, method: str = "GET", host: str | None = None
) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {"Host": host} if host is not None else {}
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_the_page_and_its_figures(served: Server, finished_run: Store) -> None:
    response, body = ask(served, "/")
    assert response.status == 200
    page = body.decode()
    assert '<html lang="en" data-live>' in page
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    response, body = ask(served, "/summary.json")
    assert json.loads(body) == json.loads(summarize(finished_run).model_dump_json())
    response, body = ask(served, "/now.json")
    assert json.loads(body)["lines"][0] == "Finished: all 2 rounds are done."


def test_a_head_has_no_body(served: Server) -> None:
    response, body = ask(served, "/", "HEAD")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) > 10_000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "MAKEITSO"])
def test_it_only_reads(served: Server, method: str) -> None:
    response, _ = ask(served, "/", method)
    assert response.status == 405
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/run.json",
        "/../run.json",
        "/%2e%2e/run.json",
        "//etc/passwd",
        "/report.html",
        "/./",
        "/x?/",
    ],
)
def test_no_other_path_is_known(served: Server, path: str) -> None:
    response, body = ask(served, path)
    assert response.status == 404
    assert b"manifest" not in body


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "[::1]:80"])
def test_another_hosts_name_is_refused(served: Server, host: str) -> None:
    for path in ("/", "/now.json", "/summary.json"):
        assert ask(served, path, host=host)[0].status == 403
    assert ask(served, "/", host=f"LOCALHOST:{served.port}")[0].status == 200


def test_it_listens_on_this_machine_only(served: Server) -> None:
    assert served.socket.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_and_a_folder_that_is_no_run(
    finished_run: Store, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"--port {port}: something listens there already"):
            serve_run(finished_run.path, port)
    with pytest.raises(UserError, match="--port 70000"):
        serve_run(finished_run.path, 70_000)
    with pytest.raises(RunDirectoryError, match=r"has no run\.json"):
        serve_run(tmp_path, 0)


def test_a_run_that_does_not_read_now_keeps_its_page(written_run: Callable[..., Store]) -> None:
    store = written_run(until=("round-1", "group"))
    server = Server(store, 0)
    before = server.pages.page()
    path = store.file("round-1/diagnoses.jsonl")
    text = path.read_bytes()
    path.write_bytes(b"{}\n" + text)
    store.save(store.manifest())  # as when a stage is done
    server.pages.refresh()
    assert server.pages.page() == before
    assert "The page is as it was" in server.pages.news()["lines"][-1]
    path.write_bytes(text)
    manifest = store.manifest()
    store.save(manifest.model_copy(update={"ended": "so far"}))
    server.pages.refresh()
    assert "Finished: so far." in server.pages.page()
    server.server_close()
