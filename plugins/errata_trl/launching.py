"""A training in several processes: ``accelerate launch`` starts them for the training alone.

The loop stays one process. Settings and rows go through the scratch folder, progress comes back on the
standard output, figures in a file. Tried with several processes on CPUs; on several GPUs it was not
measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from errata_trl.fitting import Figures, Job, Row, fit
from errata_trl.settings import TrainingSettings

JOB, ROWS, FIGURES, LOG = "job.json", "rows.jsonl", "figures.json", "processes.log"
STEP = "errata-step "  # how a line of progress begins
_SHOWN = 30  # lines of the processes' own words in an error


def run(job: Job, rows: Sequence[Row], progress: Callable[[int, int], None]) -> Figures:
    """``fit`` here, or in as many processes as the settings ask for.

    Raises RuntimeError with the last lines of the processes when they fail.
    """
    settings = job.read_settings()
    if settings.processes == 1 and settings.accelerate_config is None:
        return fit(job, rows, progress)
    (job.scratch / JOB).write_text(job.model_dump_json(), encoding="utf-8")
    with (job.scratch / ROWS).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(dict(row)) + "\n" for row in rows)
    (job.scratch / FIGURES).unlink(missing_ok=True)
    log = job.scratch / LOG
    with log.open("w", encoding="utf-8") as told:
        code = _watch(command(settings, job.scratch), told.write, progress)
    if code:
        last = "".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[-_SHOWN:])
        raise RuntimeError(f"accelerate launch ended with {code}; its last words:\n{last}")
    return Figures.model_validate_json((job.scratch / FIGURES).read_bytes())


def command(settings: TrainingSettings, scratch: Path) -> list[str]:
    """The command line of ``accelerate launch``; how many processes says a file, where there is one."""
    line = [sys.executable, "-m", "accelerate.commands.launch"]
    if settings.accelerate_config is not None:
        line += ["--config_file", settings.accelerate_config]
    else:
        # With processes on CPUs too: accelerate's `--cpu` starts several by MPI only.
        line += ["--multi_gpu", "--num_machines", "1", "--mixed_precision", "no"]
        line += ["--dynamo_backend", "no", "--main_process_port", "0"]
    line += ["--num_processes", str(settings.processes)]
    return [*line, "--module", "errata_trl.worker", str(scratch)]


def _watch(
    line: Sequence[str], tell: Callable[[str], object], progress: Callable[[int, int], None]
) -> int:
    """Run a command to its end; its exit code. It is ended when this process is interrupted."""
    with subprocess.Popen(  # noqa: S603 a program of this environment, no user's words
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as started:
        assert started.stdout is not None
        with ExitStack() as interrupted:
            interrupted.callback(started.terminate)
            for said in started.stdout:
                if said.startswith(STEP):
                    done, total = said.removeprefix(STEP).split()
                    progress(int(done), int(total))
                else:
                    tell(said)
            interrupted.pop_all()
    return started.returncode
