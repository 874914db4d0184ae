"""Selectors against an exhaustive evaluation: the tokens they cost, and what training makes of it.

    python tests/bench/selection.py --help
    python tests/bench/selection.py --small               # minutes on two CPU cores; says little
    python tests/bench/selection.py --out selection.jsonl  # sized for a GPU

First how reliable the exhaustive evaluation is: every candidate as the only worked example of every
dev case, scores of random halves of the cases correlated. Under 0.5 it is "not measurable", and the
cases are doubled up to ``--most-cases``. Then each rule, on dev cases that the exhaustive evaluation
has not, in several draws: how much of its kept set is in the exhaustive one, and the target's tokens,
prompts included. Then the target is trained on each rule's kept set, equally many examples, and tested.
Stopped at any time, the same command goes on with what is in ``--out`` (and the folder beside it).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from math import isnan
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, cast

from selection_bench import (
    BEGAN,
    Bench,
    Steps,
    Unshared,
    correlation,
    exhaustive,
    ranks,
    reliability,
    say,
    score,
)
from selection_drills import Sizes
from selection_picture import picture, rows_of

from errata.parts import DevCases, Selector, Services
from errata.plugins import Catalogue
from errata.records import Candidate, Selection
from errata.seeds import stream
from errata.testing import Memory

PAPER = "paper: accuracy, 20 cases"
RULES: dict[str, dict[str, Any]] = {
    PAPER: {"use": "one-shot", "score": "accuracy", "dev_cases": 20},
    "accuracy, 20 cases": {"use": "one-shot", "score": "accuracy", "dev_cases": 20},
    "accuracy, halving": {
        "use": "one-shot",
        "score": "accuracy",
        "dev_cases": 20,
        "race": "halving",
    },
    "accuracy, sequential": {
        "use": "one-shot",
        "score": "accuracy",
        "dev_cases": 20,
        "race": "sequential",
    },
    "accuracy, 4 of 20 by scouts": {
        "use": "one-shot",
        "score": "accuracy",
        "dev_cases": 4,
        "scouts": 3,
        "scouted_cases": 20,
    },
    "accuracy, scouts, halving": {
        "use": "one-shot",
        "score": "accuracy",
        "dev_cases": 4,
        "min_cases": 2,
        "scouts": 4,
        "scouted_cases": 20,
        "race": "halving",
    },
    "likelihood, 20 cases": {"use": "one-shot", "score": "likelihood", "dev_cases": 20},
    "likelihood, 8 cases": {"use": "one-shot", "score": "likelihood", "dev_cases": 8},
    "likelihood, 4 cases": {"use": "one-shot", "score": "likelihood", "dev_cases": 4},
    "likelihood, halving": {
        "use": "one-shot",
        "score": "likelihood",
        "dev_cases": 20,
        "race": "halving",
    },
    "likelihood, sequential": {
        "use": "one-shot",
        "score": "likelihood",
        "dev_cases": 20,
        "race": "sequential",
    },
    "probability, 20 cases": {"use": "one-shot", "score": "probability", "dev_cases": 20},
    "probability, 4 cases": {"use": "one-shot", "score": "probability", "dev_cases": 4},
    "probability, 2 cases": {
        "use": "one-shot",
        "score": "probability",
        "dev_cases": 2,
        "min_cases": 2,
    },
    "probability, halving": {
        "use": "one-shot",
        "score": "probability",
        "dev_cases": 20,
        "race": "halving",
    },
    "probability, 2 of 16 by scouts": {
        "use": "one-shot",
        "score": "probability",
        "dev_cases": 2,
        "min_cases": 2,
        "scouts": 3,
        "scouted_cases": 16,
    },
    "probability, scouts, halving": {
        "use": "one-shot",
        "score": "probability",
        "dev_cases": 4,
        "min_cases": 2,
        "scouts": 3,
        "scouted_cases": 16,
        "race": "halving",
    },
    "likelihood of the answer, 20": {
        "use": "one-shot",
        "score": "likelihood",
        "dev_cases": 20,
        "continuation": "answer",
    },
    "gradient, first order": {"use": "one-shot-gradient", "dev_cases": 20},
    "gradient, exact": {"use": "one-shot-gradient", "dev_cases": 20, "method": "exact"},
    "pass rate": {"use": "pass-rate", "samples": 8, "least": 0, "most": 1},
    "diversity": {"use": "diversity"},
    "random": {"use": "random"},
}
UNTRAINED = (
    "accuracy, 20 cases",  # keeps what the paper's rule keeps
    "accuracy, sequential",
    "accuracy, 4 of 20 by scouts",
    "accuracy, scouts, halving",
    "likelihood, 8 cases",
    "likelihood, 4 cases",
    "likelihood, sequential",
    "probability, 4 cases",
    "probability, 2 cases",
    "likelihood of the answer, 20",
    "gradient, exact",
)
PARTS = Catalogue()
EXHAUSTIVE, NOT_MEASURABLE, WORTH = "exhaustive", "not measurable", 0.5
WORST = "exhaustive, the worst"  # trained on if asked for: a ranking that means anything shows here


def selected(
    bench: Bench, name: str, cases: DevCases, keep: int, draw: int
) -> tuple[list[Selection], int]:
    """The selections of one rule, and the target's tokens for it."""
    target: Any = Unshared(bench.target) if name == PAPER else bench.target
    selector = made(RULES[name], keep, bench.services(target, bench.seed + draw))
    before = bench.target.work.tokens
    found = list(selector.select(bench.candidates, cases, Memory()))
    return found, target.tokens if name == PAPER else bench.target.work.tokens - before


def made(rule: Mapping[str, Any], keep: int, services: Services) -> Selector:
    """The selector of a rule that keeps ``keep`` candidates."""
    settings = {**rule, "examples": keep}
    part = PARTS.find("selector", settings.pop("use"), "bench")
    return cast(Selector, part.make(part.settings.model_validate(settings), services))


def best_of(truth: Mapping[str, float], luck: Mapping[str, float], keep: int) -> frozenset[str]:
    """The best candidates, ties by ``luck``: rules break them by id, and equal scores would agree by
    their names."""
    return frozenset(sorted(truth, key=lambda name: (-truth[name], luck[name]))[:keep])


def compared(
    selections: Sequence[Selection], truth: Mapping[str, float], best: frozenset[str]
) -> dict[str, float]:
    """Agreement of a kept set with the best by the exhaustive evaluation.

    ``overlap`` is the share of the kept ones that are among the best, ``gain`` how much better than all
    they are, as a share of what the best are, ``rho`` the rank correlation of the scores.
    """
    kept = [s.candidate_id for s in selections if s.kept]
    everybody, top = fmean(truth.values()), fmean(truth[name] for name in best)
    scored = [s for s in selections if s.score is not None]
    rho = 0.0
    if scored:
        given = [float(s.score or 0) for s in scored]
        rho = correlation(ranks(given), ranks([truth[s.candidate_id] for s in scored]))
    sure = [s.sureness for s in selections if s.kept and s.sureness is not None]
    return {
        "overlap": len(best & set(kept)) / len(kept),
        "gain": (fmean(truth[n] for n in kept) - everybody) / (top - everybody or 1.0),
        "rho": rho,
        "sureness": fmean(sure) if sure else float("nan"),
    }


def measured(bench: Bench, options: argparse.Namespace) -> tuple[Any, ...]:
    """The exhaustive evaluation on as many cases as make it reliable; the rules' own dev cases."""
    known: dict[str, dict[str, float]] = {}
    cases = options.cases
    while True:
        whole, rest = bench.split(cases)
        spent = exhaustive(bench, whole, known)
        number = len(whole.all_bad) + len(whole.good)
        half, full = reliability(known, whole)
        say(
            f"split-half reliability on {number} cases ({len(whole.all_bad)} bad), {spent:,}"
            f" tokens: halves correlate {half:.3f}, all of them {full:.3f} (Spearman and Brown)"
        )
        if full >= WORTH:
            break
        if 2 * cases > options.most_cases or number < cases:
            say(f"{NOT_MEASURABLE}: under {WORTH}; agreement below is not to be read")
            break
        cases *= 2
        say(f"{NOT_MEASURABLE} yet: under {WORTH}; now {cases} cases")
    bad, good = ([p.id for p in pool] for pool in (whole.all_bad, whole.good))
    return {name: score(values, bad, good) for name, values in known.items()}, rest, full


def agreed(
    bench: Bench, rest: DevCases, truth: Mapping[str, float], options: argparse.Namespace
) -> tuple[dict[str, list[dict[str, float]]], dict[str, list[list[str]]]]:
    """Figures of every rule in every draw, and what it kept."""
    luck = {name: stream(bench.seed, "ties", name).random() for name in sorted(truth)}
    best = best_of(truth, luck, options.keep)
    rows: dict[str, list[dict[str, float]]] = {}
    worst = best_of({name: -worth for name, worth in truth.items()}, luck, options.keep)
    kept = {
        name: [sorted(ids)] * options.draws for name, ids in ((EXHAUSTIVE, best), (WORST, worst))
    }

    def tried(name: str, draw: int) -> list[Any]:
        began = time.monotonic()
        selections, tokens = selected(bench, name, rest, options.keep, draw)
        figures = compared(selections, truth, best)
        figures |= {"tokens": float(tokens), "seconds": time.monotonic() - began}
        return [figures, sorted(s.candidate_id for s in selections if s.kept)]

    for name in options.rules:
        for draw in range(options.draws):
            figures, ids = bench.steps.step(f"{name}, draw {draw}", partial(tried, name, draw))
            rows.setdefault(name, []).append(figures)
            kept.setdefault(name, []).append(ids)
        say(f"{name}: overlap {fmean(r['overlap'] for r in rows[name]):.3f}")
    return rows, kept


def trained(
    bench: Bench,
    kept: Mapping[str, Sequence[Sequence[str]]],
    options: argparse.Namespace,
) -> dict[str, list[float]]:
    """Test accuracies after training on what each rule kept, one per seed, each with a draw of its own;
    seed by seed, so that what the time does not suffice for is missing for all rules alike."""
    by_id: dict[str, Candidate] = {c.id: c for c in bench.candidates}
    results: dict[str, list[float]] = {name: [] for name in kept}
    for seed in range(options.seeds):
        for name, draws in kept.items():
            draw = seed % len(draws)
            own = [by_id[candidate] for candidate in draws[draw]]
            step = f"trained, {name}, draw {draw}, seed {seed}"
            if time.monotonic() - BEGAN > options.seconds and not bench.steps.done(step):
                say(f"--seconds are over: seed {seed} stops before {name}")
                return results
            accuracy = bench.steps.step(step, partial(bench.after, own, seed))
            results[name].append(accuracy)
        say(f"seed {seed}: trained on what {len(kept)} rules kept")
    return results


def table(
    rows: Mapping[str, Sequence[Mapping[str, float]]],
    results: Mapping[str, Sequence[float]],
    before: float,
) -> str:
    """Everything in one table; ± is the standard deviation over draws or seeds."""
    paper = fmean(r["tokens"] for r in rows[PAPER]) if PAPER in rows else None
    head = ("rule", "overlap", "gain", "rho", "sureness", "tokens", "of paper", "test accuracy")
    lines: list[Sequence[str]] = [head]
    for name in dict.fromkeys([*rows, *results]):
        own, after = rows.get(name, ()), results.get(name, ())
        tokens = fmean(r["tokens"] for r in own) if own else None
        lines.append(
            (
                name,
                *(_mean([r[key] for r in own]) for key in ("overlap", "gain", "rho", "sureness")),
                "" if tokens is None else f"{tokens:,.0f}",
                "" if tokens is None or not paper else f"{tokens / paper:.3f}",
                _mean(after),
            )
        )
    lines.append(("after the warm-up alone", "", "", "", "", "", "", f"{before:.3f}"))
    return aligned(lines)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells in columns, the first one to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _mean(values: Sequence[float]) -> str:
    if not values or any(map(isnan, values)):
        return ""
    spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{fmean(values):.3f}{spread}"


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; sizes are for a GPU unless ``--small``."""
    small = "--small" in arguments
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--small", action="store_true", help="sizes for two CPU cores")
    parser.add_argument("--model", default="smollm2-135m-instruct", help="folder or hub name")
    for name, size, tiny, meaning in (
        ("warmup", 512, 64, "examples of the warm-up"),
        ("train", 700, 40, "problems whose bad cases are redrawn"),
        ("candidates", 256, 8, "candidates"),
        ("dev", 900, 40, "dev problems"),
        ("cases", 128, 8, "dev cases of the exhaustive evaluation"),
        ("most-cases", 256, 8, "at most, where they are not reliable"),
        ("test", 600, 24, "test problems"),
        ("keep", 64, 4, "candidates that each rule keeps"),
        ("draws", 3, 2, "draws of dev cases"),
        ("seeds", 3, 1, "seeds of training; 0 trains nothing"),
        ("batch", 1024, 16, "prompts answered together"),
        ("seconds", 540, 100_000, "begin no further training after so many"),
        ("seed", 0, 0, "of problems and candidates"),
    ):
        parser.add_argument(f"--{name}", type=int, default=tiny if small else size, help=meaning)
    parser.add_argument("--rules", nargs="*", default=list(RULES), choices=RULES, metavar="RULE")
    parser.add_argument(
        "--train-rules",
        nargs="*",
        default=[r for r in RULES if r not in UNTRAINED],
        choices=[*RULES, WORST],
        metavar="RULE",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("selection.jsonl"), help="figures as JSON lines"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Measure, print, write; exit code 1 when the exhaustive evaluation is not reliable."""
    options = parsed(arguments)
    sizes = Sizes(
        options.warmup, options.train, options.candidates, options.dev, options.cases, options.test
    )
    numbers = asdict(sizes) | {
        "keep": options.keep,
        "most_cases": options.most_cases,
        "batch": options.batch,
        "seed": options.seed,
    }
    steps = Steps(options.out, {"model": options.model, **numbers})
    folder = options.out.with_suffix(".work")
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.model, sizes, options.batch, options.seed, folder, steps)
    say(
        f"{bench.target.name} on {bench.target.local.weights.device}; test accuracy after the warm-up"
        f" {bench.before:.3f}; dev: {len(bench.dev.all_bad)} bad, {len(bench.dev.good)} good;"
        f" {len(bench.candidates)} candidates, {options.keep} kept"
    )
    truth, rest, full = measured(bench, options)
    rows, kept = agreed(bench, rest, truth, options)
    wanted = {n: ids for n, ids in kept.items() if n in (EXHAUSTIVE, *options.train_rules)}
    results = trained(bench, wanted, options) if options.seeds else {}
    print(table(rows, results, bench.before))
    drawn = picture(
        rows_of(rows, results, PAPER), options.keep / len(bench.candidates), bench.before
    )
    options.out.with_suffix(".svg").write_text(drawn, encoding="utf-8")
    say(f"figures in {options.out}, a picture of them in {options.out.with_suffix('.svg')}")
    return 0 if full >= WORTH else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
