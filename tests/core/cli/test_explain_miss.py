"""`errata explain-miss`: over a run whose prompt was edited, and over a shared ledger."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from errata.calls.ledger import LedgerReader
from errata.check import prepare
from errata.cli.explaining import explain_miss, explained
from errata.errors import RunDirectoryError, UserError
from errata.loop import loop
from errata.plugins import Installed
from errata.recipe import load
from errata.run import Paused, Run
from errata.store import Store
from errata_diagnosis.plugin import DiagnosisPlugin
from errata_openai.plugin import OpenAIPlugin


@pytest.fixture
def asking(roman, fault_server):
    for name, plugin in (("diagnosis", DiagnosisPlugin), ("openai", OpenAIPlugin)):
        roman.plugins.append(Installed(name, f"{plugin.__module__}:x", name, plugin))
    roman.changes = [
        "diagnose=instructor",
        "instructor.use=openai",
        "instructor.model=scripted",
        f"instructor.base_url={fault_server.url}",
        "instructor.api_key_env=''",
        "instructor.max_reply_tokens=50",
        "problems.train.limit=70",
        "rounds=1",
    ]
    return roman


def first_attempt(directory: Path) -> str:
    line = (directory / "round-1" / "diagnoses.jsonl").read_bytes().splitlines()[0]
    return json.loads(line)["attempt_id"]


def ask_again(asking, run: Path) -> None:
    """Edit the run's own prompt, and go on."""
    prompt = run / "prompts" / "analysis.md"
    prompt.write_text(prompt.read_text().replace("You examine wrong", "You look into wrong"))
    prepared = prepare(
        load(run / "recipe.yaml"),
        asking.catalogue(),
        "again",
        sources=False,
        own_prompts=run / "prompts",
    )
    with pytest.raises(Paused):
        loop(Run(prepared, Store(run), asking.cache, "diagnose"))


def test_what_changed_between_two_requests(asking, tmp_path, capsys):
    run = tmp_path / "run"
    asking.run(run, *asking.changes, until="diagnose")
    item = first_attempt(run)
    explain_miss(run, item, as_json=False)
    assert capsys.readouterr().out == (
        f"{item}: asked once; nothing changed, whoever asks again gets that reply\n"
    )
    ask_again(asking, run)
    explain_miss(run, item, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{item}: 2 requests; asked again for a changed key: 1"
    assert lines[2] == "1. changed: messages"
    assert [line.strip()[:25] for line in lines if line.strip().startswith(("+", "-"))] == [
        "--- before",
        "+++ after",
        "-You examine wrong answer",
        "+You look into wrong answ",
    ]
    explain_miss(run, item, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["id"], found["requests"], len(found["misses"])) == (item, 2, 1)
    changed = found["misses"][0]["changed"]
    assert list(changed) == ["messages"]
    assert changed["messages"]["before"][0][1].startswith("You examine wrong")
    assert changed["messages"]["after"][0][1].startswith("You look into wrong")


def test_against_the_shared_ledger(asking, tmp_path, capsys):
    asking.run(tmp_path / "first", *asking.changes, until="diagnose")
    shared = tmp_path / "shared.sqlite"
    shutil.copy(tmp_path / "first" / "calls.sqlite", shared)
    changes = [
        f"instructor.shared_ledger={shared}",
        "instructor.model=other",
        "instructor.sampling={seed: 7}",
    ]
    run = tmp_path / "second"
    asking.run(run, *asking.changes, *changes, until="diagnose")
    explain_miss(run, first_attempt(run), as_json=False)
    out = capsys.readouterr().out
    assert "1 requests, 1 more in the shared ledger; asked again for a changed key: 1" in out
    assert "1. changed, against the shared ledger: model, sampling" in out
    assert '  model: "scripted" → "other"\n' in out
    assert '  sampling: {"temperature": 0.0} → {"seed": 7, "temperature": 0.0}\n' in out
    # what both have is no miss
    asking.run(tmp_path / "third", *asking.changes, changes[0], until="diagnose")
    found = explained(tmp_path / "third", first_attempt(run))
    assert found.own == 1
    assert [list(miss.parts) for miss in found.misses] == [["model", "sampling"]]


def test_nothing_was_asked(asking, tmp_path):
    run = tmp_path / "run"
    asking.run(run, *asking.changes, until="triage")
    with pytest.raises(UserError, match=r"has no calls.sqlite: nothing has been asked in this run"):
        explained(run, "base:train/1")
    asking.run(run, *asking.changes, until="diagnose")
    item = first_attempt(run)
    with pytest.raises(
        UserError, match=r"nothing was asked about 'base:trian/1'; ids are"
    ) as error:
        explained(run, "base:trian/1")
    assert "; the nearest: base:train/1" in str(error.value)
    # a problem's id is part of its attempt's
    with pytest.raises(UserError, match=f"; the nearest: .*{item}"):
        explained(run, item.removeprefix("base:"))
    with pytest.raises(UserError, match="; for instance base:train/"):
        explained(run, "?")
    with pytest.raises(RunDirectoryError, match="is not a run directory"):
        explained(tmp_path, item)
    reader = LedgerReader(run / "calls.sqlite")  # nothing was written, nothing is locked
    assert len(reader.requests(item)) == 1
    reader.close()


def test_as_a_command(tmp_path):
    code = "from errata.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "explain-miss", str(tmp_path), "x"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"errata: {tmp_path} is not a run directory (it has no run.json);"
        " `errata run RECIPE --into DIR` makes one\n"
    )
