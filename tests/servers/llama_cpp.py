"""A program: llama.cpp's server from ``xllamacpp`` on a free port of loopback, until stdin ends.

Its address is the first line of standard output. One thread: threads of llama.cpp that share a core
with another process wait for each other for ten times the work.
"""

from __future__ import annotations

import os
import sys

import xllamacpp

SLOTS = 8
CONTEXT = 2048  # tokens a request


def main(model: str) -> None:
    """Serve the GGUF file ``model``."""
    given = xllamacpp.CommonParams()
    given.model.path = model
    given.hostnames, given.port = ["127.0.0.1"], 0
    given.n_parallel, given.n_ctx = SLOTS, SLOTS * CONTEXT
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(given)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # leaving in order would first finish every request


if __name__ == "__main__":
    main(sys.argv[1])
