"""The answer checker's benchmark: the whole table in one run, against Math-Verify beside it.

    python tests/bench/checker.py [--shared DIR] [--math DIR] [--peer-python PATH] [--out DIR]

``--shared`` holds equivalence_pairs.jsonl, adversarial_answers.jsonl and data/ (default: ../shared
beside the checkout); ``--math`` the MATH problems as <split>/<subject>/<n>.json; ``--peer-python``
the Python of an environment with math-verify, in which this file runs its peer half. ``--out``
receives the lists behind the figures (every right between different golds, every reference solution
not found right, every disagreement with labelled outputs). Wall times suffer under other load;
throughput is CPU time.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from checker_pairs import Pair, mix, twin

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve()
Rows = list[dict[str, Any]]


def rows(path: Path) -> Rows:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.decode().split("\n") if line.strip()]


def show(what: str, value: str, target: str = "") -> None:
    print(f"{what:58} {value:62} {target}", flush=True)


# --- the peer, run in its own environment --------------------------------------------------------


def peer_main(task: str, source: str) -> None:
    """Math-Verify on a file of tasks; prints one JSON object."""
    from math_verify import parse, verify

    def one(gold: str, prediction: str, kind: str) -> bool:
        def wrapped(text: str) -> str:
            return text if kind == "response" or "$" in text or "\\boxed" in text else f"${text}$"

        gold_text = gold if "$" in gold or "\\boxed" in gold else f"${gold}$"
        return bool(verify(parse(gold_text), parse(wrapped(prediction))))

    items = json.loads(Path(source).read_text(encoding="utf-8"))
    if task == "pairs":
        print(json.dumps([one(*item) for item in items]))
        return
    one("1", "\\frac{1}{2}", "expr")
    times = {}
    for name, pairs in items.items():
        started = time.process_time()
        for gold, prediction in pairs:
            one(gold, prediction, "expr")
        times[name] = time.process_time() - started
    print(json.dumps(times))


def peer(python: str, task: str, items: object) -> Any:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(items, file)
        file.flush()
        command = [python, str(HERE), "--peer-task", task, file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the peer failed: {done.stderr.strip()[-400:]}")
    return json.loads(done.stdout)


# --- the rows of the table -----------------------------------------------------------------------


def counted(items: Rows, verdicts: Iterable[str]) -> tuple[int, int, int]:
    """False right, false wrong, undecided."""
    false_right = false_wrong = undecided = 0
    for row, verdict in zip(items, verdicts, strict=True):
        undecided += verdict == "undecided"
        false_right += verdict == "right" and not row["equal"]
        false_wrong += verdict == "wrong" and row["equal"]
    return false_right, false_wrong, undecided


def equivalence(shared: Path, python: str | None) -> None:
    from errata_math.checking import check_expr, check_response

    items = rows(shared / "equivalence_pairs.jsonl")
    mine = [
        (check_expr if r["kind"] == "expr" else check_response)(r["gold"], r["prediction"]).outcome
        for r in items
    ]
    theirs = None
    if python:
        said = peer(python, "pairs", [[r["gold"], r["prediction"], r["kind"]] for r in items])
        theirs = ["right" if right else "wrong" for right in said]
    for name, keep in (("undisputed pairs", False), ("all pairs", True)):
        index = [k for k, r in enumerate(items) if keep or not r["disputed"]]
        chosen = [items[k] for k in index]
        for who, verdicts in (("errata", mine), ("Math-Verify", theirs)):
            if verdicts is None:
                continue
            fr, fw, un = counted(chosen, [verdicts[k] for k in index])
            value = f"{fr + fw + un} errors: {fr} false right, {fw} false wrong, {un} undecided"
            target = "<= 44, false right <= 2" if who == "errata" and not keep else ""
            show(f"{name} ({len(chosen)}), {who}", value, target)


def golds(shared: Path, out: Path) -> list[dict[str, Any]]:
    from errata_math.checking import check_expr

    math = rows(shared / "data/math_golds.jsonl.gz")
    gsm = rows(shared / "data/gsm8k.test.jsonl.gz") + rows(shared / "data/gsm8k.train.jsonl.gz")
    for name, items in (("MATH", math), ("GSM8K", gsm)):
        itself, dressed, exceptions = 0, 0, []
        for row in items:
            gold = str(row["answer"])
            other = twin(gold, random.Random(row["id"]))
            verdicts = [check_expr(gold, gold), check_expr(gold, other), check_expr(other, gold)]
            itself += verdicts[0].outcome == "right"
            dressed += verdicts[1].outcome == verdicts[2].outcome == "right"
            if any(v.outcome != "right" for v in verdicts):
                exceptions.append({"id": row["id"], "gold": gold, "twin": other,
                                   "verdicts": [v.outcome for v in verdicts]})  # fmt: skip
        write(out / f"golds_{name.lower()}_exceptions.jsonl", exceptions)
        empty = sum(not e["gold"].strip() for e in exceptions)
        value = f"{itself} themselves, {dressed} twins of {len(items)}"
        show(f"{name} golds against themselves and a twin", value, "all")
        if exceptions:
            show("", f"exceptions: {len(exceptions)}, {empty} of them empty golds (no box)")
    return math


def cross(math: Rows, out: Path) -> None:
    from errata_math.checking import check_expr

    by_subject = collections.defaultdict(list)
    for row in math:
        if row["answer"]:
            by_subject[row["type"]].append(row["answer"])
    counts: collections.Counter[str] = collections.Counter()
    rights: dict[Pair, str] = {}
    undecided: dict[Pair, str] = {}
    for subject, answers in sorted(by_subject.items()):
        rng = random.Random(subject)
        for gold in answers:
            for other in rng.sample(answers, 20):
                if other == gold:
                    continue
                verdict = check_expr(gold, other)
                counts[verdict.outcome] += 1
                if verdict.outcome == "right":
                    rights[gold, other] = verdict.rule
                elif verdict.outcome == "undecided":
                    undecided[gold, other] = verdict.reason
    write(
        out / "cross_right.jsonl",
        [{"gold": a, "other": b, "rule": r} for (a, b), r in rights.items()],
    )
    write(out / "cross_undecided.jsonl",
          [{"gold": a, "other": b, "reason": r} for (a, b), r in undecided.items()])  # fmt: skip
    value = (
        f"{counts['right']} right ({len(rights)} distinct, listed), {counts['undecided']} undecided"
    )
    show(
        f"golds against 20 others of the subject ({sum(counts.values())})",
        value,
        "every right looked at",
    )


def solutions(math: Rows, folder: Path | None, out: Path) -> None:
    from errata_math.checking import check_response

    if folder is None:
        show(
            "MATH reference solutions", "not measured: give --math DIR (see shared/data/README.md)"
        )
        return
    files = {p.parts[-3:]: p for p in folder.rglob("*.json")}
    one = other = right_one = right_other = 0
    listed = []
    for row in math:
        _, split, subject, number = row["id"].split("/")
        path = files.get((split, subject, f"{number}.json"))
        if path is None or not row["answer"]:
            continue
        solution = json.loads(path.read_text(encoding="utf-8"))["solution"]
        verdict = check_response(row["answer"], solution)
        good = verdict.outcome == "right"
        single = row["boxes"] == 1
        one, right_one = one + single, right_one + (single and good)
        other, right_other = other + (not single), right_other + (not single and good)
        if not good or not single:
            listed.append({"id": row["id"], "boxes": row["boxes"], "gold": row["answer"],
                           "extracted": verdict.extracted, "verdict": verdict.outcome,
                           "rule": verdict.rule})  # fmt: skip
    write(out / "math_solutions.jsonl", listed)
    value = f"{right_one} of {one} with one box ({100 * right_one / max(one, 1):.2f}%)"
    show("MATH reference solutions", value, "99.9%")
    show("", f"{right_other} of the {other} others (listed with what was decided)")


def outputs(shared: Path, out: Path) -> None:
    from errata_math.checking import check_response

    for name in ("openai", "gsmplus"):
        items = [r for r in rows(shared / f"data/out.gsm8k_{name}.jsonl.gz") if r["prediction"]]
        listed = []
        for row in items:
            verdict = check_response(row["answer"], row["prediction"])
            if (verdict.outcome == "right") != row["is_correct"]:
                listed.append({"id": row["id"], "gold": row["answer"], "label": row["is_correct"],
                               "extracted": verdict.extracted, "verdict": verdict.outcome,
                               "rule": verdict.rule, "end": row["prediction"][-160:]})  # fmt: skip
        write(out / f"outputs_{name}.jsonl", listed)
        show(
            f"labelled outputs, {name} ({len(items)})",
            f"{len(listed)} disagreements (listed)",
            "each explained",
        )


HOSTILE = """
import json, os, resource, sys, time
from errata_math.checking import check_expr, check_response
from errata_math.checking.pool import shared_pool
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
shared_pool().warm()
slow, bad, worst = [], [], 0.0
for row in rows:
    check = check_response if row["kind"] == "response" else check_expr
    started = time.monotonic()
    verdict = check(row["gold"], row["prediction"]).outcome
    took = time.monotonic() - started
    worst = max(worst, took)
    if took > 1:
        slow.append(row["id"])
    if row["equal"] is not None and verdict != ("right" if row["equal"] else "wrong"):
        bad.append(row["id"])
alive = check_expr("\\\\frac13", "\\\\int_0^1 x^2 dx").outcome == "right"
shared_pool().close()
peak = max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"slow": slow, "bad": bad, "worst": worst, "alive": alive, "mb": peak // 1024,
                  "canaries": sorted(os.listdir(".")), "n": len(rows)}))
"""


def hostile(shared: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-c",
            HOSTILE,
            str((shared / "adversarial_answers.jsonl").resolve()),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    said = json.loads(done.stdout)
    value = (
        f"{len(said['slow'])} over 1 s (worst {said['worst']:.2f} s), {len(said['bad'])} misjudged, "
        f"{len(said['canaries'])} canaries"
    )
    show(f"hostile inputs ({said['n']}, workers warm)", value, "0, 0, 0")
    show(
        "",
        f"peak memory {said['mb']} MB, pool {'alive' if said['alive'] else 'DEAD'} afterwards",
        "< 1024 MB",
    )


def throughput(math: Rows, python: str | None) -> None:
    from errata_math.checking import answer, compare
    from errata_math.checking.options import CheckOptions

    test = [r["answer"] for r in math if "/test/" in r["id"]]
    pairs = mix(test)
    options = CheckOptions()
    compare.compared("\\sqrt2", "\\sqrt{2}+0", options)  # imports mpmath outside the measurement
    times = {}
    for name, items in pairs.items():
        answer._remembered.cache_clear()
        started = time.process_time()
        for gold, prediction in items:
            compare.compared(gold, prediction, options)
        times[name] = time.process_time() - started
    theirs = peer(python, "times", pairs) if python else None
    for name in (*pairs, "all"):
        chosen = list(pairs) if name == "all" else [name]
        count = sum(len(pairs[n]) for n in chosen)
        mine = count / sum(times[n] for n in chosen)
        value = f"{mine:,.0f} pairs/s"
        if theirs:
            other = count / sum(theirs[n] for n in chosen)
            value += f"; Math-Verify {other:,.0f}: {mine / other:.0f} times"
        show(f"throughput, CPU, one core, no result cache: {name} ({count})", value, ">= 20 times")


def first_verdict() -> None:
    code = (
        "from errata_math.checking import check_expr;"
        "assert check_expr('\\\\\\\\frac12', '0.5').outcome == 'right';"
        "import sys; assert 'sympy' not in sys.modules"
    )
    times = []
    for _ in range(5):
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.monotonic() - started)
    show(
        "process start to first verdict, no SymPy",
        f"{min(times):.2f} s (best of 5), {max(times):.2f} s worst",
        "< 0.5 s",
    )


def write(path: Path, items: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(json.dumps(i, ensure_ascii=False) + "\n" for i in items), encoding="utf-8"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--math", type=Path)
    parser.add_argument("--peer-python")
    parser.add_argument(
        "--out", type=Path, default=Path(tempfile.gettempdir()) / "errata-checker-bench"
    )
    parser.add_argument("--peer-task", nargs=2, metavar=("TASK", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer_task:
        peer_main(*args.peer_task)
        return
    python = args.peer_python
    if python is None:
        print("peer not installed: python -m venv VENV && VENV/bin/pip install math-verify==0.9.0, "
              "then --peer-python VENV/bin/python")  # fmt: skip
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    equivalence(args.shared, python)
    math = golds(args.shared, args.out)
    cross(math, args.out)
    solutions(math, args.math, args.out)
    outputs(args.shared, args.out)
    hostile(args.shared)
    throughput(math, python)
    first_verdict()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"lists: {args.out}; this process peaked at {peak} MB")


if __name__ == "__main__":
    main()
