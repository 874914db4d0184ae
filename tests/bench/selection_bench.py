"""The target and the exhaustive evaluation of ``selection.py``.

Drills after a short warm-up, so that accuracy is neither 0 nor 1.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from statistics import fmean
from typing import Any, cast

from pydantic import JsonValue
from selection_drills import Drills, Sizes, mathematics, services

from errata.lines import FileMemo
from errata.parts import DevCases, Services
from errata.plugins import Catalogue
from errata.records import Candidate, Generation, Problem, TargetPrompt
from errata.seeds import stream
from errata.stages.train import example, solved_example
from errata_selection.measuring import Answers, demonstration
from errata_transformers.settings import TransformersSettings
from errata_transformers.target import TransformersTarget

BEGAN = time.monotonic()


def say(*words: object) -> None:
    """A line with the seconds since the beginning."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s]", *words, flush=True)


class Steps:
    """What is measured so far, by the name of the step, kept in ``path``: a benchmark that was stopped
    goes on there. Raises SystemExit when the file was made with other ``options``."""

    def __init__(self, path: Path, options: JsonValue) -> None:
        self._memo = FileMemo(path)
        if (made := self.step("options", lambda: options)) != options:
            raise SystemExit(
                f"{path} was made with {made}, not {options};"
                " name another --out or give the same options"
            )

    def done(self, name: str) -> bool:
        """Whether a step has its result."""
        return self._memo.get(name) is not None

    def step(self, name: str, make: Callable[[], Any]) -> Any:
        """The result of a step, made now unless it is there; what JSON can hold, and not None."""
        if not self.done(name):
            self._memo.put(name, make())
        return self._memo.get(name)


class Unshared:
    """The target as the paper's code asks it: every prompt in full, answers to their end.

    ``tokens`` counts what that takes: each prompt's own tokens, and everything that is written.
    """

    def __init__(self, target: TransformersTarget) -> None:
        self._target, self.tokens = target, 0
        self.name, self.batch_size = target.name, target.batch_size

    def use(self, checkpoint: Path | None) -> None:
        """See ``Target``."""
        self._target.use(checkpoint)

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        """See ``Target``; the answer is what stands before the first stop, as for everybody."""
        unended = [TargetPrompt(messages=prompt.messages) for prompt in prompts]
        found = self._target.generate(unended)
        self.tokens += sum(each.prompt_tokens + each.tokens for each in found)
        return found


class Noted:
    """The target, and what each pair of candidate and case takes: ``lengths`` by prompt, in the order
    asked, are the tokens of the prompt and of the answer."""

    def __init__(self, target: TransformersTarget) -> None:
        self._target, self.lengths = target, list[tuple[int, int]]()
        self.name, self.batch_size = target.name, target.batch_size

    def generate(self, prompts: Sequence[TargetPrompt]) -> list[Generation]:
        """See ``Target``."""
        found = self._target.generate(prompts)
        self.lengths += [(each.prompt_tokens, each.tokens) for each in found]
        return found


class Bench:
    """The warm target, its pools of problems, and the candidates."""

    def __init__(
        self, model: str, sizes: Sizes, batch: int, seed: int, folder: Path, steps: Steps
    ) -> None:
        self.seed, self.folder, self.steps = seed, folder, steps
        self.domain = mathematics()
        self.target = TransformersTarget(
            TransformersSettings(model=model, max_new_tokens=112, batch_size=batch), folder
        )
        drawn = Drills(self.domain, sizes, seed)
        self.pools = drawn.pools
        self.warm = self._warmed()
        self.target.use(self.warm)
        self.before = fmean(self._solved("test"))
        self.candidates = drawn.candidates(self._solved("train"))
        self.dev = drawn.dev(self._solved("dev"))

    def _warmed(self) -> Path:
        """The checkpoint after the warm-up; that of an earlier start, if it is there whole."""
        place = self.folder / "warm"
        if not place.exists():
            examples = [solved_example(p, self.domain) for p in self.pools["warmup"]]
            self.trained(examples, None).rename(place)
        return place

    def _solved(self, pool: str) -> list[bool]:
        """Whether each problem of a pool is answered right by the warm target."""
        problems = self.pools[pool]
        right: list[bool] = self.steps.step(f"warm on {pool}", lambda: self._right(problems))
        say(f"warm target on {pool}: {sum(right)} of {len(right)}")
        return right

    def _right(self, problems: Sequence[Problem]) -> list[bool]:
        order = sorted(range(len(problems)), key=lambda n: (len(problems[n].question), n))
        texts = [""] * len(problems)
        size = self.target.batch_size
        for start in range(0, len(order), size):
            part = order[start : start + size]
            prompts = [self.domain.target_prompt(problems[n]) for n in part]
            for n, generation in zip(part, self.target.generate(prompts), strict=True):
                texts[n] = generation.text
        return [v.outcome == "right" for v in self.domain.check(problems, texts)]

    def split(self, cases: int) -> tuple[DevCases, DevCases]:
        """Dev cases for the exhaustive evaluation, half bad ones and half good ones, and the others,
        for the rules. Fewer where there are not enough: a quarter of each kind is left to the rules."""
        draw = stream(self.seed, "split")
        parts = []
        for pool in (self.dev.all_bad, self.dev.good):
            shuffled = sorted(pool, key=lambda problem: problem.id)
            draw.shuffle(shuffled)
            number = min(cases // 2, 3 * len(shuffled) // 4)
            parts.append((shuffled[:number], shuffled[number:]))
        (bad, other_bad), (good, other_good) = parts
        return DevCases({}, bad, good), DevCases({}, other_bad, other_good)

    def shared(self, candidate: Candidate, cases: Sequence[Problem]) -> int:
        """How many tokens the prompts of all ``cases`` after one worked example begin with."""
        shown = demonstration(candidate)
        prompts = [
            self.target.local.encode(self.domain.target_prompt(case, shown).messages)
            for case in cases
        ]
        columns = zip(*prompts, strict=False)
        return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))

    def services(self, target: object, seed: int) -> Services:
        """What a selector may use, with random streams of their own."""
        return services(self.domain, target, seed, self.folder, self._embedder)

    def _embedder(self) -> object:
        part = Catalogue().find("embedder", "sentence-transformers", "bench")
        return part.make(part.settings(), self.services(self.target, 0))

    def trained(self, examples: Sequence[Any], start: Path | None, seed: int = 0) -> Path:
        """A checkpoint after two passes over ``examples``."""
        part = Catalogue().find("trainer", "sft", "bench")
        settings = part.settings.model_validate(
            {
                "epochs": 2,
                "rank": 16,
                "alpha": 32,
                "dropout": 0.0,
                "target_modules": "all-linear",
                "learning_rate": 5e-4,  # the paper's is for models fifty times as large
                "batch_size": 8,
                "max_length": 400,
            }
        )
        into = Path(tempfile.mkdtemp(prefix="checkpoint-", dir=self.folder))
        trainer = cast(Any, part.make(settings, self.services(self.target, seed)))
        trainer.train(examples, start, into)
        return into

    def after(self, kept: Sequence[Candidate], seed: int) -> float:
        """Test accuracy after training the warm target on ``kept``."""
        examples = [example(candidate, self.domain) for candidate in kept]
        made = self.trained(examples, self.warm, seed)
        self.target.use(made)
        found = fmean(self._right(self.pools["test"]))
        self.target.use(self.warm)
        shutil.rmtree(made)
        return found


def exhaustive(bench: Bench, cases: DevCases, known: dict[str, dict[str, float]]) -> int:
    """Whether each dev case is answered right with each candidate as the worked example, for cases
    that are not ``known`` yet, into ``known`` by candidate; the target's tokens for it. Recorded
    beside: how many tokens a candidate's prompts begin with alike, and each pair's lengths."""
    problems = [*cases.all_bad, *cases.good]
    noted = Noted(bench.target)
    answers = Answers(bench.services(noted, bench.seed))
    done = known[bench.candidates[0].id] if known else {}
    wanted = [problem for problem in problems if problem.id not in done]
    size = max(1, bench.target.batch_size // max(1, len(wanted)))
    spent = 0

    def measured(chunk: Sequence[Candidate]) -> list[Any]:
        before, noted.lengths = bench.target.work.tokens, []
        found = answers.values([(candidate, wanted) for candidate in chunk])
        lengths = iter(noted.lengths)
        prices = [
            [bench.shared(candidate, wanted), {problem.id: next(lengths) for problem in wanted}]
            for candidate in chunk
        ]
        return [list(map(dict, found)), bench.target.work.tokens - before, prices]

    for start in range(0, len(bench.candidates) if wanted else 0, size):
        chunk = bench.candidates[start : start + size]
        name = f"exhaustive, {len(problems)} cases, from candidate {start}"
        found, tokens, *_ = bench.steps.step(name, partial(measured, chunk))
        spent += tokens
        for candidate, values in zip(chunk, found, strict=True):
            known.setdefault(candidate.id, {}).update(values)
        if start // size % 8 == 0:
            say(f"exhaustive: {start + len(chunk)} of {len(bench.candidates)} candidates")
    return spent


def score(values: Mapping[str, float], bad: Sequence[str], good: Sequence[str]) -> float:
    """The mean of the two halves' means."""
    return fmean(fmean(values[name] for name in half) for half in (bad, good) if half)


def reliability(
    known: Mapping[str, Mapping[str, float]], cases: DevCases, splits: int = 50
) -> tuple[float, float]:
    """Mean correlation of the candidates' scores between random halves of the cases, and what that
    makes of all of them (Spearman and Brown)."""
    draw = random.Random(0)
    found = []
    for _ in range(splits):
        parts: list[list[str]] = [[], [], [], []]
        for kind, pool in enumerate((cases.all_bad, cases.good)):
            names = sorted(problem.id for problem in pool)
            draw.shuffle(names)
            parts[2 * kind], parts[2 * kind + 1] = names[::2], names[1::2]
        one = [score(known[c], parts[0], parts[2]) for c in sorted(known)]
        other = [score(known[c], parts[1], parts[3]) for c in sorted(known)]
        found.append(correlation(one, other))
    half = fmean(found)
    return half, 2 * half / (1 + half) if half > -1 else -1.0


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's; 0 where one of the two does not vary."""
    a, b = fmean(one), fmean(other)
    top = sum((x - a) * (y - b) for x, y in zip(one, other, strict=True))
    below = sum((x - a) ** 2 for x in one) * sum((y - b) ** 2 for y in other)
    return top / below**0.5 if below else 0.0


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks, those of ties averaged."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            found[place] = (start + end - 1) / 2
        start = end
    return found
