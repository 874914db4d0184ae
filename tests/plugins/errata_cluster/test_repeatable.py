"""The same seed gives the same types: in other processes, with other hash seeds and threads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("hdbscan", reason="the extra errata[cluster] is not installed")

PROGRAM = """
import asyncio, json, sys
from pathlib import Path
import numpy as np
from errata.domain import Domain
from errata.parts import Services
from errata.plugins import Active
from errata.records import Diagnosis
from errata.seeds import stream
from errata_cluster.grouper import EmbeddingGrouper
from errata_cluster.settings import GroupSettings

class Words:
    "An embedder without a model: each word has a direction."
    def embed(self, texts):
        rows = [sum(self.word(w) for w in text.lower().split()) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)
    def word(self, word):
        return np.random.default_rng([ord(c) for c in word]).normal(size=384)

def services(seed):
    return Services(domain=Domain("none", Active({})), random=lambda name: stream(seed, name),
        problems=lambda name: [], sets=(), target=lambda: None, embedder=Words, cache=Path("."),
        progress=lambda done, total: None)

kinds = ["sign lost in", "unit wrong for", "forgot to carry in", "misread total of", "off by one at"]
random = stream(1, "phrases")
phrases = [f"{kinds[n % 5]} {random.choice('abcdefgh')}x {random.choice('ijklmnop')}y step{n % 60}"
    for n in range(900)]
if sys.argv[1] == "shuffled":
    random.shuffle(phrases)
given = [Diagnosis(problem_id=p, attempt_id=p, keyphrase=p) for p in phrases]
settings = GroupSettings(max_points=200, resamples=3)
made = asyncio.run(EmbeddingGrouper(settings, services(int(sys.argv[2]))).group(given))
print(json.dumps([[t.model_dump() for t in made.types],
    sorted((a.problem_id, a.types) for a in made.assignments)]))
"""


def answer(order: str, seed: int, hash_seed: str, threads: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, order, str(seed)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": threads},
    )
    return done.stdout


def test_hash_seeds_threads_and_the_order_of_rows_change_nothing() -> None:
    first = answer("as given", 0, hash_seed="0", threads="1")
    assert '"count"' in first
    assert first == answer("shuffled", 0, hash_seed="42", threads="2")
    assert first != answer("as given", 1, hash_seed="0", threads="1"), "the seed is used"
