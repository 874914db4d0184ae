"""Tables and lines on a terminal: literal texts, plain rules, 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from errata.report import words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_NAME_SHOWN = 70  # characters of a type's name


def table(heads: Sequence[str], *, wrap: bool = False) -> Table:
    """A table whose first column is words and whose others are numbers; a rule, but no frame."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    first, *numbers = heads
    made.add_column(first, no_wrap=not wrap, overflow="fold")
    for head in numbers:
        made.add_column(head, justify="right", no_wrap=True)
    return made


def show(console: Console, title: str, made: Table) -> None:
    """Print a table under its title."""
    console.print()
    say(console, title, style="bold")
    console.print(made)


def say(console: Console, line: str, style: str = "") -> None:
    """Print a line."""
    console.print(text(line, style=style), soft_wrap=False)


def text(content: str, style: str = "") -> Text:
    """Literal text: no markup, and nothing a terminal would obey."""
    from rich.text import Text

    return Text(words.printable(content), style=style)


def clipped(name: str) -> str:
    """The beginning of a name."""
    return name if len(name) <= _NAME_SHOWN else name[: _NAME_SHOWN - 1] + "…"
