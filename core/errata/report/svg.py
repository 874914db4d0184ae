"""Pictures that stand alone as SVG: the frame around one, and its texts.

Not covered: what is drawn, and its colors (whoever draws brings a style, for light and for dark).
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

_FONT = 'font-family="system-ui, sans-serif" font-size="13"'


def document(width: float, height: float, label: str, style: str, lines: Iterable[str]) -> str:
    """A picture of ``lines``, its size in SVG user units; ``label`` says what it shows to those who do
    not see it, ``style`` is CSS."""
    body = "\n  ".join(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"'
        f' aria-label="{escape(label)}" {_FONT}>\n  <style>\n{style}\n  </style>\n  {body}\n</svg>\n'
    )


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """A text of one line that begins at ``x``; ``kind`` names its classes."""
    return f'<text class="{kind}" x="{round(x, 1)}" y="{round(y, 1)}">{escape(words)}</text>'
