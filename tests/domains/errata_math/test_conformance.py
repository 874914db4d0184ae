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
    limit = 12
    fuzzed = 120


@pytest.mark.slow
class TestAThousandOddResponses(DomainSuite):
    domain = MathDomain
    source = "drills"
