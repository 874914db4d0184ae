"""A third-party domain with its own pyproject: installed from its folder, and through the loop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from errata.records import Candidate, Diagnosis, RoundRecord, Selection, Verdict
from errata.stages.problems import Placed
from errata.store import Store

PLUGIN = Path(__file__).parent / "example_plugin"
COMMAND = [sys.executable, "-c", "from errata.cli.app import main; main()"]


@pytest.fixture(scope="module")
def installed_example(tmp_path_factory) -> dict[str, str]:
    """The plugin installed into a folder of its own; the environment that finds it there first."""
    site = tmp_path_factory.mktemp("site")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--no-build-isolation", "--no-index", "--target", str(site), str(PLUGIN),
        ],
        check=True,
    )  # fmt: skip
    cache = tmp_path_factory.mktemp("cache")
    return {**os.environ, "PYTHONPATH": str(site), "ERRATA_CACHE": str(cache)}


def _errata(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_found_where_it_was_installed(installed_example):
    site = installed_example["PYTHONPATH"]
    where = _errata(installed_example, "plugins", "--where", "roman")
    path, _, line = where.strip().rpartition(":")
    assert path == f"{site}/errata_roman/__init__.py"
    assert Path(path).read_text().splitlines()[int(line) - 1] == "class Roman:"
    assert f"{site}/errata_roman/recipes/small.yaml" in _errata(installed_example, "recipes")
    assert "roman/small is sound" in _errata(installed_example, "check", "roman/small")


def test_it_goes_through_the_whole_loop(installed_example, tmp_path):
    _errata(installed_example, "run", "roman/small", "--into", str(tmp_path / "run"))
    store = Store(tmp_path / "run")
    assert store.manifest().ended == "all 2 rounds are done"
    assert (tmp_path / "run" / "report.html").stat().st_size > 1000
    train = {p.problem_id for p in store.read("splits.jsonl", Placed) if p.set == "train"}
    rounds = {
        name: RoundRecord.model_validate_json(store.file(f"{name}/round.json").read_bytes())
        for name in ("base", "round-1", "round-2")
    }
    shown = json.loads(_errata(installed_example, "show", str(tmp_path / "run"), "--json"))
    assert shown
    for name, record in rounds.items():
        for found in record.accuracies:
            verdicts = list(store.read(f"{name}/verdicts/{found.set}.jsonl", Verdict))
            assert found.total == len(verdicts)
            assert found.right == sum(v.outcome == "right" for v in verdicts)
    gate = [next(a.right for a in r.accuracies if a.set == "gate") for r in rounds.values()]
    assert gate[0] < gate[1] < gate[2], "the scripted student learns from every example"
    for name in ("round-1", "round-2"):
        phrases = {d.keyphrase for d in store.read(f"{name}/diagnoses.jsonl", Diagnosis)}
        assert phrases == {"misread a subtractive pair", "misread a plain sum"}
        kept = [s for s in store.read(f"{name}/selection.jsonl", Selection) if s.kept]
        assert len(kept) == 40
        for candidate in store.read(f"{name}/candidates.jsonl", Candidate):
            assert set(candidate.lineage.parents) <= train
            assert candidate.body.problem.answer in candidate.body.problem.solution
