"""The recipe ``math/sei`` from end to end, its instructor behind real HTTP, through each provider."""

from __future__ import annotations

import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.store import Store
from errata.tracing.trace import trace
from errata.tracing.traced import TracedExample
from scripted.instructor import ScriptedInstructor

SMALL = [
    "problems.train={source: gsm8k-two-steps, split: train, limit: 260}",
    "problems.test={source: gsm8k-two-steps, split: test, limit: 40}",
    "problems.out_of_domain={}",
    "problems.dev=40",
    "problems.gate=40",
    "target={use: scripted, skill: 0.35, gain: 0.004}",
    "warmup={examples: 0}",
    "embed=null",
    "group=phrases",
    "synthesize.total=60",
    "synthesize.wave=30",
    "select=all",
    "train={use: scripted}",
    "rounds=1",
]


@pytest.fixture
def instructor() -> Iterator[ScriptedInstructor]:
    server = ScriptedInstructor()
    yield server
    server.stop()


def section(provider: str, url: str) -> str:
    prices = "usd_per_million_prompt_tokens: 1, usd_per_million_reply_tokens: 2"
    shared = f"model: scripted, api_key_env: '', base_url: '{url}'"
    if provider == "litellm":
        if importlib.util.find_spec("litellm") is None:
            pytest.skip("litellm is not installed: pip install 'errata[litellm]'")
        shared = f"model: openai/scripted, api_base: '{url}'"
    return f"instructor={{use: {provider}, {shared}, max_reply_tokens: 8192, max_usd: 5, {prices}}}"


def errata(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from errata.cli.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "OPENAI_API_KEY": "none",
            "HOME": "/nonexistent",
            **environment,
        },
    )


def run(directory: Path, changes: list[str]) -> subprocess.CompletedProcess[str]:
    given = [part for change in changes for part in ("--set", change)]
    return errata("run", "math/sei", "--into", str(directory), *given)


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("provider", ["openai", "litellm"])
def test_end_to_end_every_failure_counted(provider, instructor, tmp_path):
    done = run(tmp_path / "run", [*SMALL, section(provider, instructor.url)])
    assert done.returncode == 0, done.stdout + done.stderr
    round_1 = tmp_path / "run" / "round-1"
    diagnoses, planted = rows(round_1 / "diagnoses.jsonl"), instructor.planted
    triaged = Counter(row["category"] for row in rows(round_1 / "triage.jsonl"))
    assert len(diagnoses) == triaged["model-error"] > 80
    assert instructor.requests["analysis"] == len(diagnoses)  # each asked once, whatever came of it
    failed = Counter(row["details"]["lack"] for row in diagnoses if row["failure"])
    assert failed == {"refused": planted["refused"], "unreadable": planted["unreadable"]}
    assert sum(row["no_error"] for row in diagnoses) == planted["no error"] > 0
    objections = rows(round_1 / "objections.jsonl")
    found = Counter((row["by"], row["reason"]) for row in objections)
    assert found[("sei", "unreadable")] == planted["broken"] > 0
    assert found[("sei", "wrong-answer")] == planted["wrong-answer"] > 0
    candidates = rows(round_1 / "candidates.jsonl")
    objected = {row["candidate_id"] for row in objections}
    accepted = [row for row in candidates if row["id"] not in objected]
    short = rows(round_1 / "shortfalls.jsonl")
    assert len(accepted) == 60 - sum(row["asked"] - row["accepted"] for row in short)
    assert len(accepted) > 30
    assert {row["lineage"]["strategy"] for row in candidates} == {"sei"}
    assert all(row["lineage"]["model"] and row["lineage"]["cost"] > 0 for row in candidates)
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert {row["lineage"]["prompt_hash"] for row in candidates} == {manifest["prompts"]["similar"]}
    assert set(manifest["prompts"]) == {"analysis", "similar"}
    assert set(instructor.shown) == {8}
    _every_prompt_is_found(Store(tmp_path / "run"), [row["id"] for row in accepted])


def _every_prompt_is_found(store: Store, ids: list[str]) -> None:
    """A trace shows the one request that made a candidate, its eight examples and its price."""
    prices: dict[str, float] = Counter()
    calls: dict[str, float] = {}
    for id_ in ids:
        [found] = trace(store, id_)
        assert isinstance(found, TracedExample)
        assert found.prompt == "prompts/similar.md"
        assert len(found.cases) == 8
        [made] = found.asked
        body = found.candidate.body.problem
        assert json.dumps(body.question)[1:-1] in made.reply
        assert all(case.problem.question in made.messages[-1].content for case in found.cases)
        assert made.usd > 0
        prices[made.reply] += found.candidate.lineage.cost
        calls[made.reply] = made.usd
    for reply, price in prices.items():
        assert 0 < price <= calls[reply] * 1.000001  # shares of one call


def test_both_providers_say_the_same_to_the_server(instructor, tmp_path):
    said = []
    for provider in ("openai", "litellm"):
        run(tmp_path / provider, [*SMALL, section(provider, instructor.url)])
        bodies = [
            json.dumps([body["messages"], body["max_tokens"], body.get("temperature")])
            for body in instructor.bodies
        ]
        said.append(sorted(bodies))
        instructor.bodies.clear()
    assert said[0] == said[1]


@pytest.mark.model
def test_a_real_small_model_as_instructor_every_failure_counted(tmp_path):
    """It is too small for the task: nearly all it says is of no use, and all of that is counted."""
    changes = [
        *SMALL,
        "problems.train={source: gsm8k-two-steps, split: train, limit: 24}",
        "problems.dev=8",
        "problems.gate=8",
        "instructor={use: transformers, model: smollm2-135m-instruct, max_reply_tokens: 48}",
        "synthesize={use: sei, total: 2, wave: 2, per_call: 1, idle_waves: 1}",
    ]
    cache = os.environ.get("ERRATA_CACHE") or str(tmp_path / "cache")
    given = [part for change in changes for part in ("--set", change)]
    done = errata("run", "math/sei", "--into", str(tmp_path / "run"), *given, ERRATA_CACHE=cache)
    assert done.returncode == 0, done.stdout + done.stderr
    round_1 = tmp_path / "run" / "round-1"
    diagnoses = rows(round_1 / "diagnoses.jsonl")
    triaged = Counter(row["category"] for row in rows(round_1 / "triage.jsonl"))
    assert len(diagnoses) == triaged["model-error"] > 5
    failed = Counter(row["details"]["lack"] for row in diagnoses if row["failure"])
    said = f"{len(diagnoses) - failed.total()} of {len(diagnoses)} model errors"
    printed = " ".join(done.stdout.split())
    assert said in printed
    assert all(f"{number} {lack}" in printed for lack, number in failed.items())
    with sqlite3.connect(tmp_path / "run" / "calls.sqlite") as ledger:
        [[asked]] = ledger.execute("SELECT count(*) FROM sent WHERE state = 'received'")
    assert asked >= len(diagnoses)
