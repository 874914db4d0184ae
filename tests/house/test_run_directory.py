"""docs/run-directory.md against the records, and against the files of a real run."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

from errata.check import prepare
from errata.fingerprints import Fingerprints
from errata.loop import loop
from errata.recipe import load
from errata.records import Record
from errata.run import Run
from errata.store import Store
from house.blocks import catalogue
from house.checkout import ROOT, page, rows, sections

EXAMPLE = ROOT / "tests/example_plugin/errata_roman"
RECORDS = [
    model
    for module in (
        "errata.records",
        "errata.store",
        "errata.stages.importing",
        "errata.stages.problems",
        "errata.life",
        "errata.quotas",
        "errata.nearness",
        "errata.fingerprints",
        "errata.styles",
    )
    for model in vars(import_module(module)).values()
    if isinstance(model, type) and issubclass(model, Record) and model is not Record
]


@pytest.mark.parametrize("model", dict.fromkeys(RECORDS), ids=lambda m: m.__name__)
def test_every_record_is_documented_with_its_fields(model: type[Record]) -> None:
    documented = sections(page("run-directory.md")).get(f"`{model.__name__}`")
    assert documented is not None
    assert list(rows(documented)) == list(model.model_fields)


def test_no_record_is_documented_that_does_not_exist() -> None:
    headings = {h.strip("`") for h in sections(page("run-directory.md")) if h.startswith("`")}
    assert headings == {model.__name__ for model in RECORDS}
    assert Fingerprints in RECORDS


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run of the example plugin's recipe, with a warm-up and the scripted target."""
    recipe = load(EXAMPLE / "recipes/small.yaml", ["warmup.examples=8", "rounds=1"])
    folder = tmp_path_factory.mktemp("run-directory")
    prepared = prepare(recipe, catalogue(), "small")
    loop(Run(prepared, Store(folder / "run"), folder, None))
    return folder / "run"


def _pattern(row: str) -> re.Pattern[str]:
    text = re.escape(row).replace("round\\-N", r"round-[1-9]\d*").replace("SET", r"[\w.]+")
    return re.compile(text + (".*" if row.endswith("/") else ""))


def test_every_file_of_a_run_is_documented(finished: Path) -> None:
    # folders whose files have rows of their own say nothing here
    named = [row for row in rows(sections(page("run-directory.md"))["Files"]) if row != "round-N/"]
    patterns = [_pattern(row) for row in named]
    made = [str(p.relative_to(finished)) for p in sorted(finished.rglob("*")) if p.is_file()]
    assert len(made) > 20
    assert [file for file in made if not any(p.fullmatch(file) for p in patterns)] == []


def test_every_documented_file_is_made(finished: Path) -> None:
    made = [str(p.relative_to(finished)) for p in sorted(finished.rglob("*")) if p.is_file()]
    named = rows(sections(page("run-directory.md"))["Files"])
    only_sometimes = {
        "report.html",
        "calls.sqlite",
        "live.json",
        "target.sqlite",
        "prompts/",
        "export/",
        "handover/",
        "logs/",
        "round-N/train.tmp/",
        "imported/",
        "round-N/",
        "round-N/samples/",
        "round-N/guidance.md",
        "round-N/scores.jsonl",
        "round-N/second_diagnoses.jsonl",
        "round-N/styles.jsonl",
    }
    lost = [row for row in named if not any(_pattern(row).fullmatch(file) for file in made)]
    assert set(lost) <= only_sometimes


def test_finished_stages_own_their_files(finished: Path) -> None:
    manifest = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    owned = {name for stage in manifest["stages"] for name in stage["outputs"]}
    files = {str(p.relative_to(finished)) for p in finished.glob("round-*/*.jsonl")}
    assert files - owned <= {f"{p.parent.name}/scores.jsonl" for p in finished.glob("round-*/*")}
