"""Runs of shipped recipes inside this process, with a scripted instructor and no model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from errata.check import Prepared, prepare
from errata.extending import located
from errata.loop import loop
from errata.plugins import Catalogue
from errata.recipe import load
from errata.records import Candidate, Objection, Shortfall
from errata.run import Paused, Run
from errata.store import Store

PRICES = "usd_per_million_prompt_tokens: 1, usd_per_million_reply_tokens: 2"


def instructor(url: str, cap: str = "max_usd: 50") -> str:
    """The section for a scripted instructor."""
    shared = f"model: scripted, api_key_env: '', base_url: '{url}', max_reply_tokens: 8192"
    return f"instructor={{use: openai, {shared}, {cap}, {PRICES}}}"


@dataclass(frozen=True)
class Round:
    """What a round came to."""

    accepted: list[Candidate]
    candidates: list[Candidate]
    objections: list[Objection]
    shortfalls: list[Shortfall]

    @property
    def reasons(self) -> Counter[str]:
        """Objections by reason."""
        return Counter(objection.reason for objection in self.objections)

    def by(self, who: str) -> Counter[str]:
        """Objections of one part by reason."""
        return Counter(one.reason for one in self.objections if one.by == who)


def prepared(recipe: str, changes: Sequence[str], catalogue: Catalogue | None = None) -> Prepared:
    """A shipped recipe with changes, checked."""
    catalogue = catalogue or Catalogue()
    return prepare(load(located(recipe, catalogue.installed), changes), catalogue, recipe)


def carried_out(
    directory: Path, recipe: str, changes: Sequence[str], until: str | None = None
) -> Run:
    """Run or resume a shipped recipe."""
    run = Run(prepared(recipe, changes), Store(directory), directory.parent / "cache", until)
    try:
        loop(run)
    except Paused:
        assert until
    return run


def rows(path: Path) -> list[dict]:
    """The records in a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def outcome(directory: Path, name: str = "round-1") -> Round:
    """What synthesis came to in a round."""
    folder = directory / name
    objections = [Objection(**row) for row in rows(folder / "objections.jsonl")]
    objected = {objection.candidate_id for objection in objections}
    candidates = [Candidate(**row) for row in rows(folder / "candidates.jsonl")]
    return Round(
        accepted=[candidate for candidate in candidates if candidate.id not in objected],
        candidates=candidates,
        objections=objections,
        shortfalls=[Shortfall(**row) for row in rows(folder / "shortfalls.jsonl")],
    )
