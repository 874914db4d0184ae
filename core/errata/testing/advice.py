"""How a conformance suite speaks: what was expected, what was found, what to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn
from unittest import SkipTest

_LONGEST = 300  # characters of something quoted


def fail(*, expected: str, found: str, change: str) -> NoReturn:
    """Fail the test that is running, with advice. Raises AssertionError."""
    __tracebackhide__ = True
    raise AssertionError(f"\nexpected: {expected}\nfound:    {found}\nchange:   {change}")


def leave_out(why: str) -> NoReturn:
    """Skip the test that is running. Raises SkipTest, which pytest and unittest know."""
    __tracebackhide__ = True
    raise SkipTest(why)


def quoted(value: object) -> str:
    """``value`` as Python writes it, not longer than a message bears."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def some(items: Sequence[str], most: int = 5) -> str:
    """The first few of ``items`` on lines of their own."""
    rest = f"\n          and {len(items) - most} more" if len(items) > most else ""
    return "\n          ".join(items[:most]) + rest
