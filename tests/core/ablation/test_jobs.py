"""Jobs: at most so many at once, order, failures that stop no other, an end that ends all."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import pytest

from errata.ablation.jobs import Job, Jobs, last_line


def _job(folder, name, code, after="", ready=lambda: ""):
    return Job(
        name, [sys.executable, "-S", "-c", code], folder / "logs" / f"{name}.log", after, ready
    )


def _run(jobs, at_once=2):
    said: list[str] = []
    ended = asyncio.run(Jobs(at_once, os.environ, said.append).run(jobs))
    return {end.name: end.problem for end in ended}, said


def test_a_failure_stops_no_other_but_what_comes_after_it(tmp_path):
    mark = tmp_path / "mark"
    jobs = [
        _job(tmp_path, "base", "print('half'); raise SystemExit('no luck')"),
        _job(tmp_path, "late", f"open({str(mark)!r}, 'w')", after="base"),
        _job(tmp_path, "other", "print('well')"),
        _job(tmp_path, "refused", "print('never')", ready=lambda: "it cannot be"),
    ]
    ended, said = _run(jobs)
    assert "exit code 1: no luck" in ended["base"]
    assert ended["late"] == "base came to nothing"
    assert ended["other"] == ""
    assert ended["refused"] == "it cannot be"
    assert not mark.exists()
    assert not (tmp_path / "logs" / "refused.log").exists()
    assert last_line(tmp_path / "logs" / "other.log") == "well"
    assert any(line.startswith("other: done") for line in said)


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (2, 2)])
def test_no_more_at_once_than_asked(tmp_path, at_once, most):
    code = (
        "import os, time; d = os.environ['D']; open(f'{d}/{os.getpid()}', 'w');"
        "print(len(os.listdir(d))); time.sleep(0.3); os.remove(f'{d}/{os.getpid()}')"
    )
    (tmp_path / "running").mkdir()
    jobs = [_job(tmp_path, f"j{n}", code) for n in range(4)]
    env = {**os.environ, "D": str(tmp_path / "running")}
    asyncio.run(Jobs(at_once, env, lambda line: None).run(jobs))
    seen = [int(last_line(job.log)) for job in jobs]
    assert max(seen) <= most


def test_an_end_ends_the_processes(tmp_path):
    # Where the tests themselves run in the background, children would be born deaf to SIGINT.
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code = heeds + "import time; print('on', flush=True); time.sleep(60)"
    jobs = [_job(tmp_path, "long", code), _job(tmp_path, "waits", code, after="long")]

    async def stopped():
        task = asyncio.create_task(Jobs(2, os.environ, lambda line: None).run(jobs))
        while last_line(jobs[0].log) != "on":
            await asyncio.sleep(0.05)
        task.cancel()
        begun = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - begun

    assert asyncio.run(stopped()) < 10
    assert "KeyboardInterrupt" in jobs[0].log.read_text()
