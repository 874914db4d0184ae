"""One-shot selection by accuracy, drawn many times from what ``selection.py`` has recorded.

    python tests/bench/selection_resampled.py selection.jsonl --out resampled.jsonl

The exhaustive evaluation has recorded whether every dev case is answered right with every candidate as
the worked example. Its cases are split in half, at random, ``--draws`` times: each rule selects by the
one half, asking a target that answers as recorded, and its kept set is compared with the best by the
other half. No model is asked, so that draws cost nothing and differences of a few points are seen.
Prices are in the target's tokens where lengths of prompts and answers are recorded, in pairs of
candidate and case elsewhere. The paper's way of asking reads every prompt in full; its answers are
taken to end where errata ends them, so that its price is a lower bound. Not covered: other candidates
than the recorded ones, of which all draws are draws.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any, NamedTuple

from selection import PAPER, RULES, aligned, best_of, compared, made
from selection_bench import score
from selection_drills import Drills, Sizes, mathematics, services

from errata.parts import DevCases
from errata.records import Generation, Problem, TargetPrompt
from errata.seeds import stream
from errata.testing import Memory
from errata_selection.measuring import demonstration

FOUR_BY_SCOUTS = RULES["accuracy, 4 of 20 by scouts"]
OWN: dict[str, dict[str, Any]] = {
    PAPER: RULES[PAPER],
    "8 cases": {**RULES[PAPER], "dev_cases": 8},
    "4 cases": {**RULES[PAPER], "dev_cases": 4},
    "2 cases": {**RULES[PAPER], "dev_cases": 2, "min_cases": 2},
    "halving": RULES["accuracy, halving"],
    "sequential": RULES["accuracy, sequential"],
    "4 by 3 scouts": FOUR_BY_SCOUTS,
    "4 by 8 scouts": {**FOUR_BY_SCOUTS, "scouts": 8},
    "2 by 8 scouts": {**FOUR_BY_SCOUTS, "scouts": 8, "dev_cases": 2, "min_cases": 2},
    "2 to 4 by 4 scouts, halving": RULES["accuracy, scouts, halving"],
}
Known = Mapping[str, Mapping[str, float]]


class Answered(NamedTuple):
    """What the target wrote once; ``shared`` are the first tokens of a prompt of ``read`` that all
    prompts with the same worked ``example`` begin with."""

    text: str
    example: str
    shared: int = 0
    read: int = 0
    written: int = 0


class Recorded:
    """A target that answers a dev case after a worked example as it once did.

    ``tokens`` counts what that takes, each beginning read once a call if ``share``.
    """

    name, batch_size = "recorded", 1 << 20

    def __init__(self, answers: Mapping[TargetPrompt, Answered], *, share: bool) -> None:
        self._answers, self._share = answers, share
        self.pairs = self.tokens = 0

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        """The recorded answers; KeyError for what was not asked then."""
        found = [self._answers[prompt] for prompt in prompts]
        self.pairs += len(found)
        self.tokens += sum(each.read + each.written for each in found)
        if self._share:
            begun = {each.example: each.shared for each in found}
            self.tokens -= sum(each.shared for each in found) - sum(begun.values())
        return [Generation(text=each.text, tokens=0, finish="stop") for each in found]


class Evaluation:
    """What is recorded: the candidates, the dev cases, and whether each is answered right with each."""

    def __init__(self, path: Path) -> None:
        records = dict(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
        options = records["options"]
        self.keep: int = options["keep"]
        sizes = Sizes(*(options[name] for name in Sizes.__annotations__))
        self.domain = mathematics()
        drawn = Drills(self.domain, sizes, options["seed"])
        self.candidates = drawn.candidates(records["warm on train"])
        names = [candidate.id for candidate in self.candidates]
        self.known: Known = dict(zip(names, _recorded(records, 0), strict=True))
        self.prices: Mapping[str, tuple[int, Mapping[str, tuple[int, int]]]] = dict(
            zip(names, _recorded(records, 2), strict=False)  # none in older records
        )
        seen = self.known[self.candidates[0].id]
        dev = drawn.dev(records["warm on dev"])
        self.bad = [problem for problem in dev.all_bad if problem.id in seen]
        self.good = [problem for problem in dev.good if problem.id in seen]

    def answers(self) -> dict[TargetPrompt, Answered]:
        """An answer to every pair, right where the target's was."""
        return {
            self.domain.target_prompt(case, demonstration(candidate)): self._answered(
                candidate.id, case
            )
            for candidate in self.candidates
            for case in (*self.bad, *self.good)
        }

    def _answered(self, name: str, case: Problem) -> Answered:
        text = f"#### {case.answer}" if self.known[name][case.id] else "#### none"
        if name not in self.prices:
            return Answered(text, name)
        shared, lengths = self.prices[name]
        return Answered(text, name, shared, *lengths[case.id])

    def halves(self, draw: Random) -> tuple[DevCases, DevCases]:
        """The dev cases in two halves, with as many bad ones in each."""
        parts: list[tuple[list[Problem], list[Problem]]] = []
        for pool in (self.bad, self.good):
            shuffled = draw.sample(pool, len(pool))
            middle = len(pool) // 2
            parts.append((shuffled[:middle], shuffled[middle:]))
        (bad, other_bad), (good, other_good) = parts
        return DevCases({}, bad, good), DevCases({}, other_bad, other_good)


def _recorded(records: Mapping[str, Any], place: int) -> list[Any]:
    """What the exhaustive evaluation has recorded at ``place`` of its steps, by candidate."""
    steps = [value for name, value in records.items() if name.startswith("exhaustive, ")]
    return [each for step in steps for found in step[place : place + 1] for each in found]


def agreement(evaluation: Evaluation, draws: int) -> dict[str, list[dict[str, float]]]:
    """Figures of every rule, by draw; all rules see the same halves."""
    answers, keep = evaluation.answers(), evaluation.keep
    found: dict[str, list[dict[str, float]]] = {rule: [] for rule in OWN}
    for number in range(draws):
        draw = stream(number, "halves")
        cases, rest = evaluation.halves(draw)
        bad, good = ([problem.id for problem in pool] for pool in (rest.all_bad, rest.good))
        truth = {name: score(values, bad, good) for name, values in evaluation.known.items()}
        luck = {name: draw.random() for name in truth}
        best = best_of(truth, luck, keep)
        for rule, own in OWN.items():
            target = Recorded(answers, share=rule != PAPER)
            given = services(evaluation.domain, target, number, Path(), lambda: None)
            selector = made(own, keep, given)
            selections = selector.select(evaluation.candidates, cases, Memory())
            figures = compared(selections, truth, best)
            shown = {key: round(figures[key], 6) for key in ("overlap", "gain", "rho")}
            price = {"tokens": target.tokens} if evaluation.prices else {"pairs": target.pairs}
            found[rule].append(shown | price)
    return found


def table(found: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Means over draws; ``less`` is how far a rule's gain is below the paper's in the same draws, with
    twice its standard error over draws."""
    paper = found[PAPER]
    unit = "tokens" if "tokens" in paper[0] else "pairs"
    head = ("rule", unit, "of paper", "overlap", "gain", "rho", "less gain than the paper's")
    lines: list[Sequence[str]] = [head]
    for rule, draws in found.items():
        price = fmean(d[unit] for d in draws)
        less = [p["gain"] - d["gain"] for p, d in zip(paper, draws, strict=True)]
        error = 2 * stdev(less) / len(less) ** 0.5
        lines.append(
            (
                rule,
                f"{price:,.0f}",
                f"{price / fmean(d[unit] for d in paper):.3f}",
                *(f"{fmean(d[key] for d in draws):.3f}" for key in ("overlap", "gain", "rho")),
                "" if rule == PAPER else f"{fmean(less):.3f} ± {error:.3f}",
            )
        )
    return aligned(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("records", type=Path, help="the --out of selection.py")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument(
        "--out", type=Path, default=None, help="figures of every draw as JSON lines"
    )
    options = parser.parse_args(arguments)
    found = agreement(Evaluation(options.records), options.draws)
    print(table(found))
    if options.out:
        lines = (json.dumps({rule: draw}) for rule, draws in found.items() for draw in draws)
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
