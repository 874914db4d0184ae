"""What ``recompute`` refuses on real solutions: ``python tests/bench/verification.py [--show N]``.

Solutions of eight models to GSM8K test problems (shared/data/out.gsm8k_gsmplus.jsonl.gz) are posed as
candidates twice: with the reference answer, and with the answer that the solution itself comes to, as a
candidate that its own model made would have it. Right and wrong are by the data's label
(``is_correct``); ``--show`` prints so many of the right ones that are refused.

Not covered: verifiers that ask an instructor, and problems beyond GSM8K.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from errata.records import QA, Candidate, Lineage, Objection, Problem
from errata_math.recompute import verify_candidate

FILE = Path(__file__).parents[3] / "shared/data/out.gsm8k_gsmplus.jsonl.gz"
Rows = list[dict[str, Any]]


def judged(row: dict[str, Any], answer: str) -> Objection | None:
    """What is objected to the row's solution, posed as a candidate with ``answer``."""
    problem = Problem(
        id=row["id"], question=row["question"], answer=answer, solution=row["prediction"] or ""
    )
    made = Candidate(
        id=row["id"], wave=0, body=QA(problem=problem), lineage=Lineage(strategy="bench")
    )
    return verify_candidate(made)


def reason(objection: Objection) -> str:
    """The reason, with the evidence that decided."""
    return f"{objection.reason} ({'equation' if 'equation' in objection.evidence else 'answer'})"


def table(rows: Rows, own: bool, show: int) -> None:
    """Prints refusals by model and in all; ``own`` poses the solution's own answer."""
    print(f"\nanswer of the candidate: {'its own' if own else 'the reference'}")
    print(f"{'model':16} {'wrong':>6} {'refused':>14} {'right':>6} {'lost':>14}")
    counts: Counter[tuple[str, bool, bool]] = Counter()
    why: Counter[tuple[bool, str]] = Counter()
    unanswered = 0
    for row in rows:
        answer = str((row["pred_answer"] if own else row["answer"]) or "").strip()
        if not answer:
            unanswered += 1
            continue
        objection, right = judged(row, answer), bool(row["is_correct"])
        for model in (row["model"], "all"):
            counts[model, right, objection is not None] += 1
        if objection is not None:
            why[right, reason(objection)] += 1
            if right and show > 0:
                show -= 1
                print(f"  lost {row['id']}: {objection.detail} {objection.evidence}")
    for model in [*sorted({m for m, _, _ in counts} - {"all"}), "all"]:
        cells = [f"{model:16}"]
        for right in (False, True):
            refused = counts[model, right, True]
            total = refused + counts[model, right, False]
            share = f"({refused / total:.1%})" if total else ""
            cells.append(f"{total:6} {refused:6} {share:>7}")
        print(" ".join(cells))
    print(f"left out, since no answer is found in them: {unanswered}")
    for (right, what), number in sorted(why.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"  {'right' if right else 'wrong'}: {what} {number}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--show", type=int, default=0, metavar="N")
    asked = parser.parse_args()
    if not FILE.exists():
        sys.exit(f"{FILE} not found beside the checkout: it holds the solutions")
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for own in (False, True):
        table(rows, own, asked.show)


if __name__ == "__main__":
    main()
