"""How fast the leak rules are: ``python tests/bench/leak.py [CANDIDATES] [EVALUATION] [--embed N]``.

Evaluation problems are the questions of every set under shared/data but GSM8K train, filled up with
number redraws of them; candidates are GSM8K train questions with numbers redrawn and a sentence of
another question put in. The peer is rapidfuzz over every pair (``process.extractOne`` with the same
cutoff, on the same word numbers) for the first candidates; both must agree on each.

``--embed`` times the embedding rule apart, on the first N candidates. Not covered: what is caught
(``leak_kinds.py``), and the time that a domain's own fingerprints take.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from rapidfuzz import process
from rapidfuzz.distance import Indel

from errata.domain import Domain
from errata.fingerprints import text_fingerprints
from errata.parts import Services
from errata.plugins import Active
from errata.records import QA, Candidate, Lineage, Problem
from errata.seeds import stream
from errata_cluster.embedder import SentenceEmbedder
from errata_cluster.settings import EmbedderSettings
from errata_strategies.leak import Leak
from errata_strategies.neighbours import Neighbours
from errata_strategies.overlap import OverlapIndex
from errata_strategies.settings import LeakSettings

SHARED = Path(__file__).parents[3] / "shared/data"
THRESHOLD = 0.7
PEER_CANDIDATES = 200
LIMIT = 10  # minutes for 100,000 candidates against 20,000 problems


def questions(train: bool) -> list[str]:
    """The distinct questions of GSM8K train, or of every other file."""
    found: dict[str, None] = {}
    for path in sorted(SHARED.glob("*.jsonl.gz")):
        if (path.name == "gsm8k.train.jsonl.gz") == train:
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                found.update((str(json.loads(line).get("question") or ""), None) for line in lines)
    return [question for question in found if question]


def redrawn(text: str, random: Random) -> str:
    return re.sub(r"\d+", lambda _: str(random.randint(2, 999)), text)


def candidates(train: list[str], count: int, random: Random) -> list[str]:
    texts = []
    for _ in range(count):
        sentences = re.split(r"(?<=[.?!]) ", random.choice(train))
        other = re.split(r"(?<=[.?!]) ", random.choice(train))
        sentences[random.randrange(len(sentences))] = random.choice(other)
        texts.append(redrawn(" ".join(sentences), random))
    return texts


def solutions(name: str) -> list[str]:
    """The solutions of GSM8K, which are given to questions in turn: only their length matters."""
    with gzip.open(SHARED / f"gsm8k.{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [str(json.loads(line)["solution"]) for line in lines]


def problems(texts: list[str], prefix: str, solved: list[str]) -> list[Problem]:
    return [
        Problem(id=f"{prefix}{i}", question=text, answer="1", solution=solved[i % len(solved)])
        for i, text in enumerate(texts)
    ]


def peer(evaluation: list[Problem], posed: list[Problem]) -> float:
    """Compares index and brute force on ROUGE-L alone; prints both and returns the ratio."""
    numbers: dict[str, int] = {}

    def code(problem: Problem) -> list[int]:
        words = text_fingerprints(problem).words
        return [numbers.setdefault(word, len(numbers)) for word in words]

    coded = [code(problem) for problem in evaluation]
    index = OverlapIndex(THRESHOLD)
    for problem in evaluation:
        index.add(text_fingerprints(problem).words)
    started = time.perf_counter()
    ours = [index.nearest(text_fingerprints(problem).words) for problem in posed]
    middle = time.perf_counter()
    theirs = [
        process.extractOne(
            code(problem), coded, scorer=Indel.normalized_similarity, score_cutoff=THRESHOLD
        )
        for problem in posed
    ]
    ended = time.perf_counter()
    for one, two in zip(ours, theirs, strict=True):
        assert (one is None) == (two is None), (one, two)
        assert one is None or two is None or abs(one.score - two[1]) < 1e-9, (one, two)
    ratio = (ended - middle) / (middle - started)
    hits = sum(near is not None for near in ours)
    print(
        f"ROUGE-L, {len(posed)} candidates ({hits} hits, the same): index "
        f"{(middle - started) / len(posed) * 1e3:.3f} ms each, every pair "
        f"{(ended - middle) / len(posed) * 1e3:.3f} ms each: {ratio:.0f} times"
    )
    return ratio


def embedding(evaluation: list[Problem], posed: list[Problem]) -> None:
    """The time of the embedding rule, apart: MiniLM, nothing cached."""
    neighbours = Neighbours(SentenceEmbedder(EmbedderSettings()), [p.question for p in evaluation])
    neighbours.look_ahead([posed[0].question])
    read = neighbours.seconds
    neighbours.look_ahead([p.question for p in posed[1:]])
    each = (neighbours.seconds - read) / (len(posed) - 1)
    print(
        f"embedding rule: {read:.1f} s for the {len(evaluation)} problems, {each * 1e3:.2f} ms for"
        f" each of {len(posed)} candidates, 100,000 in {each * 1e5 / 60:.1f} min"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("candidates", type=int, nargs="?", default=5_000)
    parser.add_argument("evaluation", type=int, nargs="?", default=20_000)
    parser.add_argument("--embed", type=int, default=0, metavar="N", help="candidates to embed too")
    sizes = parser.parse_args()
    if not SHARED.exists():
        sys.exit(f"shared/data not found beside the checkout: {SHARED} holds the questions")
    random = stream(0, "bench/leak")
    texts = questions(train=False)
    real = len(texts)
    texts = texts[: sizes.evaluation]
    texts += [redrawn(random.choice(texts), random) for _ in range(sizes.evaluation - len(texts))]
    evaluation = problems(texts, "e", solutions("test"))
    told = candidates(questions(train=True), sizes.candidates, random)
    posed = problems(told, "c", solutions("train"))
    print(f"{len(evaluation)} evaluation problems (of {real} real ones), {len(posed)} candidates")
    services = Services(
        domain=Domain("text", Active({})),
        random=lambda name: stream(0, name),
        problems=lambda name: evaluation,
        sets=("test/all",),
        target=lambda: None,
        embedder=lambda: sys.exit("no embedder here"),
        cache=Path(),
        progress=lambda done, total: None,
    )
    leak = Leak(LeakSettings(), services)
    lineage = Lineage(strategy="bench")

    async def judge(posed: list[Problem]) -> Counter[str]:
        rules: Counter[str] = Counter()
        for problem in posed:
            body = QA(problem=problem)
            found = await leak.verify(Candidate(id=problem.id, wave=0, body=body, lineage=lineage))
            rules["none" if found is None else str(found.evidence["rule"])] += 1
        return rules

    started = time.perf_counter()
    asyncio.run(judge(posed[:1]))
    read = time.perf_counter() - started
    rules = asyncio.run(judge(posed))
    seconds = time.perf_counter() - started - read
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    whole = (read + seconds / len(posed) * 1e5) / 60
    print(
        f"all lexical rules, one process: {read:.1f} s to index the problems, {seconds:.1f} s for the "
        f"candidates, {seconds / len(posed) * 1e3:.2f} ms each; 100,000 in {whole:.1f} min, "
        f"{whole / LIMIT:.2f} of {LIMIT} min; peak memory {memory:.2f} GiB"
    )
    print("rules:", dict(sorted(rules.items())))
    if sizes.embed:
        embedding(evaluation, posed[: sizes.embed])
    peer(evaluation, posed[:PEER_CANDIDATES])


if __name__ == "__main__":
    main()
