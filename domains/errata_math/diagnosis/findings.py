"""The vocabulary of diagnoses: what went wrong, with which operation, role and position.

Keyphrases hold no numbers, so that equal errors get equal phrases and group well.
Not covered: how a finding is made (``slips.py``, ``detours.py``, ``endings.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Finding:
    """One thing wrong. ``step`` counts from 1; ``expected`` and ``found`` are exact where known.

    ``operation``: sum, difference, product, quotient, mixed expression, … ; ``role``: the part that
    went wrong (carry, borrow, partial product, sign, quantity, …); ``position``: a digit's place or
    the rank of a partial product.
    """

    keyphrase: str
    step: int | None = None
    operation: str = ""
    role: str = ""
    position: str = ""
    expected: Fraction | None = None
    found: Fraction | None = None
    equation: str = ""


def shown(value: Fraction | None) -> str:
    """A number for people: integer, short decimal, or fraction."""
    if value is None:
        return "?"
    if value.denominator == 1:
        return str(value.numerator)
    if 10**6 % value.denominator == 0:
        return f"{float(value):.6f}".rstrip("0")
    return f"{value.numerator}/{value.denominator}"


def explanation(finding: Finding) -> str:
    """A sentence with the numbers that the keyphrase leaves out."""
    parts = [finding.keyphrase]
    if finding.equation:
        parts.append(f"in {finding.equation!r}")
    if finding.expected is not None or finding.found is not None:
        parts.append(f"expected {shown(finding.expected)}, found {shown(finding.found)}")
    return "; ".join(parts)
