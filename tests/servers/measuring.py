"""A program: how fast the real servers and the local instructor are, and how often a small model's
reply is a diagnosis that validates.

``python tests/servers/measuring.py speed|valid llama.cpp|transformers-serve|local [--no-schema]``, with
``tests`` on PYTHONPATH and OMP_NUM_THREADS=1. ``valid`` reads wrong GSM8K answers from
``../shared/data`` beside the checkout. Figures mean something on an otherwise idle machine only; the
load is printed with them.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from errata.calls.typed import Answer, Prompt
from errata.records import Message
from errata_transformers.embedded import embedded_folder, gguf_path
from errata_transformers.instructor import TransformersInstructor
from errata_transformers.settings import TransformersInstructorSettings
from servers.running import asking, instructor, llama_cpp, transformers_serve

MODEL = "smollm2-135m-instruct"
DATA = Path(__file__).parents[2] / "../shared/data/out.gsm8k_gsmplus.jsonl.gz"
CASES, LONGEST = 30, 420  # characters of an attempt: a core writes few tokens a second
SPEEDS = ((1, 3), (8, 16), (32, 64))  # concurrency, and requests in all


class Diagnosis(BaseModel):
    """What a diagnoser asks for, unbounded as there."""

    no_error: bool
    step: int | None
    explanation: str
    keyphrase: str


@contextmanager
def made(what: str, cache: Path, changes: dict[str, object]) -> Iterator[Any]:
    """An instructor of the model behind ``what``."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        if what == "local":
            given = {"model": MODEL, "batch_size": 32, **changes}
            settings = TransformersInstructorSettings.model_validate(given)
            yield TransformersInstructor(settings, cache)
        elif what == "llama.cpp":
            with llama_cpp(gguf_path(MODEL), log) as server:
                yield instructor("openai", server, **changes)
        else:
            with transformers_serve(embedded_folder(MODEL, cache), log) as server:
                yield instructor("openai", server, **changes)


def cases() -> list[Prompt[Diagnosis]]:
    """Prompts about wrong answers, spread over models and problems."""
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    wrong = [
        row for row in rows if not row["is_correct"] and 60 < len(row["prediction"] or "") < LONGEST
    ]
    return [asked(row) for row in wrong[:: len(wrong) // CASES][:CASES]]


def asked(row: dict[str, Any]) -> Prompt[Diagnosis]:
    """What is asked about one wrong answer."""
    text = (
        f"Problem:\n{row['question']}\n\nReference solution:\n{row['solution']}\n\n"
        f"A student's wrong attempt:\n{row['prediction']}\n\n"
        "Name the first wrong step of the attempt (its number, null if no step is wrong), explain in"
        " one sentence what goes wrong there, and give the kind of error as a keyphrase of three to"
        " eight words."
    )
    return Prompt((Message(role="user", content=text),), Diagnosis, about=row["id"])


async def valid(chosen: Any, ledger: Path) -> dict[str, object]:
    """Of the cases: how many validate at the first try, and how many after being asked again."""
    begun, firsts = time.monotonic(), []
    async with asking(chosen, ledger, concurrency=32) as (ask, calls):
        once = ask._once

        async def noted(prompt: Any, messages: Any, about: str) -> Any:
            found = await once(prompt, messages, about)
            if not about.endswith("/again"):
                firsts.append(found[0])
            return found

        ask._once = noted
        answers = await asyncio.gather(*(ask(prompt) for prompt in cases()))
    return {
        "cases": len(answers),
        "first try": lacks(firsts),
        "in the end": lacks(answers),
        "tokens": calls.budget.spent.tokens,
        "seconds": round(time.monotonic() - begun, 1),
    }


def lacks(answers: list[Answer[Diagnosis]]) -> dict[str, int]:
    """How many answers are valid, and what the others lack."""
    return dict(sorted(Counter(answer.lack or "valid" for answer in answers).items()))


async def speed(chosen: Any) -> dict[str, object]:
    """Seconds to the first reply (weights and all), and tokens a second by concurrency."""
    begun = time.monotonic()
    reply = await chosen.complete(request(chosen, "Name a river."))
    first = time.monotonic() - begun
    found: dict[str, object] = {"first reply": [round(first, 2), reply.usage.completion_tokens]}
    for at_once, count in SPEEDS:
        todo, tokens, begun = iter(range(count)), 0, time.monotonic()

        async def work(at_once: int = at_once, todo: Iterator[int] = todo) -> int:
            written = 0
            for number in todo:
                text = f"Write a long story about the number {number} and its {at_once} friends."
                reply = await chosen.complete(request(chosen, text))
                written += reply.usage.completion_tokens
            return written

        tokens = sum(await asyncio.gather(*(work() for _ in range(at_once))))
        found[f"tokens/s at {at_once}"] = round(tokens / (time.monotonic() - begun), 1)
    await chosen.close()
    return found


def request(chosen: Any, text: str) -> Any:
    """A request with one message."""
    return chosen.request((Message(role="user", content=text),), None, {}, 0)


def main(given: argparse.Namespace) -> None:
    """Measure, and print one line."""
    changes: dict[str, object] = {"max_reply_tokens": 64 if given.figure == "speed" else 120}
    if given.no_schema:
        changes["schema_mode"] = False
    cache = Path(os.environ.get("ERRATA_CACHE") or tempfile.gettempdir())
    with made(given.what, cache, changes) as chosen, tempfile.TemporaryDirectory() as folder:
        measured = speed(chosen) if given.figure == "speed" else valid(chosen, Path(folder) / "db")
        found = asyncio.run(measured)
    print(given.what, given.figure, json.dumps(found), f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("figure", choices=("speed", "valid"))
    parser.add_argument("what", choices=("llama.cpp", "transformers-serve", "local"))
    parser.add_argument("--no-schema", action="store_true")
    main(parser.parse_args())
