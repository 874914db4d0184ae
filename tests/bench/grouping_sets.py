"""Labelled error texts, and a large set made of real ones: what ``grouping.py`` is measured on.

DebugBench's single bugs (14 types) fall into two halves by problem (SHA-256 of its name). Settings were
chosen on the first; the misconceptions were never looked at for it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

DATA = Path(__file__).parents[2] / "../shared/data"
Labelled = tuple[list[str], list[str]]
_SEVERAL = ("double", "triple", "quadruple")
_BREAK = re.compile(
    r"[.;:,()]|\b(?:and|but|because|which|instead of|so that|when|while|rather than)\b"
)
_AMOUNT = re.compile(
    r"\b((?:number|cost|price|amount|total|rest|half|weight|length|age|distance|share|value|percentage)"
    r" of (?:the |his |her |their |all )?[a-z]+(?: (?:of|in|for|from|on) (?:the |his |her )?[a-z]+)?)"
)


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of a file of shared/data."""
    path = DATA / name
    if not path.exists():
        raise SystemExit(f"shared/data/{name} not found beside the checkout")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _reason(row: dict[str, Any]) -> str:
    return " ".join((row["error_reason"] or "").split())


def debugbench(half: int) -> Labelled:
    """Explanations of single bugs and their types, one half of the problems."""
    chosen = [
        row
        for row in rows("err.debugbench.python3.jsonl.gz")
        if row["error_type"] not in _SEVERAL
        and hashlib.sha256(row["slug"].encode()).digest()[0] % 2 == half
    ]
    return [_reason(row) for row in chosen], [row["error_type"] for row in chosen]


def misconceptions() -> Labelled:
    """Misconceptions of pupils (55 distinct, four cases of each) and their 8 topics."""
    chosen = list(rows("err.math_misconceptions.jsonl.gz"))
    return [_reason(row) for row in chosen], [row["type"] for row in chosen]


def reasons() -> list[str]:
    """Every distinct error reason there is, sorted."""
    names = ("mathdial.test", "mr_gsm8k.partial", "math_misconceptions", "debugbench.python3")
    return sorted({_reason(row) for name in names for row in rows(f"err.{name}.jsonl.gz")} - {""})


def many(count: int, distinct: int, seed: int) -> list[str]:
    """``count`` keyphrases, half of which (at most ``distinct``) are different.

    A keyphrase is a clause of a real error reason (three to seven words, as written) and a quantity of
    a real GSM8K problem ("the number of apples"): about ten words. The distinct ones are drawn without
    repetition; further rows repeat them, the earlier the more often, some in capitals or with a full
    stop, as instructors write them.
    """
    random = Random(seed)
    clauses = sorted(
        {
            " ".join(part.split())
            for reason in reasons()
            for part in _BREAK.split(reason)
            if 3 <= len(part.split()) <= 7
        }
    )
    questions = (row["question"] for row in rows("gsm8k.train.jsonl.gz"))
    quantities = sorted({found for text in questions for found in _AMOUNT.findall(text.lower())})
    wanted = min(distinct, -(-count // 2))
    drawn = random.sample(range(len(clauses) * len(quantities)), wanted)
    phrases = [
        f"{clauses[n // len(quantities)]} for the {quantities[n % len(quantities)]}" for n in drawn
    ]
    made = list(phrases)
    while len(made) < count:
        phrase = phrases[int(wanted * random.random() ** 3)]
        made.append(random.choice((phrase, phrase.upper(), phrase + ".")))
    random.shuffle(made)
    return made
