"""Diagnosers against human labels of the first wrong step, and over real wrong outputs.

Run: ``python tests/bench/diagnosis.py [--errors N]``. Data: ``shared/data`` beside the checkout.
An instructor is measured on the same rows, its section of a recipe in YAML, on a random part of them:
``python tests/bench/diagnosis.py --instructor 'use: openai, model: …' --cases 200``.

Half of each labelled set (by SHA-256 of the id) was used for tuning; the other half was only ever
counted. All figures are on rows with a wrong final answer.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instructor_steps import diagnoses, told

from errata.records import Problem
from errata_math.arithmetic import equations, holds
from errata_math.diagnosis import diagnose_solution

DATA = Path(__file__).parents[2] / "../shared/data"
Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A wrong solution with the human's first wrong step (from 1)."""

    id: str
    problem: Problem
    steps: tuple[str, ...]
    step: int
    group: str

    @property
    def tuning(self) -> bool:
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 0


def rows(name: str) -> Iterator[Row]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def problem_of(row: Row) -> Problem:
    return Problem(
        id=row["id"],
        question=row["question"],
        answer=row["answer"] or "?",
        solution=row["solution"] or "",
    )


def mr_gsm8k() -> Iterator[Case]:
    for row in rows("err.mr_gsm8k.partial.jsonl.gz"):
        if row["error_step"] and not row["final_answer_correct"]:
            steps = tuple(re.sub(r"^Step \d+: ", "", step) for step in row["steps"])
            yield Case(row["id"], problem_of(row), steps, row["error_step"], row["type"])


def processbench() -> Iterator[Case]:
    golds = {row["question"].strip(): row for row in rows("gsm8k.test.jsonl.gz")}
    for row in rows("err.processbench.gsm8k.jsonl.gz"):
        if row["error_step"] >= 0 and not row["final_answer_correct"]:
            gold = golds[row["question"].strip()]
            problem = problem_of({**gold, "id": row["id"]})
            yield Case(
                row["id"], problem, tuple(row["steps"]), row["error_step"] + 1, "processbench"
            )


def first_step(case: Case) -> int | None:
    return 1


def last_step(case: Case) -> int | None:
    return len(case.steps)


def first_failing(case: Case) -> int | None:
    for number, text in enumerate(case.steps, 1):
        if any(holds(equation) is False for equation in equations(text)):
            return number
    return None


def symbolic(case: Case) -> int | None:
    return diagnose_solution(case.problem, case.steps, None).step


Method = Callable[[Case], int | None]
METHODS: dict[str, Method] = {
    "always step 1": first_step,
    "always the last step": last_step,
    "first step whose equation fails": first_failing,
    "symbolic diagnoser": symbolic,
}


def report(title: str, cases: Sequence[Case], more: Mapping[str, Method] | None = None) -> None:
    print(f"\n{title}: {len(cases)} wrong solutions")
    print(f"  {'':34}{'exact':>8}{'within 1':>10}{'named':>8}{'exact of named':>16}")
    for name, method in {**METHODS, **(more or {})}.items():
        named = exact = near = 0
        for case in cases:
            step = method(case)
            if step is None:
                continue
            named += 1
            exact += step == case.step
            near += abs(step - case.step) <= 1
        total = max(1, len(cases))
        print(
            f"  {name:34}{exact / total:8.1%}{near / total:10.1%}{named / total:8.1%}"
            f"{exact / max(1, named):16.1%}"
        )


READINGS = """Readings of our own:
  rows with a wrong final answer and a labelled step; ProcessBench counts from 0, here from 1
  MR-GSM8K steps lose their "Step N: "; it is biased to steps that a judge model had found
  ProcessBench references come from the GSM8K test set by question
  the final answer is read by the diagnoser itself; model outputs are split at line ends
  both halves hold other solutions of some of the same questions (the split is by solution)"""


def labelled(show: int) -> None:
    print(READINGS)
    sets = {"MR-GSM8K": list(mr_gsm8k()), "ProcessBench GSM8K": list(processbench())}
    for title, cases in sets.items():
        for half, wanted in (("tuning half", True), ("held-out half", False)):
            part = [case for case in cases if case.tuning is wanted]
            report(f"{title}, {half}", part)
            groups = sorted({case.group for case in part})
            for group in groups if len(groups) > 1 else []:
                report(f"  {title}, {half}, {group}", [c for c in part if c.group == group])
    wrong = [
        (case, found)
        for cases in sets.values()
        for case in cases
        if case.tuning
        and (found := diagnose_solution(case.problem, case.steps, None)).step != case.step
    ]
    for case, found in wrong[:show]:
        print(f"\n--- {case.id} human {case.step}, here {found.step}: {found.explanation}")
        print(case.problem.question, "\n", case.problem.solution)
        for number, text in enumerate(case.steps, 1):
            print(f"  [{number}] {text}")


def instructed(section: str, most: int, folder: Path) -> None:
    """An instructor and the offline methods on the same random cases of the held-out halves."""
    for title, every in (("MR-GSM8K", mr_gsm8k()), ("ProcessBench GSM8K", processbench())):
        cases = sorted(
            (case for case in every if not case.tuning),
            key=lambda case: hashlib.sha256(f"drawn {case.id}".encode()).digest(),
        )[:most]
        problems = [case.problem for case in cases]
        steps = {case.problem.id: case.steps for case in cases}
        begin = time.perf_counter()
        found = diagnoses(section, problems, steps, folder)
        seconds = time.perf_counter() - begin
        report(
            f"{title}, drawn from the held-out half",
            cases,
            {"instructor": lambda case, found=found: found[case.problem.id].step},
        )
        print(f"  instructor: {told(found.values())}; {len(cases) / seconds:.2f} cases/s")
        phrases = Counter(d.keyphrase for d in found.values() if d.keyphrase)
        print("  its commonest keyphrases:", phrases.most_common(5))


def outputs(name: str) -> None:
    by_model: dict[str, Counter[str]] = defaultdict(Counter)
    steps_of: dict[str, list[str]] = {}
    cases = [row for row in rows(name) if not row["is_correct"]]
    begin = time.perf_counter()
    for row in cases:
        steps = [line for line in (row["prediction"] or "").split("\n") if line.strip()]
        steps_of[row["id"]] = steps
        found = diagnose_solution(problem_of(row), steps, None)
        by_model[row["model"]][found.keyphrase] += 1
    seconds = time.perf_counter() - begin
    print(f"\n{name}: {len(cases)} wrong outputs, {len(cases) / seconds:.0f} cases/s")
    total: Counter[str] = Counter()
    for model, counts in sorted(by_model.items()):
        total += counts
        unread = counts["no readable equation"] / counts.total()
        top = ", ".join(f"{phrase} {count}" for phrase, count in counts.most_common(5))
        print(f"  {model} ({counts.total()}, no readable equation {unread:.1%}): {top}")
    print(f"  distinct keyphrases {len(total)}; all models:")
    for phrase, count in total.most_common(60):
        print(f"    {count:5} {phrase}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", type=int, default=0, help="show N misses of the tuning half")
    parser.add_argument("--labelled-only", action="store_true")
    parser.add_argument("--instructor", help="section `instructor` of a recipe, as YAML")
    parser.add_argument(
        "--cases", type=int, default=200, help="cases of each set it is asked about"
    )
    parser.add_argument(
        "--ledger", type=Path, default=Path("bench-ledger"), help="folder of replies"
    )
    options = parser.parse_args()
    if options.instructor:
        instructed(options.instructor, options.cases, options.ledger)
        return
    labelled(options.errors)
    if not options.labelled_only:
        outputs("out.gsm8k_openai.jsonl.gz")
        outputs("out.gsm8k_gsmplus.jsonl.gz")


if __name__ == "__main__":
    main()
