"""Says in ``live.json`` how far a run is, for those who follow it; an observer like any other plugin.

The file is replaced at most twice a second, and taken away when the process is done.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

from errata.calls.watching import Live
from errata.hooks import hookimpl
from errata.report.following import LIVE, Telling
from errata.store import Store

_EVERY = 0.5  # seconds


@dataclass
class Teller:
    """Keeps ``live.json`` of the run in ``store``."""

    store: Store
    _rounds: int = 0
    _now: Telling | None = None
    _told: float = field(default=0.0)
    _moved: bool = False

    @hookimpl
    def errata_run_started(self, directory: str, rounds: int) -> None:  # noqa: ARG002 the hook's
        """See ``errata.hooks``."""
        self._rounds = rounds

    @hookimpl
    def errata_stage_started(self, round_name: str, stage: str) -> None:
        """See ``errata.hooks``."""
        now = time.time()
        self._now = Telling(
            round=round_name,
            stage=stage,
            rounds=self._rounds,
            begun=now,
            at=now,
            pid=os.getpid(),
            host=socket.gethostname(),
        )
        self._moved = False
        self._tell(now)

    @hookimpl
    def errata_stage_progress(self, done: int, total: int) -> None:
        """See ``errata.hooks``."""
        first = {} if self._moved else {"already": done}
        self._moved = True
        self._change(done=done, total=total, **first)

    @hookimpl
    def errata_asking_progress(self, live: Live) -> None:
        """See ``errata.hooks``."""
        self._change(asking=live.line)

    def _change(self, **update: int | str) -> None:
        if self._now is None:
            return
        now = time.time()
        self._now = self._now.model_copy(update={**update, "at": now})
        if now - self._told >= _EVERY:
            self._tell(now)

    def _tell(self, now: float) -> None:
        assert self._now is not None
        self._told = now
        path = self.store.file(LIVE)
        temporary = path.with_name(f"{LIVE}.tmp")
        temporary.write_text(self._now.model_dump_json() + "\n", encoding="utf-8")
        temporary.replace(path)  # not durable: after a crash nobody wants it

    def close(self) -> None:
        """Take the file away, if there is one: where no run could begin, it did not either."""
        with suppress(FileNotFoundError, NotADirectoryError):
            self.store.file(LIVE).unlink()
