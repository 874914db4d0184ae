"""Runs command lines in forked children that kill themselves (see test_crash.py).

Reads one JSON object a line: ``arguments``, ``log``, ``kill_at``, ``torn``; answers with the child's
exit code. A small process of its own, because forking a test process with torch in it is slow.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from errata import plugins
from errata.cli import running


def errata(arguments: list[str], log: str, kill_at: int, torn: bool) -> None:
    """Run the command line; die at the ``kill_at``-th durable write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    stage = {"now": "setup"}
    notify = plugins.Active.notify

    def watched(self, notice, **values):  # type: ignore[no-untyped-def]  # a test's own wrapper
        if notice == "errata_stage_started":
            stage["now"] = f"{values['round_name']} {values['stage']}"
        return notify(self, notice, **values)

    plugins.Active.notify = watched  # type: ignore[method-assign]  # observing, not replacing
    real, count = os.fsync, 0

    def fsync(descriptor: int) -> None:
        nonlocal count
        count += 1
        if log:
            with Path(log).open("a") as out:
                out.write(stage["now"] + "\n")
        if count == kill_at:
            if torn:
                size = os.fstat(descriptor).st_size
                os.ftruncate(descriptor, max(0, size - 7))
            os.kill(os.getpid(), signal.SIGKILL)
        real(descriptor)

    os.fsync = fsync
    if arguments[0] == "resume":
        running.resume_run(Path(arguments[1]), None)
    else:
        running.run_recipe(arguments[1], Path(arguments[2]), (), None)


def main() -> None:
    """Serve until the input ends."""
    plugins.Catalogue().offers  # noqa: B018 imports what every child needs
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                errata(**asked)
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
