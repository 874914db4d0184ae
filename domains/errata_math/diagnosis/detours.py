"""Names what is wrong with a step that computes but leads off, by comparing it with the reference.

Not covered: finding that step (``judging.py``); right values reached for a wrong reason.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction

from errata_math.arithmetic.equations import Equation
from errata_math.arithmetic.expressions import kind_of, leaves
from errata_math.diagnosis.findings import Finding
from errata_math.diagnosis.judging import Judged
from errata_math.diagnosis.reference import Reference
from errata_math.diagnosis.slips import power_of_ten
from errata_math.diagnosis.work import Claim, Work

_UNITS = tuple(Fraction(unit) for unit in (60, 12, 24, 7, 1000, 16, 52, 30, 365))


_PERCENT = re.compile(r"%|percent", re.IGNORECASE)


def detour(wrong: Judged, work: Work, reference: Reference) -> Finding:
    """What is wrong with a step that computes but leads off."""
    claim = wrong.claim
    used = Counter(claim.uses)
    operation = kind_of(claim.equation.left)
    open_ones = _not_reached(work, claim, reference)
    for equation in [*open_ones, *reference.equations]:
        phrase = _compared(claim, used, operation, equation)
        if phrase:
            return _finding(claim, operation, *phrase, equation.claimed)
    if wrong.judgement == "nowhere":
        return _finding(claim, operation, "a number that nothing gives", "quantity", None)
    unit = _unit(claim, work, reference)
    if unit:
        return _finding(claim, operation, *unit, None)
    unused = _never_used(work, reference)
    nearest = open_ones[0] if open_ones else None
    for equation in open_ones:
        phrase = _one_off(used, operation, equation)
        if phrase:
            if unused:
                phrase = ("a quantity of the question never used", "quantity")
            return _finding(claim, operation, *phrase, equation.claimed)
    if unused and claim is work.claims[-1]:
        return _finding(
            claim, operation, "a quantity of the question never used", "quantity", unused[0]
        )
    expected = nearest.claimed if nearest else None
    return _finding(
        claim, operation, f"{_article(operation)} that leads nowhere", "route", expected
    )


def _article(operation: str) -> str:
    return "a mixed expression" if operation == "mixed expression" else f"a {operation}"


def _finding(
    claim: Claim, operation: str, phrase: str, role: str, expected: Fraction | None
) -> Finding:
    return Finding(
        phrase, claim.step, operation, role, "", expected, claim.value, claim.equation.text
    )


def _not_reached(work: Work, claim: Claim, reference: Reference) -> list[Equation]:
    """Equations of the reference whose results the attempt had not met before this claim."""
    met: set[Fraction] = set()
    for other in work.claims:
        if other is claim:
            break
        met.add(other.value)
    return [equation for equation in reference.equations if equation.claimed not in met]


def _compared(
    claim: Claim, used: Counter[Fraction], operation: str, equation: Equation
) -> tuple[str, str] | None:
    """The same quantities, put together otherwise."""
    wanted = Counter(leaves(equation.left))
    kind = kind_of(equation.left)
    if used != wanted or len(used) == 0:
        return None
    if kind == operation:
        if claim.value == -(equation.claimed or 0):
            return "difference taken the wrong way round", "operands"
        if kind == "quotient":
            return "quotient upside down", "operands"
        return "order of operations ignored", "order"
    return f"wrong operation: {operation} instead of {kind}", "operation"


def _unit(claim: Claim, work: Work, reference: Reference) -> tuple[str, str] | None:
    """A result off by the factor of a conversion that the reference makes and the attempt does not."""
    for value in reference.results:
        if not value or not claim.value:
            continue
        if abs(power_of_ten(value, claim.value)) == 2:
            if _PERCENT.search(reference.question):
                return "percent not divided by 100", "percent"
            if reference.scales:
                return "unit not converted", "unit"
    used = {value for other in work.claims for value in other.uses}
    open_ones = reference.operands - reference.given - used - set(reference.results)
    units = [unit for unit in _UNITS if unit in open_ones]
    for value in reference.results:
        ratio = claim.value / value if value and claim.value else Fraction(0)
        if ratio and (ratio in units or 1 / ratio in units):
            return "unit not converted", "unit"
    return None


def _never_used(work: Work, reference: Reference) -> list[Fraction]:
    """Numbers of the question that the reference works with and the attempt never does."""
    used = {value for claim in work.claims for value in claim.uses}
    used |= {1 - value for value in used} | {value / 100 for value in used}
    used |= {value * 100 for value in used}
    return sorted(value for value in reference.used if value not in used)


def _one_off(used: Counter[Fraction], operation: str, equation: Equation) -> tuple[str, str] | None:
    """The same operation on quantities of which one differs, is missing, or is too many."""
    kind = kind_of(equation.left)
    wanted = Counter(leaves(equation.left))
    missing, extra = wanted - used, used - wanted
    if kind != operation:
        return None
    if missing.total() == 1 and extra.total() == 1:
        return f"wrong quantity in a {kind}", "quantity"
    if missing.total() >= 1 and not extra:
        return f"a quantity left out of a {kind}", "quantity"
    if extra.total() >= 1 and not missing:
        return f"a quantity too many in a {kind}", "quantity"
    return None
