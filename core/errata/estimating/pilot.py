"""The pilot: the recipe's own parts on a random sample of the train problems, with the real instructor.

The sets are drawn as the run draws them. What the target answers is kept; what the instructor is asked
is asked anew each time, of the pilot's ledger first, so that a pilot which is taken up again pays
nothing twice and measures the whole of it.

Not covered: warm-up, selection and training; what is made of the measurements
(``extrapolating.py``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Coroutine, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from errata.calls.budget import Cost
from errata.calls.ledger import Ledger
from errata.calls.opening import LEDGER
from errata.calls.target import LEDGER as TARGET_LEDGER
from errata.check import Chosen, Prepared
from errata.errors import BudgetSpent, RunDirectoryError
from errata.estimating.measured import Measured, Size, Stratum, WaveCost
from errata.estimating.metering import (
    Meter,
    MeteredDiagnoser,
    MeteredStrategy,
    MeteredVerifier,
    wave_of,
)
from errata.estimating.sample import PilotRound
from errata.instructing import Instructing
from errata.loop import set_up
from errata.parts import Instructor
from errata.recipe import InstructorUse
from errata.records import BadCase
from errata.rounds import BASE
from errata.run import Run
from errata.stages.importing import foreign
from errata.store import Manifest, Store, prompt_file

T = TypeVar("T")
NAME = "round-1"
_SIZE = "pilot.json"
_MARK = "pilot "  # before the recipe's digest in the manifest
_KEPT = ("problems", "evaluate")


class Pilot(Run):
    """A run that stops short of training, in a directory of its own."""

    def __init__(self, prepared: Prepared, store: Store, cache: Path, size: Size) -> None:
        super().__init__(prepared, store, cache, None)
        self.size, self.meter = size, Meter()
        self.bad_cases: list[BadCase] = []
        self.tried = 0

    @cached_property
    def instructing(self) -> Instructing:
        """How the pilot asks: within the lower of two caps, and counted."""
        use = self.recipe.instructor
        return Instructing(
            use and self._capped(use),
            lambda: cast(Instructor, self.part("instructor")),
            self.store.path,
            self.random("pace"),
            self.active.notify,
            go_on="raise it (for the pilot: --max-usd, --max-requests), then estimate again",
            calls=self.meter.calls,
        )

    def _capped(self, use: InstructorUse) -> InstructorUse:
        """The instructor within the pilot's caps too; its own ledger is not shared with itself."""
        lower = {"max_usd": self.size.max_usd, "max_requests": self.size.max_requests}
        own = {name: getattr(use, name) for name in lower}
        update: dict[str, object] = {
            name: cap if own[name] is None else min(cap, own[name])
            for name, cap in lower.items()
            if cap is not None
        }
        shared = use.shared_ledger and Path(use.shared_ledger).expanduser().resolve()
        if shared == self.store.file(LEDGER).resolve():
            update["shared_ledger"] = None
        return use.model_copy(update=update)

    def open(self) -> None:
        """Begin, or go on with a pilot of the same recipe. Raises RunDirectoryError for another run."""
        digest = _MARK + self.recipe.digest()
        prompts = self.prepared.prompts
        texts = {name: template.text for name, template in prompts.templates.items()}
        size = json.dumps([self.size.cases, self.size.candidates])
        found = Manifest(name=self.recipe.name, recipe=digest, seed=self.recipe.seed, versions={})
        if self.store.exists():
            found = self.store.manifest()
            if found.recipe != digest:
                what = "a pilot" if is_pilot(found) else "a run"
                raise RunDirectoryError(
                    f"{self.store.path} holds {what} of another recipe (or of this one with other"
                    " settings); give another folder with --into"
                )
        path = self.store.file(_SIZE)
        same = path.exists() and path.read_text(encoding="utf-8") == size
        stages = tuple(stage for stage in found.stages if same and stage.stage in _KEPT)
        if not same:
            self.store.discard_unowned([])
        for name, text in texts.items():
            self.store.write(prompt_file(name), text)
        update = {"stages": stages, "prompts": prompts.digests}
        self.store.create(found.model_copy(update=update), self.recipe.as_yaml())
        self.store.write(_SIZE, size)

    def together(
        self,
        stage: str,
        work: Coroutine[Any, Any, T],
        *,
        outlives_budget: bool = False,  # noqa: ARG002 a pilot that is cut short says so
    ) -> T:
        """As in a run, but that a spent budget ends the pilot whatever the recipe says."""
        return super().together(stage, work)

    def make(self, chosen: Chosen) -> Any:
        """A new part, which says which item it is at."""
        made = super().make(chosen)
        if chosen.part.kind == "diagnoser":
            return MeteredDiagnoser(made, self.meter)
        if chosen.part.kind == "strategy":
            return MeteredStrategy(made, self.meter, NAME, self._as_many)
        return MeteredVerifier(made, self.meter) if chosen.part.kind == "verifier" else made

    def _as_many(self, cases: Sequence[BadCase]) -> list[BadCase]:
        """As many bad cases as the type will have in the run, as far as the pilot has any: its own
        first, then those of other types."""
        own = {case.attempt.id for case in cases}
        others = [case for case in self.bad_cases if case.attempt.id not in own]
        wanted = round(len(own) * len(self.sets["train"]) / max(1, self.tried))
        return [*cases, *others[: max(0, wanted - len(own))]]

    def measure(self) -> Measured:
        """Do the pilot. A cap of the budget ends it early; what was measured until then counts."""
        with self.store.locked():
            self.open()
            self.stage("setup", "problems", lambda: set_up(self))
            round_ = PilotRound(self, NAME, BASE)
            self.stage(NAME, "evaluate", round_.evaluate)
            stopped = ""
            reached: list[str] = []
            for stage in ("triage", "diagnose", "group", "synthesize"):
                try:
                    self.stage(NAME, stage, getattr(round_, stage))
                except BudgetSpent as spent:
                    stopped = str(spent)
                    break
                reached.append(stage)
            return self._measured(round_, reached, stopped)

    def _measured(self, round_: PilotRound, reached: list[str], stopped: str) -> Measured:
        meter, triaged = self.meter, "triage" in reached
        bad = Counter(foreign(case.attempt.id) for case in round_.bad_cases()) if triaged else {}
        each = 1 + ("diagnose.second" in self.prepared.parts)
        diagnosed = sorted(item for item, times in meter.diagnosed.items() if times == each)
        own = sum(len(self.sets.get(name, ())) for name in ("train", "dev"))
        return Measured(
            train=len(self.sets.get("train", ())),
            own=Stratum(own, len(round_.sample), bad.get(False, 0)),
            imported=Stratum(*round_.imported, bad.get(True, 0)),
            looks=tuple(meter.of_stage("triage")) if triaged else None,
            cases=tuple(meter.costs.get(("diagnose", item), Cost()) for item in diagnosed),
            grouping=sum(meter.of_stage("group"), Cost()) if "group" in reached else None,
            waves=self._waves(round_, whole="synthesize" in reached),
            crowd=sum(meter.beside.values()) / max(1, len(meter.beside)),
            types=round_.case_counts if "group" in reached else (),
            paid=self._paid(LEDGER),
            target=self._paid(TARGET_LEDGER),
            priced=cast(Instructor, self.part("instructor")).prices is not None,
            stopped=stopped,
        )

    def _paid(self, ledger_name: str) -> Cost:
        path = self.store.file(ledger_name)
        if not path.exists():
            return Cost()
        ledger = Ledger(path, own=False)
        try:
            return sum(ledger.spent().values(), Cost())
        finally:
            ledger.close()

    def _waves(self, round_: PilotRound, *, whole: bool) -> tuple[WaveCost, ...] | None:
        accepted = Counter(wave_of(candidate) for candidate in round_.accepted())
        names = sorted(self.meter.waves)
        if not whole:  # a wave that a cap cut short has not cost what it costs
            names = [name for name in names if accepted[name]]
        refused = Counter(candidate_id.rpartition("/")[0] for candidate_id in self.meter.refused)
        costs = self.meter.costs
        return tuple(
            WaveCost(
                self.meter.waves[name],
                accepted[name] + refused[name],
                accepted[name],
                costs.get(("synthesize", name), Cost()),
            )
            for name in names
        ) or (() if whole else None)


def is_pilot(manifest: Manifest) -> bool:
    """Whether a run directory holds a pilot, which is no run to go on with."""
    return manifest.recipe.startswith(_MARK)
