"""A run in progress, seen from its files: what is told, what is counted, and nothing written."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from errata.calls.budget import Cost
from errata.calls.watching import Live
from errata.cli import watching
from errata.cli.progress import Reporter
from errata.cli.telling import Teller
from errata.errors import RunDirectoryError, UserError
from errata.report.following import LIVE, Follower, Telling
from errata.store import Store


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".sqlite-wal", ".sqlite-shm")
    }


def test_what_is_told_is_shown(written_run: Callable[..., Store]) -> None:
    store = written_run(until=("round-1", "triage"))
    told = Telling(
        round="round-1",
        stage="diagnose",
        rounds=2,
        begun=1000.0,
        at=1010.0,
        already=20,
        done=70,
        total=120,
        asking="70 of 120 done, 6 in flight",
    )
    store.write(LIVE, told.model_dump_json() + "\n")
    before = snapshot(store.path)
    now = Follower(store, clock=lambda: 1012.0).look()
    assert now.lines == [
        "round 1 of 2, diagnose: 70 of 120, 5.0 a second, about 10 s left",
        "70 of 120 done, 6 in flight",
        # of 19 requests, 3 were not paid for
        "spent: $0.0480, 1,920 tokens, 16 requests",
        now.accuracy,
    ]
    assert snapshot(store.path) == before  # nothing is written
    silent = Follower(store, clock=lambda: 1100.0).look()
    assert silent.stage.startswith("Nobody seems to be at work on it since 90 s; the last stage")
    assert "diagnose" not in silent.lines[1]


def test_silence_of_a_process_that_is_there_is_no_absence(
    written_run: Callable[..., Store],
) -> None:
    store = written_run(until=("round-1", "triage"))
    told = Telling(
        round="round-1", stage="diagnose", rounds=2, begun=1000.0, at=1010.0, done=50, total=100
    )
    follower = Follower(store, clock=lambda: 1100.0)
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    here, nobody = socket.gethostname(), "Nobody seems to be at work on it since 90 s; the last"
    for pid, host, begins, ends in (
        (os.getpid(), here, "round 1 of 2, diagnose: 50 of 100", "; the last word 90 s ago"),
        (done.pid, here, nobody, ""),
        (os.getpid(), "another-machine", nobody, ""),
    ):
        said = told.model_copy(update={"pid": pid, "host": host})
        store.write(LIVE, said.model_dump_json() + "\n")
        stage = follower.look().stage
        assert stage.startswith(begins)
        assert stage.endswith(ends)


def test_accuracy_so_far_is_read_on(written_run: Callable[..., Store]) -> None:
    store = written_run(until=("round-0", "train"))
    lines = store.file("base/verdicts/gate.jsonl").read_bytes().splitlines(keepends=True)
    path = store.file("round-0/verdicts/gate.jsonl")
    path.parent.mkdir(parents=True)
    follower = Follower(store)
    assert follower.look().accuracy.startswith("accuracy before: test/drills ")
    right = [b'"outcome":"right"' in line for line in lines]
    path.write_bytes(b"".join(lines[:25]) + lines[25][:-9])  # the last line is being written
    share = f"{100 * sum(right[:25]) / 25:.1f}%"
    assert follower.look().accuracy == f"accuracy after warm-up: gate {share} of 25 tried"
    path.write_bytes(b"".join(lines))
    share = f"{100 * sum(right) / 60:.1f}%"
    assert follower.look().accuracy == f"accuracy after warm-up: gate {share}"
    path.write_bytes(b"".join(lines[:10]))  # begun anew
    share = f"{100 * sum(right[:10]) / 10:.1f}%"
    assert follower.look().accuracy == f"accuracy after warm-up: gate {share} of 10 tried"


def test_the_teller_tells_and_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    teller = Teller(store)
    teller.errata_run_started(str(tmp_path), 3)
    teller.errata_stage_started("round-2", "diagnose")
    follower = Follower(store)
    first = follower.telling()
    assert first is not None
    assert (first.round, first.stage, first.rounds) == ("round-2", "diagnose", 3)
    teller.errata_stage_progress(5, 40)
    spent = Cost(4, 400, 1.0)
    teller.errata_asking_progress(Live(6, 40, 2, 1.5, 64, None, spent, None, priced=True))
    teller._told = 0.0  # half a second later
    teller.errata_stage_progress(9, 40)
    told = follower.telling()
    assert told is not None
    assert (told.already, told.done, told.total) == (5, 9, 40)
    assert told.asking.startswith("6 of 40 done, 2 in flight")
    teller.close()
    assert list(tmp_path.iterdir()) == []


def test_follow_ends_with_the_run(
    written_run: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = written_run(until=("round-1", "group"))
    monkeypatch.setattr(watching, "_PLAIN_EVERY", 0.05)
    ended = store.manifest().model_copy(update={"ended": "enough"})
    timer = threading.Timer(0.3, lambda: store.save(ended))
    timer.start()
    shown = io.StringIO()
    console = Console(file=shown, width=100)
    watching.follow_run(store.path, as_json=False, console=console)
    timer.join()
    text = shown.getvalue()
    assert text.startswith(
        "Nobody seems to be at work on it; the last stage done is group (round 1)"
    )
    assert "Finished: enough." in text
    assert "Error types of round 1" in text  # and then what it has come to


def test_follow_refuses_what_it_cannot_do(tmp_path: Path, finished_run: Store) -> None:
    with pytest.raises(RunDirectoryError, match=r"has no run\.json"):
        watching.follow_run(tmp_path, as_json=False)
    with pytest.raises(UserError, match="do not go together"):
        watching.follow_run(finished_run.path, as_json=True)


def test_a_terminal_shows_stages_rate_budget_and_accuracy(
    written_run: Callable[..., Store],
) -> None:
    store = written_run(until=("round-1", "triage"))
    recipe = store.file("recipe.yaml").read_text()
    store.write("recipe.yaml", recipe + "instructor: {use: openai, max_usd: 20}\n")
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=150)
    reporter = Reporter(console, follower=Follower(store))
    reporter.errata_stage_started("round-1", "diagnose")
    for done in (10, 20, 30):
        reporter.errata_stage_progress(done, 40)
    assert reporter._bar is not None
    reporter._bar.refresh()
    reporter.close()
    text = shown.getvalue()
    assert "✓ evaluate" in text
    assert "▸ diagnose" in text
    assert "· group" in text
    assert "spent: $0.0480, 1,920 tokens, 16 requests; at most $20.00" in text
    assert "accuracy after warm-up: test/drills" in text
