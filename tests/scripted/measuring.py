"""Requests for each accepted candidate, by strategy, with the scripted instructor, on the small model's
recorded bad cases: the figures of docs/strategies.md. ``PYTHONPATH=tests python -m scripted.measuring
[STRATEGY…]``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from errata_math.plugin import MathDomain
from scripted.bench import carried_out, instructor, outcome
from scripted.methods import Methods
from test_methods import SMALL

ASKING = (
    *("sei", "lema", "lemma", "llm2llm", "rise", "self-instruct", "same-distribution"),
    "rephrase",
)
ALONE = ("redraw", "correct-only", "self-instruct", "same-distribution")
WANTED = 40


def measured(name: str, *, asking: bool) -> str:
    """One line: requests, candidates, accepted, what was objected to."""
    train = list(MathDomain().errata_problems("gsm8k-two-steps", "train", 0))
    with tempfile.TemporaryDirectory() as folder:
        sets = carried_out(Path(folder) / "sets", "math/correct-only", SMALL, until="problems")
        server = Methods(train, list(sets.problems("gate")))
        novelty = "{use: novelty, rouge_l: 1.0}" if name == "rephrase" else "novelty"
        section = (
            f"{{use: {name}, total: {WANTED}, wave: 20, verify: [recompute, {novelty}, leak]}}"
        )
        changes = [
            *SMALL,
            f"synthesize={section}",
            instructor(server.url) if asking else "instructor=null",
        ]
        carried_out(Path(folder) / "run", "math/sei", changes, until="synthesize")
        found = outcome(Path(folder) / "run")
    server.stop()
    requests, accepted = sum(server.requests.values()), len(found.accepted)
    return (
        f"{name}{'' if asking else ' (no instructor)'}: {requests} requests,"
        f" {len(found.candidates)} candidates, {accepted} accepted,"
        f" {requests / max(1, accepted):.2f} each; {dict(found.reasons)}"
    )


if __name__ == "__main__":
    for asking, names in ((True, ASKING), (False, ALONE)):
        for name in [name for name in names if name in (sys.argv[1:] or names)]:
            print(measured(name, asking=asking), flush=True)
