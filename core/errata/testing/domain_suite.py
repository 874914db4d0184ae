"""The conformance suite of a domain: subclass it, say which domain, run pytest.

    from errata.testing import DomainSuite
    from errata_roman import Roman


    class TestRoman(DomainSuite):
        domain = Roman
        source = "numerals"

A test that fails says what was expected, what was found, and what to change. What a domain leaves to
the engine is skipped.

Not covered: whether the problems are worth asking; the domain's own parts (each kind has a suite of its
own).
"""

from __future__ import annotations

from errata.testing.domain_answers import AnswerTests
from errata.testing.domain_hooks import HookTests
from errata.testing.domain_prompts import PromptTests


class DomainSuite(AnswerTests, PromptTests, HookTests):
    """Every test of a domain. What a subclass may set and override stands in ``DomainBench``."""
