"""The groupers' benchmark: agreement with labels, repeatability, time and memory.

    python tests/bench/grouping.py [--peer PYTHON] [--scale | --only-scale] [--sizes N,N]
        [--threads N] [--plot FILE.svg]

``--peer`` names the Python of an environment with bertopic; ``--scale`` runs 3,000 to 304,865
keyphrases (many minutes). Everything is grouped with the default settings. What settings were chosen on
is marked "chosen on"; what was only ever counted, "reported". Unassigned is a class of its own
everywhere, for the peers' outliers too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from grouping_scale import SIZES, draw, exponent, measure
from grouping_sets import Labelled, debugbench, misconceptions

from errata.grouping import Row, agreement, group_rows, make_grouper
from errata.parts import Grouping
from errata.plugins import Catalogue

SEEDS = 5


def grouped(texts: Sequence[str], cache: Path, use: str, seed: int, *sets: str) -> Grouping:
    rows = [Row(id=str(number), keyphrase=text) for number, text in enumerate(texts)]
    grouper = make_grouper(Catalogue(), use, sets, seed, cache, lambda _done, _total: None)
    return group_rows(rows, grouper, use)


def labels_of(grouping: Grouping) -> list[str]:
    return [a.types[0] if a.types else "" for a in grouping.assignments]


def vectors_of(texts: Sequence[str], cache: Path) -> Any:
    """The embeddings that the grouper uses, of the texts in their order."""
    from errata_cluster.embedder import SentenceEmbedder
    from errata_cluster.settings import EmbedderSettings

    return SentenceEmbedder(EmbedderSettings(), cache).embed(texts)


def plain_hdbscan(vectors: Any, size: int) -> list[str]:
    import hdbscan

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        found = hdbscan.HDBSCAN(min_cluster_size=size).fit_predict(vectors)
    return [str(label) for label in found]


def k_means(vectors: Any, k: int, seed: int) -> list[str]:
    from sklearn.cluster import KMeans

    found = KMeans(k, n_init=10, random_state=seed).fit_predict(vectors)
    return [str(label) for label in found]


def bertopic(texts: Sequence[str], vectors: Any, peer: str) -> list[list[str]]:
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        given, arrays = Path(folder, "texts.json"), Path(folder, "vectors.npy")
        given.write_text(json.dumps(list(texts)), encoding="utf-8")
        np.save(arrays, np.asarray(vectors))
        script = Path(__file__).with_name("grouping_peer.py")
        done = subprocess.run(
            [peer, str(script), str(given), str(arrays), str(SEEDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            text=True,
        )
    return [["" if n < 0 else str(n) for n in found] for found in json.loads(done.stdout)]


def told(name: str, truth: Sequence[str], runs: Sequence[Sequence[str]], noise: str = "") -> None:
    """A line of the table: means over the runs, and the least and most AMI where there are several."""
    scores = [agreement(truth, run) for run in runs]
    ari, ami, v = (sum(values) / len(runs) for values in zip(*scores, strict=True))
    types = sum(len(set(run) - {noise}) for run in runs) / len(runs)
    left = sum(run.count(noise) for run in map(list, runs)) / len(runs) / len(truth)
    spread = ""
    if len(runs) > 1:
        spread = f"  [{min(s[1] for s in scores):.3f}, {max(s[1] for s in scores):.3f}]"
    print(f"  {name:38}{ami:7.3f}{ari:8.3f}{v:8.3f}{types:7.1f}{left:8.0%}{spread}", flush=True)


def labelled(title: str, given: Labelled, cache: Path, peer: str) -> None:
    texts, truth = given
    k = len(set(truth))
    print(f"\n{title}: {len(texts)} rows, {len(set(texts))} distinct, {k} labels")
    print(f"  {'':38}{'AMI':>7}{'ARI':>8}{'V':>8}{'types':>7}{'unass.':>8}  [AMI of {SEEDS} seeds]")
    vectors = vectors_of(texts, cache)
    runs = [labels_of(grouped(texts, cache, "embedding", s, "resamples=0")) for s in range(SEEDS)]
    told("errata, embedding", truth, runs)
    bare = labels_of(grouped(texts, cache, "embedding", 0, "resamples=0", "lexical=0"))
    told("errata, embedding, lexical=0", truth, [bare])
    told("errata, taxonomy lemma", truth, [labels_of(grouped(texts, cache, "taxonomy", 0))])
    for size in (5, 10):
        found = plain_hdbscan(vectors, size)
        told(f"plain HDBSCAN, min_cluster_size={size}", truth, [found], "-1")
    if peer:
        told("BERTopic, defaults", truth, bertopic(texts, vectors, peer))
    told("k-means with the true k", truth, [k_means(vectors, k, s) for s in range(SEEDS)])


def repeats(cache: Path) -> None:
    """The same rows in other processes: another hash seed, other threads, another order of the rows."""
    texts, _ = debugbench(1)
    answers = []
    for hash_seed, threads, shuffle in (("0", "1", ""), ("7", "2", ""), ("3", "1", "x")):
        given = sorted(texts)
        if shuffle:
            Random(5).shuffle(given)
        code = (
            "import sys, json; from pathlib import Path; from grouping import grouped, labels_of\n"
            "texts = json.load(sys.stdin); g = grouped(texts, Path(sys.argv[1]), 'embedding', 3)\n"
            "print(json.dumps([sorted(zip(texts, labels_of(g))),"
            " [t.model_dump() for t in g.types]]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(cache / f"cold-{hash_seed}")],
            input=json.dumps(given),
            stdout=subprocess.PIPE,
            check=True,
            text=True,
            cwd=Path(__file__).parent,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": threads},
        )
        answers.append(done.stdout)
    print("\nThe same seed, cold cache, in another process:")
    print(f"  other hash seed, 2 threads: {'the same' if answers[0] == answers[1] else 'DIFFERS'}")
    print(f"  rows in another order:      {'the same' if answers[0] == answers[2] else 'DIFFERS'}")


def stability(cache: Path) -> None:
    print("\nStability of the types of DebugBench, reported half, beside their purity")
    texts, truth = debugbench(1)
    grouping = grouped(texts, cache, "embedding", 0)
    for found in grouping.types:
        own = [t for t, label in zip(truth, labels_of(grouping), strict=True) if label == found.id]
        purest = max(sorted(set(own)), key=own.count)
        print(
            f"  {found.stability:5.2f}  {own.count(purest) / len(own):4.0%} {purest:20}"
            f" {found.count:4} cases  {found.name[:60]}"
        )


def scale(sizes: Sequence[int], threads: int, plot: Path) -> None:
    found = measure(sizes, threads)
    if len(found) > 1:
        print(
            f"  exponent of n, least squares on logarithms: wall {exponent(found, 'seconds'):.2f},"
            f" CPU {exponent(found, 'cpu_seconds'):.2f}; over the last two sizes: wall"
            f" {exponent(found[-2:], 'seconds'):.2f}, CPU {exponent(found[-2:], 'cpu_seconds'):.2f}"
        )
        draw(found, plot)
        print(f"  plot: {plot}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", default="", metavar="PYTHON")
    parser.add_argument("--scale", action="store_true", help="time and memory too")
    parser.add_argument("--sizes", default=",".join(str(size) for size in SIZES))
    parser.add_argument("--threads", type=int, default=2, help="of torch; 1 on a busy machine")
    parser.add_argument("--plot", type=Path, default=Path("grouping.svg"))
    parser.add_argument("--only-scale", action="store_true", help="nothing but time and memory")
    options = parser.parse_args()
    if not options.only_scale:
        with tempfile.TemporaryDirectory() as folder:
            cache = Path(folder)
            labelled("DebugBench, half 1 (chosen on)", debugbench(0), cache, options.peer)
            labelled("DebugBench, half 2 (reported)", debugbench(1), cache, options.peer)
            labelled("Misconceptions (reported)", misconceptions(), cache, options.peer)
            stability(cache)
            repeats(cache)
    if options.scale or options.only_scale:
        sizes = [int(size) for size in options.sizes.split(",")]
        scale(sizes, options.threads, options.plot)


if __name__ == "__main__":
    main()
