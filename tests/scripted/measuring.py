"""Requests for each accepted candidate, by strategy, with the scripted instructor: the figures of
docs/strategies.md. ``PYTHONPATH=tests python -m scripted.measuring [STRATEGY…]``."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path

from errata_math.plugin import MathDomain
from scripted.methods import Methods
from test_methods import TEST, rows, run, survivors

ASKING = (
    "sei",
    "lema",
    "lemma",
    "llm2llm",
    "rise",
    "self-instruct",
    "same-distribution",
    "rephrase",
)
ALONE = ("redraw", "correct-only", "self-instruct", "same-distribution")


def measured(name: str, *, asking: bool) -> str:
    """One line: requests, candidates, accepted, what was objected to."""
    domain = MathDomain()
    train = list(domain.errata_problems("gsm8k-two-steps", "train", 0))
    test = list(islice(domain.errata_problems("gsm8k-two-steps", "test", 0), TEST))
    server = Methods(train, test)
    novelty = "{use: novelty, rouge_l: 1.0}" if name == "rephrase" else "novelty"
    section = f"{{use: {name}, total: 120, wave: 40, verify: [recompute, {novelty}, leak]}}"
    samples = ["triage={samples: 4, suspect_gold: null}"] if name == "rise" else []
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "run"
        run(directory, server.url if asking else None, section, *samples)
        accepted, objections = survivors(directory)
        candidates = len(rows(directory / "round-1" / "candidates.jsonl"))
    server.stop()
    requests = sum(server.requests.values())
    reasons = dict(Counter(row["reason"] for row in objections))
    return (
        f"{name}{'' if asking else ' (no instructor)'}: {requests} requests, {candidates} candidates,"
        f" {len(accepted)} accepted, {requests / max(1, len(accepted)):.2f} each; {reasons}"
    )


if __name__ == "__main__":
    for asking, names in ((True, ASKING), (False, ALONE)):
        for name in [name for name in names if name in (sys.argv[1:] or names)]:
            print(measured(name, asking=asking), flush=True)
