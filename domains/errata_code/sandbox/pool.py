"""The side of the engine: warm processes, one check at a time each, from any thread.

Not covered: what a check is (``judge``) and how it is confined (``server``).
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import errata
from errata_code.sandbox.wire import Lost, receive, send

Isolation = Literal["auto", "full", "filter"]
_START = (
    "import sys; roots = sys.argv.pop(); sys.path[:0] = roots.split('|');"
    " from errata_code.sandbox.server import main; del sys.path[: roots.count('|') + 1]; main()"
)
_START_SECONDS = 60
# Nothing of this process's environment; sets in the same order every time.
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Limits:
    """``seconds`` of processor time and ``megabytes`` for each of a check's two processes."""

    seconds: int = 10
    megabytes: int = 512

    @property
    def wall(self) -> float:
        """Seconds on the clock, for what sleeps; a busy machine must not make anything late."""
        return 3 * self.seconds + 2


@dataclass(frozen=True)
class Check:
    """A program, the tests that it has to pass, and the name that it is asked to define."""

    program: str
    tests: str
    entry: str = ""


@dataclass(frozen=True)
class Ran:
    """``reason``: an exception's class, ``timeout``, ``syntax``, ``wrong value``…, or why undecided."""

    outcome: Literal["right", "wrong", "undecided"]
    reason: str = ""
    detail: str = ""


class NoSandbox(OSError):
    """This machine has not what a check needs."""


class _Server:
    """One warm process."""

    def __init__(self, isolation: Isolation) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        roots = "|".join(str(Path(found).parents[1]) for found in (errata.__file__, _package()))
        with theirs, tempfile.TemporaryDirectory(prefix="errata-sandbox-") as folder:
            self._process = subprocess.Popen(  # noqa: S603 our own interpreter and module
                [
                    sys.executable,
                    "-s",
                    "-P",
                    "-B",
                    "-c",
                    _START,
                    str(theirs.fileno()),
                    isolation,
                    roots,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=folder,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
            theirs.close()
            self._control.settimeout(_START_SECONDS)
            found = self._told()
        if not found.get("level"):
            self.close()
            raise NoSandbox(found.get("why") or "the sandbox did not start")
        self.level, self.why = found["level"], found["why"]

    def check(self, check: Check, limits: Limits) -> Ran:
        """Run one check; raises NoSandbox when it could not be begun or the server is gone."""
        ours, theirs = socket.socketpair()
        asked = {"seconds": limits.seconds, "megabytes": limits.megabytes, "wall": limits.wall}
        with ours:
            with theirs:
                self._control.settimeout(limits.wall + _START_SECONDS)
                try:
                    socket.send_fds(self._control, [json.dumps(asked).encode()], [theirs.fileno()])
                except OSError as error:
                    raise NoSandbox(f"the sandbox has ended: {error}") from error
            found = _heard(ours.fileno(), check)
            ended = self._told()
        if "status" not in ended:
            raise NoSandbox(ended.get("failure") or "the sandbox has ended")
        if found is not None:
            return found
        if ended["late"] or ended["status"] == -9:
            return Ran("wrong", "timeout", "it ran past its time")
        return Ran("wrong", "crash", f"the tests' process ended with status {ended['status']}")

    def _told(self) -> dict[str, Any]:
        try:
            message = self._control.recv(1 << 12)
        except OSError:
            return {}
        return dict(json.loads(message)) if message else {}

    def close(self) -> None:
        """End the process; its checks end with it."""
        self._control.close()
        self._process.kill()
        self._process.wait()


def _package() -> str:
    return str(Path(__file__).parent)


def _heard(channel: int, check: Check) -> Ran | None:
    """What the judge says; None when it ends without a word, which the server sees to."""
    try:
        send(channel, check.program)
        send(channel, [check.tests, check.entry])
        told = receive(channel)
    except Lost:
        return None
    return Ran(told["outcome"], told["reason"], told.get("detail", ""))


class Sandbox:
    """Checks programs, as many at once as there are processors."""

    def __init__(self, isolation: Isolation = "auto", limits: Limits | None = None) -> None:
        self._isolation, self._limits = isolation, limits or Limits()
        self._size = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        self._slots = threading.BoundedSemaphore(self._size)
        self._idle: list[_Server] = []
        self._lock = threading.Lock()
        self._level = ""

    def check(self, check: Check) -> Ran:
        """One check; never raises for what a program does. Undecided where there is no sandbox."""
        try:
            with self._server() as server:
                return server.check(check, self._limits)
        except NoSandbox as error:
            return Ran("undecided", f"no sandbox: {error}")
        except ValueError as error:  # longer than a message may be
            return Ran("wrong", "too long", str(error))

    def check_all(self, checks: Sequence[Check]) -> list[Ran]:
        """Checks in order, side by side."""
        with ThreadPoolExecutor(self._size) as threads:
            return list(threads.map(self.check, checks))

    @property
    def level(self) -> str:
        """``namespaces`` or ``filter``; raises NoSandbox where there is neither."""
        with self._server() as server:
            return str(server.level)

    @contextmanager
    def _server(self) -> Iterator[_Server]:
        with self._slots:
            with self._lock:
                server = self._idle.pop() if self._idle else None
            if server is None:
                server = _Server(self._isolation)
                self._warn(server)
            in_step = False
            try:
                yield server
                in_step = True
            finally:
                if not in_step:  # a check that was broken off may still have something to say
                    server.close()
            with self._lock:
                self._idle.append(server)

    def _warn(self, server: _Server) -> None:
        if server.why and not self._level:
            warnings.warn(
                f"programs are checked without namespaces ({server.why}): they cannot write, start"
                " processes or use the network, but they can read what you can read",
                RuntimeWarning,
                stacklevel=2,
            )
        self._level = server.level

    def close(self) -> None:
        """End all idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for server in idle:
            server.close()


_shared: dict[tuple[int, Isolation, Limits], Sandbox] = {}
_shared_lock = threading.Lock()


def shared(isolation: Isolation = "auto", limits: Limits | None = None) -> Sandbox:
    """This process's sandbox with these settings, made at the first call and closed at exit."""
    key = (os.getpid(), isolation, limits or Limits())  # a forked child must not share its parent's
    with _shared_lock:
        if key not in _shared:
            _shared[key] = Sandbox(isolation, limits)
            atexit.register(_shared[key].close)
        return _shared[key]
