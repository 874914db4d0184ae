"""What each item of a pilot costs: calls that are counted, and parts that say which item they are at.

A reply counts whether it was paid for now or came from a ledger; one that several items share counts
once, for the first. So a pilot that is taken up again measures what an undisturbed one does.

Not covered: requests that were paid for and lost to faults; the pilot's own cost has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace

from errata.calls.asking import AGAIN
from errata.calls.budget import Cost
from errata.calls.sending import Calls
from errata.calls.wire import Reply, Request, key_of
from errata.parts import Diagnoser, LooksAhead, Strategy, Verifier, Wave
from errata.records import BadCase, Candidate, Diagnosis, Objection, Proposal

_ITEM: ContextVar[str] = ContextVar("item", default="")


class Meter:
    """Costs by stage and item; ``diagnosed`` counts how often bad cases were, and ``waves`` maps waves
    that were proposed to how many proposals were asked for. ``beside`` says of every candidate
    that was sound by itself how many were accepted before it, ``refused`` are those that were not
    admitted beside them."""

    def __init__(self) -> None:
        self.costs: dict[tuple[str, str], Cost] = {}
        self.diagnosed: Counter[str] = Counter()
        self.waves: dict[str, int] = {}
        self.beside: dict[str, int] = {}
        self.refused: set[str] = set()
        self.accepted: set[str] = set()
        self._counted: set[bytes] = set()

    def add(self, stage: str, label: str, request: Request, cost: Cost) -> None:
        """Count what the reply to ``request`` costs, for the item that is at work (``label``, where
        nothing says which that is)."""
        key = key_of(request.canonical())
        if key not in self._counted:
            self._counted.add(key)
            place = stage, _ITEM.get() or label.removesuffix(AGAIN)
            self.costs[place] = self.costs.get(place, Cost()) + cost

    def of_stage(self, stage: str) -> list[Cost]:
        """What the items of a stage cost, those that were not finished too."""
        return [cost for (name, _), cost in sorted(self.costs.items()) if name == stage]

    def calls(self, *arguments: object, **settings: object) -> Calls:
        """Calls that are counted here; the arguments are those of ``Calls``."""
        made = _MeteredCalls(*arguments, **settings)  # type: ignore[arg-type]  # passed on as they are
        made.meter = self
        return made


class _MeteredCalls(Calls):
    meter: Meter

    async def complete(self, request: Request, *, stage: str = "", label: str = "") -> Reply:
        reply = await super().complete(request, stage=stage, label=label)
        cost = self._costing.actual(reply, self._costing.worst(request))
        self.meter.add(stage, label, request, cost)
        return reply


class MeteredDiagnoser:
    """A diagnoser whose items are bad cases, by the id of the attempt."""

    def __init__(self, inner: Diagnoser, meter: Meter) -> None:
        self._inner, self._meter = inner, meter

    async def diagnose(self, case: BadCase) -> Diagnosis:
        """See ``errata.parts.Diagnoser``."""
        _ITEM.set(case.attempt.id)
        found = await self._inner.diagnose(case)
        self._meter.diagnosed[case.attempt.id] += 1
        return found


class MeteredStrategy:
    """A strategy whose items are waves, named as in the ids of their candidates.

    ``cases`` says which bad cases a wave is given: a pilot finds fewer than the run will, and prompts
    that show too few would be too cheap.
    """

    def __init__(
        self,
        inner: Strategy,
        meter: Meter,
        prefix: str,
        cases: Callable[[Sequence[BadCase]], Sequence[BadCase]],
    ) -> None:
        self._inner, self._meter, self._prefix, self._cases = inner, meter, prefix, cases

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """See ``errata.parts.Strategy``."""
        name = f"{self._prefix}/{wave.error_type.id}/{wave.number}"
        _ITEM.set(name)
        found = await self._inner.propose(replace(wave, cases=self._cases(wave.cases)))
        self._meter.waves[name] = wave.count
        return found


class MeteredVerifier(Verifier):
    """A verifier whose items are the waves of the candidates."""

    def __init__(self, inner: Verifier, meter: Meter) -> None:
        self._inner, self._meter = inner, meter

    def look_ahead(self, candidates: Sequence[Candidate]) -> None:
        """See ``errata.parts.LooksAhead``."""
        if isinstance(self._inner, LooksAhead):
            self._inner.look_ahead(candidates)

    async def verify(self, candidate: Candidate) -> Objection | None:
        """See ``errata.parts.Verifier``."""
        _ITEM.set(wave_of(candidate))
        return await self._inner.verify(candidate)

    def admit(self, candidate: Candidate) -> Objection | None:
        """See ``errata.parts.Verifier``."""
        meter = self._meter
        meter.beside.setdefault(candidate.id, len(meter.accepted))
        found = self._inner.admit(candidate)
        if found is not None:
            meter.refused.add(candidate.id)
        return found

    def accepted(self, candidate: Candidate) -> None:
        """See ``errata.parts.Verifier``."""
        self._meter.accepted.add(candidate.id)
        self._inner.accepted(candidate)


def wave_of(candidate: Candidate) -> str:
    """The wave that a candidate came from."""
    return candidate.id.rpartition("/")[0]
