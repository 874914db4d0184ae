"""A run of an ablation in a process of its own: ``python -m errata.cli.arm COMMAND …``.

The command line of ``errata`` itself, which ends when its standard input does: the process that
started it holds the other end, so that nothing runs on after that one was killed.
"""

from __future__ import annotations

import os
import signal
import threading


def _die_with_the_parent() -> None:
    # Not through ``sys.stdin``, whose lock would be held when the interpreter ends.
    while os.read(0, 1):
        pass
    # As by `kill -9`: what is finished is durable, and the same ablation goes on from there.
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Watch standard input, and be ``errata``."""
    from errata.cli.app import main as errata

    threading.Thread(target=_die_with_the_parent, daemon=True).start()
    errata()


if __name__ == "__main__":
    main()
