"""What the leak guard catches: ``python tests/bench/leak_kinds.py [PLANTED] [--neighbours 0.9]``.

Leaks of each kind are made of GSM8K test problems: copies, other numbers, numbers in words, sentences
in another order, both, and another question with a test solution. Clean ones are GSM8K train problems
but for two known leaks (``KNOWN``). Caught and false alarms are counted by kind and rule.

Not covered: paraphrases by a model.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from errata.domain import Domain
from errata.parts import Services
from errata.plugins import Active
from errata.records import QA, Candidate, Lineage, Problem
from errata.seeds import stream
from errata_strategies.leak import Leak
from errata_strategies.settings import LeakSettings

SHARED = Path(__file__).parents[3] / "shared/data"
WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905 shorter
KNOWN = ("snowflake stamps", "A train travels 270 miles in 3 hours")


def read(name: str) -> list[Problem]:
    with gzip.open(SHARED / f"gsm8k.{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Problem(id=r["id"], question=r["question"], answer=r["answer"], solution=r["solution"])
        for r in rows
    ]


def numbers(problem: Problem, random: Random) -> Problem:
    def other(_: re.Match[str]) -> str:
        return str(random.randint(2, 999))

    question = re.sub(r"\d+", other, problem.question)
    solution = re.sub(r"\d+", other, problem.solution)
    return problem.model_copy(update={"question": question, "solution": solution})


def in_words(problem: Problem, random: Random) -> Problem:
    def word(_: re.Match[str]) -> str:
        return random.choice(WORDS[2:])

    return numbers(problem, random).model_copy(
        update={"question": re.sub(r"\d+", word, problem.question)}
    )


def reordered(problem: Problem, random: Random) -> Problem:
    *told, asked = re.split(r"(?<=[.?!])\s+", problem.question.strip())
    random.shuffle(told)
    return numbers(problem, random).model_copy(update={"question": " ".join([*told, asked])})


def both(problem: Problem, random: Random) -> Problem:
    return numbers(reordered(problem, random), random)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("planted", type=int, nargs="?", default=500)
    parser.add_argument("--neighbours", type=float)
    asked = parser.parse_args()
    if not SHARED.exists():
        sys.exit(f"shared/data not found beside the checkout: {SHARED} holds the questions")
    random, test, train = stream(0, "bench/leak_kinds"), read("test"), read("train")
    clean = [p for p in train if not any(known in p.question for known in KNOWN)]
    services = Services(
        domain=Domain("text", Active({})),
        random=lambda name: stream(0, name),
        problems=lambda _: test,
        sets=("test/gsm8k",),
        target=lambda: None,
        embedder=embedder,
        cache=Path(),
        progress=lambda done, total: None,
    )
    leak = Leak(LeakSettings(neighbours=asked.neighbours), services)
    kinds: dict[str, Callable[[Problem, Random], Problem]] = {
        "exact copy": lambda problem, _: problem,
        "other numbers": numbers,
        "numbers in words": in_words,
        "other order": reordered,
        "order and numbers": both,
        "solution alone": lambda problem, own: problem.model_copy(
            update={"question": own.choice(clean).question}
        ),
    }
    for kind, make in kinds.items():
        told = [make(problem, random) for problem in random.sample(test, asked.planted)]
        show(kind, judged(leak, told))
    show("clean (false alarms)", judged(leak, random.sample(clean, 4 * asked.planted)))
    print(f"lexical rules {leak.seconds:.1f} s, embedding rule {leak.embedding_seconds:.1f} s")


def judged(leak: Leak, problems: list[Problem]) -> Counter[str]:
    leak.look_ahead([candidate(problem) for problem in problems])

    async def rules() -> Counter[str]:
        found = [await leak.verify(candidate(problem)) for problem in problems]
        return Counter("-" if one is None else str(one.evidence["rule"]) for one in found)

    return asyncio.run(rules())


def candidate(problem: Problem) -> Candidate:
    return Candidate(
        id=problem.id, wave=0, body=QA(problem=problem), lineage=Lineage(strategy="bench")
    )


def show(kind: str, rules: Counter[str]) -> None:
    total = rules.total()
    caught = total - rules["-"]
    by_rule = ", ".join(f"{rule} {count}" for rule, count in rules.most_common() if rule != "-")
    print(f"{kind:22} {caught:5} of {total} ({caught / total:.1%}): {by_rule}")


def embedder():  # type: ignore[no-untyped-def]  # the plugin's own
    from errata_cluster.embedder import SentenceEmbedder
    from errata_cluster.settings import EmbedderSettings

    return SentenceEmbedder(EmbedderSettings())


if __name__ == "__main__":
    main()
