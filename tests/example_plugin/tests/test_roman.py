"""The domain `roman` proves itself."""

from errata_roman import Roman

from errata.testing import DomainSuite


class TestRoman(DomainSuite):
    domain = Roman
    source = "numerals"
