"""``outcomes.csv``: what became of every problem in every arm, one row per set, seed and problem.

With it the figures of an ablation can be counted again, by whatever means, without its runs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from errata.ablation.collecting import problem_key
from errata.ablation.figures import Ablation, RunFigures
from errata.records import Problem
from errata.report.summary import outcomes
from errata.store import Store

_HEAD = ("set", "seed", "problem", "question", "answer")


def outcomes_table(folder: Path, found: Ablation) -> str:
    """The file as text. A column per arm, ``(before)`` among them: right, wrong or undecided, and
    empty where an arm did not have the problem or has not finished."""
    arms = list(dict.fromkeys(run.arm for run in found.runs))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*_HEAD, *arms))
    for set_name in found.sets:
        for seed in found.seeds:
            runs = [run for run in found.runs if (run.set, run.seed) == (set_name, seed)]
            writer.writerows(_rows(folder, set_name, seed, runs, arms))
    return out.getvalue()


def _rows(
    folder: Path, set_name: str, seed: int, runs: list[RunFigures], arms: list[str]
) -> Iterator[tuple[str, ...]]:
    # Paired as the figures are: by what a problem is, under whatever id an arm has it.
    problems: dict[str, Problem] = {}
    table: dict[str, dict[str, str]] = {}
    for run in runs:
        store = Store(folder / run.run)
        found = outcomes(store, run.checkpoint, set_name)
        for problem in store.read("problems.jsonl", Problem):
            if problem.id in found:
                key = problem_key(problem)
                problems.setdefault(key, problem)
                table.setdefault(key, {})[run.arm] = found[problem.id]
    for key in sorted(table, key=lambda each: (problems[each].id, each)):
        problem = problems[key]
        cells = (table[key].get(arm, "") for arm in arms)
        yield (set_name, str(seed), problem.id, problem.question, problem.answer, *cells)
