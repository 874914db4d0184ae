"""The grouper ``instructor-batches`` in a run: its prompts are the run's, redoing is free."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from scripted.typing import TYPES

SMALL = [
    "problems.train={source: gsm8k-two-steps, split: train, limit: 200}",
    "problems.test={source: gsm8k-two-steps, split: test, limit: 20}",
    "problems.out_of_domain={}",
    "problems.dev=20",
    "problems.gate=20",
    "target={use: scripted, skill: 0.35, gain: 0.004}",
    "warmup={examples: 0}",
    "embed=null",
    "select=all",
    "train={use: scripted}",
]


def errata(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from errata.cli.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
    )


def run(directory: Path, url: str, group: str) -> None:
    instructor = f"instructor={{use: openai, model: scripted, api_key_env: '', base_url: '{url}'}}"
    changes = [*SMALL, instructor, f"group={group}"]
    given = [part for change in changes for part in ("--set", change)]
    done = errata("run", "math/sei", "--into", str(directory), "--until", "group", *given)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_of_a_run(make_instructor, tmp_path):
    server = make_instructor("left-out", "useless")
    directory = tmp_path / "run"
    run(directory, server.url, "{use: instructor-batches, batch: 20}")
    types = yaml.safe_load((directory / "round-1" / "error_types.yaml").read_text())
    assert {row["name"] for row in types} == set(TYPES)
    assert all(row["description"] and row["keyphrases"] for row in types)
    manifest = json.loads((directory / "run.json").read_text())
    assert {"types", "types-merge", "types-by-name"} < set(manifest["prompts"])
    # the domain's own template serves
    assert "mathematics teacher" in (directory / "prompts" / "types.md").read_text()
    rows = (directory / "round-1" / "assignments.jsonl").read_text().splitlines()
    assert sum(row["count"] for row in types) == len(rows) > 60
    sent = len(server.prompts)
    # a stage that is done again asks nothing again
    edited = directory / "prompts" / "analysis.md"
    edited.write_text(edited.read_text() + "\n")
    done = errata("resume", str(directory), "--until", "group")
    assert done.returncode == 0, done.stdout + done.stderr
    assert yaml.safe_load((directory / "round-1" / "error_types.yaml").read_text()) == types
    assert server.prompts[sent:] == []
