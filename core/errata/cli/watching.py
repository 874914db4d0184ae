"""``show --follow`` and ``serve``: a run in progress, seen from another terminal or a browser.

Both read files only: no lock is taken, and the run does not notice.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from errata.cli.showing import show_run
from errata.errors import UserError
from errata.report.following import Follower, Now
from errata.report.serving import Server
from errata.report.words import printable
from errata.store import Store

_EVERY = 1.0  # seconds between two looks
_PLAIN_EVERY = 5.0  # seconds between two lines where nobody sees a line change


def follow_run(directory: Path, *, as_json: bool, console: Console | None = None) -> None:
    """Show how far a run is until it is finished, then what it has come to; ctrl-C ends it sooner."""
    if as_json:
        raise UserError("--follow and --json do not go together: `errata serve DIR` has now.json")
    console, follower = console or Console(), Follower(Store(directory))
    now = follower.look()
    try:
        if console.is_terminal:
            now = _on_terminal(follower, now, console)
        else:
            now = _in_lines(follower, now, console)
    except KeyboardInterrupt:
        return
    show_run(directory, as_json=False, console=console)


def _on_terminal(follower: Follower, now: Now, console: Console) -> Now:
    with Live(_shown(now.lines), console=console, transient=True, auto_refresh=False) as live:
        while not now.manifest.ended:
            time.sleep(_EVERY)
            now = follower.look()
            live.update(_shown(now.lines), refresh=True)
    return now


def _in_lines(follower: Follower, now: Now, console: Console) -> Now:
    told: Sequence[str] = ()
    while True:
        if now.lines != told:
            told = now.lines
            console.print(_text(" | ".join(told)), soft_wrap=True)
        if now.manifest.ended:
            return now
        time.sleep(_PLAIN_EVERY)
        now = follower.look()


def _shown(lines: Sequence[str]) -> Group:
    return Group(*(_text(line) for line in lines))


def _text(line: str) -> Text:
    return Text(printable(line))


def serve_run(directory: Path, port: int) -> None:
    """Serve the report of a run until ctrl-C. Raises UserError when the port is taken."""
    store = Store(directory)
    store.manifest()
    try:
        server = Server(store, port)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "something listens there already" if taken else str(error)
        raise UserError(
            f"--port {port}: {why}; take another one, or --port 0 for a free one"
        ) from error
    print(f"{server.url}  (this machine only; ctrl-C stops)", flush=True)
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()
