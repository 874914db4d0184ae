"""A browser for the tests of pages, and runs to look at; without Chromium they are skipped."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser.driver import MISSING, Tab, browser, chromium
from errata.store import Store


@pytest.fixture(scope="session")
def new_tab() -> Iterator[Callable[[], Tab]]:
    if chromium() is None:
        pytest.skip(MISSING)
    with browser() as opened:
        yield opened


@pytest.fixture
def tab(new_tab: Callable[[], Tab]) -> Iterator[Tab]:
    opened = new_tab()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Store]:
    """Writes a run with hostile texts in it, as the report's own tests do."""
    path = Path(__file__).parents[1] / "core" / "report" / "conftest.py"
    spec = importlib.util.spec_from_file_location("report_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def write(until: tuple[str, str] | None = None) -> Store:
        folder = tmp_path_factory.mktemp("run") / "made"
        store: Store = module.RunWriter(folder, 1, until).run()
        return store

    return write


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core; the package that brings it is not imported (it wants another driver)."""
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("axe-core is not here: pip install --no-deps axe-playwright-python")
    return (Path(spec.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")
