"""A bar on standard error, where that is a terminal; otherwise a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from errata.parts import Progress

_PLAIN_EVERY = 5.0  # seconds


@contextmanager
def bars(*, plain: bool) -> Iterator[Callable[[str], Progress]]:
    """A function that begins a piece of work by its name and returns how to tell its progress.

    ``plain``: where there is no terminal, a line every few seconds; otherwise nothing there.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:

        def begin(name: str) -> Progress:
            task = bar.add_task(name, total=None)
            told = time.monotonic()

            def tell(done: int, total: int) -> None:
                nonlocal told
                bar.update(task, completed=done, total=total or None)
                now = time.monotonic()
                if plain and not console.is_terminal and now - told >= _PLAIN_EVERY:
                    told = now
                    console.print(f"{name}: {done} of {total}", markup=False, highlight=False)

            return tell

        yield begin
