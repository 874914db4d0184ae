"""Counting what is done, for the progress that a run shows. Not covered: how long it will take."""

from __future__ import annotations

from errata.parts import Progress


class Counted:
    """Reports up to ``total``, never backwards."""

    def __init__(self, report: Progress, total: int) -> None:
        self._report, self._total, self._done = report, total, 0

    def add(self, number: int) -> None:
        """``number`` more are done."""
        self._done += number
        self._report(self._done, self._total)

    def finish(self) -> None:
        """What is left need not be done."""
        if self._done < self._total:
            self.add(self._total - self._done)
