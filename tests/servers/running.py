"""Real servers as child processes, and the call layer of a run in front of them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from errata.calls.asking import Asking
from errata.calls.budget import RUN, Budget, Caps
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.sending import Calls
from errata.parts import Services
from errata.seeds import stream

STARTING = 180.0  # seconds until a server must be up; ten on two idle cores
# By module, not by entry point: a plugin that the distribution does not list yet has servers, too.
PROVIDERS = {
    "openai": ("errata_openai.plugin", "OpenAIPlugin", "aiohttp"),
    "litellm": ("errata_litellm.plugin", "LiteLLMPlugin", "litellm"),
}
# One thread each: the tests must not depend on what else the machine does.
QUIET = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True)
class Running:
    """A server that answers at ``url`` (with its /v1) for the model it calls ``model``."""

    url: str
    model: str
    log: Path


def need(*packages: str, install: str) -> None:
    """Skip the test unless the packages can be imported."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (pip install {install})")


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def process(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """A child whose errors go to ``log``; it is ended, whatever happens."""
    with log.open("w") as errors:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **QUIET},
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()


def wait_until_healthy(child: subprocess.Popen[str], health: str, log: Path) -> None:
    """Wait for a 200 at the address ``health``; fail with the end of the log when it never comes."""
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urllib.request.urlopen(health, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    ended = f"ended with {child.returncode}" if child.poll() is not None else "is not up"
    pytest.fail(f"{child.args} {ended} after {STARTING:.0f} s:\n{log.read_text()[-3000:]}")


@contextmanager
def llama_cpp(gguf: Path, log: Path) -> Iterator[Running]:
    """llama.cpp's server on a GGUF file."""
    program = Path(__file__).with_name("llama_cpp.py")
    with process([sys.executable, str(program), str(gguf)], log) as child:
        assert child.stdout is not None
        address = child.stdout.readline().strip()
        if not address:
            pytest.fail(f"{program.name} ended:\n{log.read_text()[-3000:]}")
        wait_until_healthy(child, f"{address}/health", log)
        yield Running(f"{address}/v1", gguf.stem, log)


@contextmanager
def transformers_serve(folder: Path, log: Path) -> Iterator[Running]:
    """``transformers serve`` on a model folder, with continuous batching and a small cache: left to
    itself it reserves most of the memory there is."""
    program = Path(sys.executable).with_name("transformers")
    port = free_port()
    command = [str(program), "serve", "--host=127.0.0.1", f"--port={port}", "--device=cpu"]
    command += ["--dtype=bfloat16", "--continuous-batching", "--cb-num-blocks=64"]
    command += ["--cb-max-batch-tokens=256", str(folder)]
    with process(command, log) as child:
        wait_until_healthy(child, f"http://127.0.0.1:{port}/health", log)
        yield Running(f"http://127.0.0.1:{port}/v1", str(folder), log)


def instructor(provider: str, server: Running, **changes: object) -> Any:
    """The instructor of a provider, made the way a run makes it."""
    given: dict[str, object] = {"api_key_env": "", "max_reply_tokens": 24, **changes}
    if provider == "litellm":
        given |= {"model": f"openai/{server.model}", "api_base": server.url}
    else:
        given |= {"model": server.model, "base_url": server.url}
    module, name, _ = PROVIDERS[provider]
    offered = getattr(importlib.import_module(module), name)().errata_parts()
    part = next(part for part in offered if part.kind == "instructor" and part.name == provider)
    return part.make(part.settings.model_validate(given), cast(Services, None))


@asynccontextmanager
async def asking(
    made: Any, path: Path, *, concurrency: int = 16, caps: Caps | None = None
) -> AsyncIterator[tuple[Asking, Calls]]:
    """The call layer on the ledger ``path`` in front of an instructor."""
    ledger = Ledger(path)
    try:
        budget = Budget({RUN: caps or Caps()}, ledger.spent())
        pace = Pace(Limits(concurrency), stream(0, "pace"))
        async with Calls(made, ledger, budget, pace) as calls:
            yield Asking(calls, made, "diagnose"), calls
    finally:
        ledger.close()
