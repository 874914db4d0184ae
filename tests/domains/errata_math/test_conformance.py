"""The mathematics domain passes the conformance suite, on drills and on stories."""

from __future__ import annotations

import pytest

from errata.testing import DomainSuite
from errata_math.plugin import MathDomain


class TestDrills(DomainSuite):
    domain = MathDomain
    source = "drills"
    fuzzed = 120


class TestStories(DomainSuite):
    domain = MathDomain
    source = "gsm8k-two-steps"
    limit = 16
    fuzzed = 120

    def problems(self):
        """Those whose last step is annotated: only annotated equations can be computed again."""
        return [p for p in super().problems() if f"={p.answer}>>" in p.solution]


@pytest.mark.slow
class TestAThousandOddResponses(DomainSuite):
    domain = MathDomain
    source = "drills"
