"""Ctrl-C, and two processes on one run: with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RUN = ["--set", "target.latency=0.02", "--set", "rounds=1", "--set", "problems.train.limit=80"]
# A shell that starts the tests in the background has them, and what they start, ignore SIGINT.
_PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from errata.cli.app import main; main()"
)
COMMAND = [sys.executable, "-c", _PROGRAM]


@pytest.fixture
def environment(roman_site, tmp_path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(roman_site), "ERRATA_CACHE": str(tmp_path / "cache")}


def _start(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _until(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait for a file to have something in it."""
    for _ in range(1500):
        if path.exists() and path.stat().st_size:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    pytest.fail(f"{path} was never written")


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("whole")


@pytest.fixture
def undisturbed(environment, whole_folder) -> Path:
    """A finished run, made once, by a process with hash seeds of its own."""
    if not (whole_folder / "run").exists():
        process = _start(
            ["run", "roman/small", "--into", str(whole_folder / "run"), *RUN], environment
        )
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
    return whole_folder / "run"


@pytest.mark.parametrize("signals", [1, 2])
def test_ctrl_c_in_the_middle_of_a_stage(environment, tmp_path, run_files, undisturbed, signals):
    run = tmp_path / "run"
    process = _start(["run", "roman/small", "--into", str(run), *RUN], environment)
    _until(run / "base" / "attempts" / "train.jsonl", process)
    for _ in range(signals):  # impatient people press it twice
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == f"errata: stopped; everything received is kept: `errata resume {run}` goes on\n"
    assert "Traceback" not in out
    assert not (run / "round-1" / "triage.jsonl").exists(), "the stage was over before the signal"
    resumed = _start(["resume", str(run)], environment)
    out, err = resumed.communicate(timeout=60)
    assert (resumed.returncode, err) == (0, "")
    assert run_files(run) == run_files(undisturbed)


def test_two_processes_on_one_run(environment, tmp_path):
    run = tmp_path / "run"
    slow = [*RUN, "--set", "target.latency=0.5"]
    first = _start(["run", "roman/small", "--into", str(run), *slow], environment)
    _until(run / "base" / "attempts" / "test.jsonl", first)
    second = _start(["resume", str(run)], environment)
    _, err = second.communicate(timeout=60)
    assert second.returncode == 2
    assert err.startswith(
        f"errata: {run} is in use by another errata process; wait for it or stop it"
    )
    assert first.poll() is None
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert first.returncode == 130
