"""Judges every claim of an attempt against what right routes may meet.

Not covered: naming what is wrong (``slips.py``, ``detours.py``, ``endings.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from errata_math.diagnosis.reference import Reference, fractional, near, signature
from errata_math.diagnosis.traces import Trace, shadow, trace
from errata_math.diagnosis.work import Claim, Work

Judgement = Literal["right", "wide", "off", "nowhere", "slip", "open"]


@dataclass(frozen=True)
class Judged:
    """A claim, what it is worth, and the trace of its value.

    "right": a step of the reference, or part of one. "wide": its formula multiplied out meets it.
    "off": no right route meets it. "nowhere": it uses a number that nothing gives. "slip": it does
    not compute. "open": it cannot be judged.
    """

    claim: Claim
    judgement: Judgement
    trace: Trace | None


def judge(work: Work, reference: Reference) -> list[Judged]:
    """Every claim in order, each linked to the claims it builds on."""
    made = dict(reference.made)  # results that the attempt works out in its head
    judged: list[Judged] = []
    for claim in work.claims:
        found = trace(claim.equation.left, made)
        judgement = _judge(claim, found, made, reference)
        judged.append(Judged(claim, judgement, found))
        if claim.value not in reference.given:
            held = found is not None and claim.holds is not False
            moved = found[1] if held and found is not None else shadow(claim.value)
            if held or claim.value not in made:
                made[claim.value] = (claim.value, moved)
    return judged


def _judge(
    claim: Claim, found: Trace | None, made: dict[Fraction, Trace], reference: Reference
) -> Judgement:
    if claim.holds is False:
        return "slip"
    if found is None or _idle(claim):
        return "nowhere" if found and _from_nowhere(claim, made, reference) else "open"
    if _from_nowhere(claim, made, reference):
        return "nowhere"
    if _meets(claim, found, reference):
        return "right"
    scaled = any(claim.value * factor in reference.values for factor in reference.scales)
    return "wide" if scaled or found in reference.wide else "off"


def _idle(claim: Claim) -> bool:
    """ "5 * 1 = 5" says nothing."""
    return bool(claim.value) and claim.value in claim.uses and len(set(claim.uses)) <= 2


def _from_nowhere(claim: Claim, made: dict[Fraction, Trace], reference: Reference) -> bool:
    return any(
        use.denominator == 1 and use not in made and not reference.known(use) for use in claim.uses
    )


def _meets(claim: Claim, found: Trace, reference: Reference) -> bool:
    """Whether the claim is a step of the reference, or part of one."""
    value = claim.value
    if signature(claim.equation) in reference.steps or value in reference.shares:
        return True
    if found in reference.strict or (found[0], -found[1]) in reference.strict:
        return True
    blurred = fractional(claim.equation.left) or value in reference.loose or value.denominator != 1
    return blurred and (value in reference.values or near(value, reference.values))


def first_wrong(judged: list[Judged], reference: Reference) -> Judged | None:
    """The first claim that is wrong beyond doubt; failing that, the first on no step of the
    reference that no right result is built on.

    Blaming the first rather than the last claim of such a route agreed better with people's labels.
    """
    for doubtful in (("slip", "off", "nowhere"), ("wide",)):
        for index, item in enumerate(judged):
            if item.judgement not in doubtful:
                continue
            if item.judgement in ("slip", "nowhere") or not _built_on(judged, index, reference):
                return item
    return None


def _built_on(judged: list[Judged], index: int, reference: Reference) -> bool:
    """Whether a result of the reference is reached from this claim."""
    built = {judged[index].claim.value}
    for item in judged[index + 1 :]:
        if built.isdisjoint(item.claim.uses):
            continue
        value = item.claim.value
        if item.judgement == "right" and value in reference.results:
            return True
        built.add(value)
    return False
