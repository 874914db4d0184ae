"""How far a run in progress is, from its files alone: no lock is taken and nothing is written.

``live.json`` is what the process that works on the run says, at most twice a second; it is gone when
that ends, and names a process that is no more when it was killed. Everything else is counted from
records, each file from where the last look ended.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import yaml
from pydantic import ValidationError

from errata.errors import ErrataError
from errata.records import Record
from errata.report import words
from errata.report.spending import LEDGERS, StageCost, ledger_costs
from errata.report.summary import label, round_names
from errata.rounds import slug
from errata.stages.problems import Placed
from errata.store import Manifest, Store

LIVE = "live.json"
_QUIET = 15.0  # seconds without a word after which it is said, or nobody seems to be at work
_DECIDE_NOTHING = ("train", "dev")  # sets whose accuracy so far says little


class Telling(Record):
    """What the process at work says: the stage, how far it is, and what asking comes to.

    ``begun`` and ``at`` are seconds since 1970; ``already`` items were done when it was taken up.
    ``pid`` is the process at work, on the machine ``host``.
    """

    round: str
    stage: str
    rounds: int = 0
    begun: float
    at: float
    already: int = 0
    done: int = 0
    total: int = 0
    asking: str = ""
    pid: int = 0
    host: str = ""

    def at_work(self, now: float) -> bool:
        """Whether it still is: a step may take minutes without a word, but on this machine a process
        is there or not. Of another machine's, silence is all there is to go by."""
        if self.pid and self.host == socket.gethostname():
            return _exists(self.pid)
        return now - self.at < _QUIET

    @property
    def rate(self) -> float:
        """Items a second since the stage was taken up; 0 before there is one to tell."""
        seconds = self.at - self.begun
        return max(0, self.done - self.already) / seconds if seconds > 0 else 0.0


@dataclass(frozen=True)
class SoFar:
    """Right answers among those that are checked, of a checkpoint on a set of ``problems``."""

    checkpoint: str
    set: str
    right: int
    tried: int
    problems: int


@dataclass(frozen=True)
class Now:
    """A run at one moment. ``quiet`` is how long the process that works on it, or did, has said
    nothing, in seconds."""

    manifest: Manifest
    telling: Telling | None
    at_work: bool
    quiet: float
    so_far: Sequence[SoFar]
    spent: StageCost
    caps: str

    @property
    def lines(self) -> list[str]:
        """What a person wants to know, a line each."""
        found = [self.stage]
        if self.telling and self.telling.asking and self.at_work:
            found.append(self.telling.asking)
        found += [line for line in (self.money, self.accuracy) if line]
        return found

    @property
    def stage(self) -> str:
        """The stage in progress, and how far it is."""
        told = self.telling
        if self.manifest.ended:
            return f"Finished: {self.manifest.ended}."
        if told is None or not self.at_work:
            where = _last(self.manifest)
            silence = "" if told is None else f" since {words.duration(self.quiet)}"
            return f"Nobody seems to be at work on it{silence}; {where}. `errata resume` goes on."
        head = words.round_name(told.round)
        if told.rounds and told.round.startswith("round-") and told.round != "round-0":
            head += f" of {told.rounds}"
        silent = f"; the last word {words.duration(self.quiet)} ago" if self.quiet >= _QUIET else ""
        return f"{head}, {told.stage}: {_progress(told)}{silent}"

    @property
    def money(self) -> str:
        """What is spent, and what may be; empty where nothing is asked of others."""
        if not self.spent.requests and not self.caps:
            return ""
        asked = words.counted(self.spent.requests, "request")
        tokens = f"{words.count(self.spent.tokens)} tokens"
        usd = f"{words.dollars(self.spent.usd)}, " if self.spent.usd else ""
        limit = f"; at most {self.caps}" if self.caps else ""
        return f"spent: {usd}{tokens}, {asked}{limit}"

    @property
    def accuracy(self) -> str:
        """Accuracy of the latest checkpoint on reported and guarded sets, as far as it is tried."""
        shown = [s for s in self.so_far if s.set not in _DECIDE_NOTHING]
        if not shown:
            return ""
        told = (
            f"{s.set} {words.percent(s.right / s.tried)}"
            + ("" if s.tried >= s.problems else f" of {words.count(s.tried)} tried")
            for s in shown
        )
        return f"accuracy {label(shown[0].checkpoint)}: {', '.join(told)}"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # there, and somebody else's
        pass
    return True


def _progress(told: Telling) -> str:
    if not told.done and not told.total:
        return f"at work for {words.duration(told.at - told.begun)}"
    of = f" of {words.count(told.total)}" if told.total else ""
    found = f"{words.count(told.done)}{of}"
    if told.rate:
        found += f", {told.rate:.1f} a second"
        if told.total > told.done:
            found += f", about {words.duration((told.total - told.done) / told.rate)} left"
    return found


def _last(manifest: Manifest) -> str:
    if not manifest.stages:
        return "no stage is done"
    done = manifest.stages[-1]
    return f"the last stage done is {done.stage} ({words.round_name(done.round)})"


@dataclass
class _Tally:
    offset: int = 0
    right: int = 0
    tried: int = 0


@dataclass
class Follower:
    """Looks at a run again and again; ``clock`` gives seconds since 1970."""

    store: Store
    clock: Callable[[], float] = time.time
    _tallies: dict[str, _Tally] = field(default_factory=dict)
    _sizes: Counter[str] = field(default_factory=Counter)

    def look(self) -> Now:
        """The run as it is now. Raises RunDirectoryError when there is none."""
        manifest = self.store.manifest()
        told, now = self.telling(), self.clock()
        return Now(
            manifest=manifest,
            telling=told,
            at_work=told is not None and told.at_work(now),
            quiet=max(0.0, now - told.at) if told else 0.0,
            so_far=self.so_far(manifest),
            spent=self._spent(),
            caps=self._caps(),
        )

    def telling(self) -> Telling | None:
        """What the process at work says; None when there is none, or it is being written."""
        try:
            return Telling.model_validate_json(self.store.file(LIVE).read_bytes())
        except (OSError, ValidationError):
            return None

    def so_far(self, manifest: Manifest) -> list[SoFar]:
        """Accuracies of the latest checkpoint that has any answer checked, set by set."""
        if not any(done.stage == "problems" for done in manifest.stages):
            return []
        if not self._sizes:
            self._sizes.update(p.set for p in self.store.read("splits.jsonl", Placed))
        for name in reversed(round_names(self.store)):
            found = [
                SoFar(name, set_name, tally.right, tally.tried, self._sizes[set_name])
                for set_name in sorted(self._sizes, key=_order)
                if (tally := self._tally(f"{name}/verdicts/{slug(set_name)}.jsonl")).tried
            ]
            if any(s.set not in _DECIDE_NOTHING for s in found):
                return found
        return []

    def _tally(self, name: str) -> _Tally:
        """Outcomes in a file of verdicts, read on from where the last look ended."""
        tally = self._tallies.setdefault(name, _Tally())
        path = self.store.file(name)
        if not path.is_file():
            self._tallies[name] = _Tally()
            return self._tallies[name]
        if path.stat().st_size < tally.offset:  # it was begun anew
            tally = self._tallies[name] = _Tally()
        with path.open("rb") as lines:
            lines.seek(tally.offset)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                tally.offset += len(line)
                tally.tried += 1
                tally.right += json.loads(line)["outcome"] == "right"
        return tally

    def _spent(self) -> StageCost:
        rows: list[StageCost] = []
        for who, name in LEDGERS.items():
            try:
                rows += ledger_costs(self.store, who, name)
            except ErrataError:  # being made, or locked: the next look sees it
                continue
        return StageCost(
            who="",
            stage="",
            requests=sum(r.requests for r in rows),
            tokens=sum(r.tokens for r in rows),
            usd=sum(r.usd for r in rows),
        )

    def _caps(self) -> str:
        path = self.store.file("recipe.yaml")
        recipe = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
        return caps_of((recipe or {}).get("instructor") if isinstance(recipe, dict) else None)


def caps_of(section: object) -> str:
    """The caps in an instructor's section of a recipe, in words; empty where there are none."""
    found = section if isinstance(section, dict) else {}
    usd, tokens, requests = (found.get(f"max_{what}") for what in ("usd", "tokens", "requests"))
    told = [
        "" if usd is None else words.dollars(usd),
        "" if tokens is None else f"{words.count(tokens)} tokens",
        "" if requests is None else words.counted(requests, "request"),
    ]
    return ", ".join(filter(None, told))


def _order(name: str) -> tuple[int, str]:
    heads = ("test", "ood", "gate", "dev", "train")
    head = name.split("/", maxsplit=1)[0]
    return heads.index(head) if head in heads else len(heads), name
