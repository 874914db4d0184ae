"""What makes two mathematics problems the same.

A drill is its kind and parameters, however it is worded; it has no words for overlap rules, since
all drills of a kind share theirs. Everything else is compared by text (``errata.fingerprints``).
Not covered: equal problems in different words.
"""

from __future__ import annotations

from errata.fingerprints import Fingerprints, text_fingerprints
from errata.records import Problem
from errata_math.drills import drill_key, is_drill


def fingerprints(problem: Problem) -> Fingerprints:
    """Fingerprints of a problem. Raises ValueError for a drill without its parameters."""
    if is_drill(problem):
        return Fingerprints(exact=drill_key(problem))
    return text_fingerprints(problem)
