"""Finished runs, their pages, and their figures counted again."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from errata.check import prepare
from errata.loop import loop
from errata.plugins import Catalogue
from errata.recipe import load
from errata.report.page import write_page
from errata.run import Run
from errata.store import Store
from scripted.reading import Element, read
from scripted.recounting import recounted

Json = dict[str, Any]
RECIPE = """
name: scripted
domain: math
problems:
  train: {source: drills, split: train, limit: 140}
  test: {drills: {source: drills, split: test, limit: 30}}
  out_of_domain: {svamp: {source: svamp, split: test, limit: 12}}
  dev: 24
  gate: 16
target: {use: scripted, skill: 0.1, gain: 0.003}
warmup: {examples: 6}
diagnose: symbolic
group: phrases
synthesize: {use: redraw, total: 30, wave: 6, verify: [recompute, novelty, leak]}
select: {use: one-shot, score: likelihood, dev_cases: 6, keep: 0.5}
train: scripted
rounds: 2
"""


@pytest.fixture(scope="session")
def scripted_run(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A run that the loop itself made, with the scripted target."""
    folder = tmp_path_factory.mktemp("scripted")
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE)
    store = Store(folder / "run")
    loop(Run(prepare(load(recipe), Catalogue(), "scripted"), store, folder / "cache", None))
    return store


@pytest.fixture(params=["finished_run", "scripted_run"])
def any_run(request: pytest.FixtureRequest) -> Store:
    """Each finished run in turn."""
    store: Store = request.getfixturevalue(request.param)
    return store


@pytest.fixture(scope="session")
def recount() -> Callable[[Path], Json]:
    """The summary of a finished run as JSON, counted again, once a run."""
    found: dict[Path, Json] = {}

    def count(run: Path) -> Json:
        if run not in found:
            found[run] = recounted(run)
        return deepcopy(found[run])

    return count


@pytest.fixture(scope="session")
def pages() -> dict[Path, str]:
    """Pages that are written, by run."""
    return {}


@pytest.fixture
def page(any_run: Store, pages: dict[Path, str]) -> Element:
    """The page of a run."""
    if any_run.path not in pages:
        pages[any_run.path] = write_page(any_run).read_text(encoding="utf-8")
    return read(pages[any_run.path])


@pytest.fixture
def counted(any_run: Store, recount: Callable[[Path], Json]) -> Json:
    """Its figures, counted again."""
    return recount(any_run.path)


class Written:
    """How figures are written, in the test's own words."""

    def share(self, value: float) -> str:
        return f"{value:.1%}"

    def between(self, low: float, high: float) -> str:
        return f"{low * 100:.1f}–{high * 100:.1f}"

    def p(self, value: float) -> str:
        return f"{value:.3f}" if value >= 0.001 else "<0.001"

    def score(self, value: float) -> str:
        return f"{value:.4g}".replace("-", "\u2212")

    def dollars(self, usd: float) -> str:
        return f"${usd:.4f}" if 0 < usd < 0.1 else f"${usd:,.2f}"

    def stability(self, error_type: Json) -> str:
        value = error_type["stability"]
        if value is None:
            return ""
        return f"unstable {value:.2f}" if value < 0.6 else f"{value:.2f}"

    def surety(self, r: Json) -> str:
        """How surely candidates of a round were kept."""
        sides, cut = r["sureness"], r["cut"]
        if sides:
            told = (
                "By the standard errors of the scores, a kept candidate belongs above the cut with a"
                f" probability of {self.share(sides['kept_above'])} on average, one that was left out"
                f" with {self.share(sides['left_out_above'])}"
            )
            if abs(sides["kept_above"] - sides["left_out_above"]) < 0.005:
                luck = "the scores spread no more than their errors do, and the cut is luck"
                return f"{told}: {luck}."
            return (
                f"{told}. {sides['kept_sure']} of {sides['kept']} kept and {sides['left_out_sure']} of"
                f" {sides['left_out']} left out are on their side of it with at least 95%."
            )
        assert cut
        return (
            f"{cut['kept_sure']} of {cut['kept']} kept ones and {cut['left_out_sure']} of"
            f" {cut['left_out']} left out lie more than 1.96 standard errors of their own score away"
            f" from the cut ({self.score(cut['at'])}); the others might as well have fallen on its"
            " other side."
        )

    def time(self, seconds: float) -> str:
        if 0 < seconds < 0.05:
            return "<0.1 s"
        if seconds < 9.95:
            return f"{seconds:.1f} s"
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 2:
            return f"{round(seconds)} s"
        return f"{minutes}m {rest:02}s" if minutes < 120 else f"{minutes // 60}h {minutes % 60:02}m"

    def round(self, name: str) -> str:
        return {"setup": "before", "base": "before", "round-0": "warm-up"}.get(
            name, name.replace("-", " ")
        )

    def checkpoint(self, figures: Json) -> str:
        return figures["label"] if figures["kept"] else f"round {figures['id'][-1]}, rejected"

    def times(self, counted: Json) -> tuple[list[str], dict[str, dict[str, float]]]:
        """Columns, and seconds by stage and column in the loop's order."""
        order = "problems evaluate triage diagnose group synthesize select train measure"
        columns = ["before", "warm-up", "round 1", "round 2"]
        cells: dict[str, dict[str, float]] = {stage: {} for stage in order.split(" ")}
        for done in counted["seconds"]:
            row, column = cells[done["stage"]], self.round(done["round"])
            row[column] = row.get(column, 0.0) + done["seconds"]
        return columns, cells


@pytest.fixture(scope="session")
def written() -> Written:
    """How figures are written."""
    return Written()
