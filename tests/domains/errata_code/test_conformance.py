"""The domain ``code`` passes the conformance suite, on drills and on MBPP."""

from __future__ import annotations

import pytest

from errata.testing import DomainSuite
from errata_code.plugin import CodeDomain


class Programs(DomainSuite):
    domain = CodeDomain
    limit = 12
    fuzzed = 60

    def wrong_response(self, problem, random):
        """The function, doing nothing."""
        return (
            f"```python\ndef {problem.data['entry_point']}(*_):\n    return {random.random()}\n```"
        )

    def wrong_candidate(self, problem, random):
        return problem.model_copy(update={"solution": self.wrong_response(problem, random)})


class TestDrills(Programs):
    source = "drills"


@pytest.mark.slow
class TestAThousandResponses(Programs):
    source = "mbpp"
    limit = 4
    fuzzed = 1000
    patience = 60.0

    def test_variants_are_right(self):
        pytest.skip("only drills have variants")


class TestMBPP(Programs):
    source = "mbpp"

    def test_variants_are_right(self):
        pytest.skip("only drills have variants")
