"""Whose fault is a request that came to nothing: its own, or the endpoint's?

Known as soon as another request is answered (its own), or ``_DOWN`` in a row are not (the endpoint's);
until then nobody is told, so that no item is given up because the endpoint went down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_DOWN = 5  # requests in a row that came to nothing


class Doubts:
    """The doubts of one event loop at a time."""

    def __init__(self) -> None:
        self.in_a_row = 0
        self._answers = 0
        self._held: list[asyncio.Future[None]] = []

    @property
    def held(self) -> int:
        """Requests that are in doubt."""
        return len(self._held)

    def answered(self) -> None:
        """A request was answered."""
        self.in_a_row, self._answers = 0, self._answers + 1
        self.look_again()

    def look_again(self) -> None:
        """A request came to an end, whichever it was."""
        for waiter in self._held:
            if not waiter.done():
                waiter.set_result(None)

    async def endpoint_is_down(self, running: Callable[[], int]) -> bool:
        """After a request came to nothing: whether the endpoint is down. ``running`` counts requests
        that have not ended, those in doubt included; when no other is left, it is taken to be up."""
        self.in_a_row += 1
        answers = self._answers
        self.look_again()
        while True:
            if self._answers > answers:
                return False
            if self.in_a_row >= _DOWN:
                return True
            if running() <= self.held + 1:
                return False
            waiter = asyncio.get_running_loop().create_future()
            self._held.append(waiter)
            try:
                await waiter
            finally:
                self._held.remove(waiter)
