"""Runs a suite as pytest would, test by test."""

from __future__ import annotations

from collections.abc import Mapping
from unittest import SkipTest

from errata.errors import ErrataError


def outcomes(suite: type) -> Mapping[str, str]:
    """By test: nothing where it passes, "skipped: …", or what it says."""
    found = {}
    for name in sorted(dir(suite)):
        if not name.startswith("test_"):
            continue
        try:
            getattr(suite(), name)()
        except SkipTest as left_out:
            found[name] = f"skipped: {left_out}"
        except (AssertionError, ErrataError) as error:
            found[name] = str(error)
        else:
            found[name] = ""
    return found


def failed(suite: type) -> dict[str, str]:
    """The tests that fail, with what they say."""
    return {
        name: said
        for name, said in outcomes(suite).items()
        if said and not said.startswith("skipped: ")
    }
