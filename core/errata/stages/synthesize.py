"""Stage *synthesize*: error types in, candidates with their objections out.

In waves of fixed size until exactly N candidates of a type are accepted, or with a stated reason why
not. Wave k of a type sees only what its earlier waves accepted, in canonical order, so a resumed or
repeated run asks the same questions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from errata.errors import ExtensionError, boundary
from errata.parts import LooksAhead, Solved, Strategy, Verifier, Wave
from errata.records import (
    BadCase,
    Candidate,
    Diagnosis,
    ErrorType,
    Objection,
    Proposal,
    Shortfall,
)
from errata.stages.ordered import ordered


@dataclass(frozen=True)
class Plan:
    """How much to make: ``quota`` by type id, and the size and patience of the waves. ``spent()``
    says that the budget has ended, where that is to end the stage and not the run."""

    quota: Mapping[str, int]
    wave: int
    idle_waves: int
    spent: Callable[[], str] = str


@dataclass(frozen=True)
class Made:
    """What one wave came to; ``shortfall`` is set on the last wave of a type that fell short."""

    candidates: Sequence[Candidate]
    objections: Sequence[Objection]
    shortfall: Shortfall | None = None


@dataclass(frozen=True)
class Known:
    """What a round knows beside the bad cases: see ``errata.parts.Wave``."""

    solved: Sequence[Solved] = ()
    diagnoses: Mapping[str, Diagnosis] = field(default_factory=dict)


@dataclass
class _Work:
    """One type on its way to its quota."""

    error_type: ErrorType
    wanted: int
    cases: Sequence[BadCase]
    accepted: list[Candidate] = field(default_factory=list)
    number: int = 0
    idle: int = 0


@dataclass(frozen=True)
class _Judged:
    """A wave before admission: objections to single candidates, and to tries without one."""

    candidates: Sequence[Candidate]
    found: Sequence[Sequence[Objection]]
    fruitless: Sequence[Objection]


async def synthesize(
    types: Iterable[ErrorType],
    plan: Plan,
    strategy: Strategy,
    verifiers: Mapping[str, Verifier],
    cases: Callable[[str], Sequence[BadCase]],
    random: Callable[[str], Random],
    prefix: str,
    known: Known | None = None,
) -> AsyncIterator[Made]:
    """Waves until every type has its quota: the next wave of all unfinished types at once.

    Proposals, and what verifiers say of a candidate on its own, run side by side. Admission beside
    the accepted ones goes in the order of ``types``, whoever answers first. ``cases(type_id)`` are a
    type's train cases; ``prefix`` begins every candidate's id.
    """
    types, facts = list(types), known or Known()
    pool = list({case.attempt.id: case for t in types for case in cases(t.id)}.values())
    unfinished = [
        _Work(error_type, wanted, cases(error_type.id))
        for error_type in types
        if (wanted := plan.quota.get(error_type.id, 0))
    ]

    async def propose(work: _Work) -> _Judged:
        wave = Wave(
            error_type=work.error_type,
            number=work.number,
            count=min(plan.wave, work.wanted - len(work.accepted)),
            cases=work.cases,
            accepted=tuple(work.accepted),
            random=random(f"synthesize/{work.error_type.id}/{work.number}"),
            pool=pool,
            solved=facts.solved,
            diagnoses=facts.diagnoses,
        )
        with boundary("the strategy", f"proposing for {work.error_type.id}"):
            proposals = list(await strategy.propose(wave))
        _refuse_surplus(proposals, wave)
        return await _judge(proposals, wave, verifiers, prefix)

    while unfinished:
        going_on = []
        waves = ordered(unfinished, propose, in_flight=len(unfinished) + 1)
        works = iter(unfinished)
        async for judged in waves:
            work = next(works)
            made = _admitted(judged, work, verifiers, plan)
            if made.shortfall is None and len(work.accepted) < work.wanted:
                going_on.append(work)
            yield made
        unfinished = going_on


def _admitted(judged: _Judged, work: _Work, verifiers: Mapping[str, Verifier], plan: Plan) -> Made:
    """Admit the candidates of a wave one by one, and move the work on."""
    objections = list(judged.fruitless)
    before = len(work.accepted)
    for candidate, on_its_own in zip(judged.candidates, judged.found, strict=True):
        found = on_its_own or _admit(candidate, verifiers)
        objections += found
        if not found:
            work.accepted.append(candidate)
            announce(candidate, verifiers)
    work.number += 1
    work.idle = 0 if len(work.accepted) > before else work.idle + 1
    lack = None
    why = plan.spent() or _giving_up(judged, work.idle, plan.idle_waves)
    if why and len(work.accepted) < work.wanted:
        lack = Shortfall(
            error_type=work.error_type.id, asked=work.wanted, accepted=len(work.accepted), why=why
        )
    return Made(judged.candidates, objections, lack)


def _refuse_surplus(proposals: Sequence[Proposal | Objection], wave: Wave) -> None:
    made = sum(isinstance(proposal, Proposal) for proposal in proposals)
    if made > wave.count:
        raise ExtensionError(
            f"the strategy was asked for at most {wave.count} proposals for {wave.error_type.id} and"
            f" returned {made}"
        )


def _giving_up(judged: _Judged, idle: int, patience: int) -> str:
    if not judged.candidates and not judged.fruitless:
        return "the strategy has nothing more to propose"
    return f"{idle} waves in a row accepted nothing" if idle >= patience else ""


async def _judge(
    proposals: Sequence[Proposal | Objection],
    wave: Wave,
    verifiers: Mapping[str, Verifier],
    prefix: str,
) -> _Judged:
    """Candidates of the wave with every objection to each on its own."""
    start = f"{prefix}/{wave.error_type.id}/{wave.number}"
    candidates = [
        Candidate(id=f"{start}/{place}", wave=wave.number, **dict(proposal))
        for place, proposal in enumerate(proposals)
        if isinstance(proposal, Proposal)
    ]
    fruitless = [
        tried.model_copy(update={"error_type": wave.error_type.id})
        for tried in proposals
        if isinstance(tried, Objection)
    ]

    async def verify(candidate: Candidate) -> list[Objection]:
        found = []
        for name, verifier in verifiers.items():
            with boundary(f"verifier {name}", f"verifying {candidate.id}"):
                objection = await verifier.verify(candidate)
            if objection:
                found.append(_attributed(objection, name, candidate))
        return found

    for name, verifier in verifiers.items():
        if isinstance(verifier, LooksAhead):
            with boundary(f"verifier {name}", f"looking ahead at {len(candidates)} candidates"):
                verifier.look_ahead(candidates)
    return _Judged(candidates, [found async for found in ordered(candidates, verify)], fruitless)


def announce(candidate: Candidate, verifiers: Mapping[str, Verifier]) -> None:
    """Tell every verifier that ``candidate`` is accepted."""
    for name, verifier in verifiers.items():
        with boundary(f"verifier {name}", f"hearing that {candidate.id} is accepted"):
            verifier.accepted(candidate)


def _admit(candidate: Candidate, verifiers: Mapping[str, Verifier]) -> list[Objection]:
    found = []
    for name, verifier in verifiers.items():
        with boundary(f"verifier {name}", f"admitting {candidate.id}"):
            objection = verifier.admit(candidate)
        if objection:
            found.append(_attributed(objection, name, candidate))
    return found


def _attributed(objection: Objection, by: str, candidate: Candidate) -> Objection:
    return objection.model_copy(
        update={
            "by": by,
            "candidate_id": candidate.id,
            "error_type": candidate.lineage.error_type,
        }
    )
