"""Bounded concurrency with results in input order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")
IN_FLIGHT = 64


async def ordered(
    items: Iterable[T], work: Callable[[T], Awaitable[U]], in_flight: int = IN_FLIGHT
) -> AsyncIterator[U]:
    """``work`` over ``items``, at most ``in_flight`` at once; the first failure cancels the rest."""
    running: deque[asyncio.Task[U]] = deque()
    try:
        for item in items:
            running.append(asyncio.ensure_future(_awaited(work, item)))
            if len(running) >= in_flight:
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _awaited(work: Callable[[T], Awaitable[U]], item: T) -> U:
    return await work(item)
