"""Stage *synthesize*: error types in, candidates with their objections out.

In waves of fixed size until exactly N candidates of a type are accepted, or with a stated reason why
not. Wave k sees only what earlier waves accepted, in canonical order, so a resumed or repeated run
asks the same questions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from errata.errors import ExtensionError, boundary
from errata.parts import Strategy, Verifier, Wave
from errata.records import BadCase, Candidate, ErrorType, Objection, Proposal, Shortfall
from errata.stages.ordered import ordered
from errata.stages.problems import apportion


@dataclass(frozen=True)
class Plan:
    """How much to make: ``quota`` by type id, and the size and patience of the waves."""

    quota: Mapping[str, int]
    wave: int
    idle_waves: int


@dataclass(frozen=True)
class Made:
    """What one wave came to; ``shortfall`` is set on the last wave of a type that fell short."""

    candidates: Sequence[Candidate]
    objections: Sequence[Objection]
    shortfall: Shortfall | None = None


def quotas(
    cases: Mapping[str, int], total: int, per_type: Literal["proportional", "uniform"]
) -> dict[str, int]:
    """Shares of ``total`` by type id; ``cases`` counts each type's train cases.

    Proportional is the paper's (SEI, section 3.3); a type without train cases gets nothing.
    """
    weights = {t: n if per_type == "proportional" else int(n > 0) for t, n in cases.items()}
    return apportion(total, weights)


async def synthesize(
    types: Iterable[ErrorType],
    plan: Plan,
    strategy: Strategy,
    verifiers: Mapping[str, Verifier],
    cases: Callable[[str], Sequence[BadCase]],
    random: Callable[[str], Random],
    prefix: str,
) -> AsyncIterator[Made]:
    """Waves for one type after the other. ``cases(type_id)`` are its train cases; ``prefix`` begins
    every candidate's id."""
    for error_type in types:
        wanted = plan.quota.get(error_type.id, 0)
        accepted: list[Candidate] = []
        number = idle = 0
        own = cases(error_type.id) if wanted else ()
        while len(accepted) < wanted:
            wave = Wave(
                error_type=error_type,
                number=number,
                count=min(plan.wave, wanted - len(accepted)),
                cases=own,
                accepted=tuple(accepted),
                random=random(f"synthesize/{error_type.id}/{number}"),
            )
            with boundary("the strategy", f"proposing for {error_type.id}"):
                proposals = list(await strategy.propose(wave))
            _refuse_surplus(proposals, wave)
            made, passed = await _judge(proposals, wave, verifiers, prefix)
            accepted += passed
            number += 1
            idle = 0 if passed else idle + 1
            why = _giving_up(proposals, idle, plan.idle_waves)
            if why and len(accepted) < wanted:
                lack = Shortfall(
                    error_type=error_type.id, asked=wanted, accepted=len(accepted), why=why
                )
                yield Made(made.candidates, made.objections, lack)
                break
            yield made


def _refuse_surplus(proposals: Sequence[Proposal | Objection], wave: Wave) -> None:
    made = sum(isinstance(proposal, Proposal) for proposal in proposals)
    if made > wave.count:
        raise ExtensionError(
            f"the strategy was asked for at most {wave.count} proposals for {wave.error_type.id} and"
            f" returned {made}"
        )


def _giving_up(proposals: Sequence[Proposal | Objection], idle: int, patience: int) -> str:
    if not proposals:
        return "the strategy has nothing more to propose"
    return f"{idle} waves in a row accepted nothing" if idle >= patience else ""


async def _judge(
    proposals: Sequence[Proposal | Objection],
    wave: Wave,
    verifiers: Mapping[str, Verifier],
    prefix: str,
) -> tuple[Made, list[Candidate]]:
    """Candidates of the wave with every objection to them, and those without any."""
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

    objections = list(fruitless)
    passed = []
    judged = [found async for found in ordered(candidates, verify)]
    for candidate, on_its_own in zip(candidates, judged, strict=True):
        found = on_its_own or _admit(candidate, verifiers)
        objections += found
        if not found:
            passed.append(candidate)
            announce(candidate, verifiers)
    return Made(candidates, objections), passed


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
