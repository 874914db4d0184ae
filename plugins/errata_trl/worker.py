"""One process of a training in several: ``accelerate launch -m errata_trl.worker FOLDER``.

FOLDER is what ``launching`` wrote. Not covered: a start by hand, which nothing takes up.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from errata_trl.fitting import Job, fit
from errata_trl.launching import FIGURES, JOB, ROWS, STEP


def main(folder: Path) -> None:
    """Train with the other processes; the first one tells progress and writes the figures."""
    job = Job.model_validate_json((folder / JOB).read_bytes())
    with (folder / ROWS).open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    figures = fit(job, rows, lambda done, total: print(f"{STEP}{done} {total}", flush=True))
    from accelerate import PartialState

    state = PartialState()
    if state.is_main_process:
        (folder / FIGURES).write_text(figures.model_dump_json(), encoding="utf-8")
    state.wait_for_everyone()
    state.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
