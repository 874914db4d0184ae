r"""Finding ``\boxed{…}`` and ``\fbox{…}``, and deciding which boxes together are the answer.

One linear pass pairs all braces, so thousands of unbalanced boxes cost no more than balanced ones.
Not covered: what the content of a box means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])[ \n]*")
# A box without braces: the next macro with its arguments, or a run of characters.
_BARE = re.compile(
    r"\\[dtc]?frac[0-9]{2}|(?:\\[A-Za-z]+(?:\{[^{}]*\}){0,2})|[+-]?[0-9][0-9.,]*[0-9]|[^\s$\\{}.,]"
)
_MARKUP = re.compile(
    r"\\(?:quad|qquad|[,;!: ])|\\(?:text|textbf|mathrm|mbox|textrm)\s*\{([^{}]*)\}|\\[()\[\]]|[$~*]"
)
_CONNECTOR = re.compile(
    r"\s*(?:[,;&]|\band\b|\bor\b|和|或|、|，|\bet\b)?\s*(?:[,;&]|\band\b|\bor\b)?\s*\Z"
)
# "papers and", "for part (a) and y_2 =": few words, one of them a connector, no new sentence.
_LOOSE = re.compile(r"[^.!?\n=:]{0,40}(?:\band\b|\bor\b|,)[^.!?\n=:]{0,24}=?\s*\Z")
_PLACEHOLDER = re.compile(r"\[?\s*(?:your |final |the )?answer\s*\]?|\.\.\.|\\[lc]?dots|\?\Z", re.I)


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its content, and where the whole command starts and ends in the text."""

    content: str
    start: int
    end: int


def brace_partners(text: str) -> dict[int, int]:
    """Position of every matched ``{`` to the position of its ``}``; backslashed braces do not
    count."""
    partners: dict[int, int] = {}
    open_at: list[int] = []
    for found in re.finditer(r"\\.|[{}]", text, re.S):
        mark = found.group()
        if mark == "{":
            open_at.append(found.start())
        elif mark == "}" and open_at:
            partners[open_at.pop()] = found.start()
    return partners


def boxes(text: str) -> list[Box]:
    """The outermost boxes of ``text`` in order, empty ones and placeholders left out."""
    if "\\boxed" not in text and "\\fbox" not in text and "\\framebox" not in text:
        return []
    partners = brace_partners(text)
    out: list[Box] = []
    inside_until = -1
    for found in _BOX.finditer(text):
        start = found.end()
        if found.start() < inside_until:
            continue
        if start < len(text) and text[start] == "{":
            end = partners.get(start)
            if end is None:  # never closed: to the end of its line or formula
                end = min(
                    (at for at in (text.find("$", start), text.find("\n", start)) if at > 0),
                    default=len(text),
                )
            content, inside_until = text[start + 1 : end], end + 1
        else:
            bare = _BARE.match(text, start)
            if bare is None:
                continue
            content, inside_until = bare.group(), bare.end()
        content = content.strip()
        if content and not _PLACEHOLDER.fullmatch(content):
            out.append(Box(content, found.start(), inside_until))
    return out


def joined(text: str, found: list[Box]) -> list[Box]:
    """The last boxes of ``found`` that make up one answer: those joined to the last by nothing but
    connectors and a few words. One box when the earlier ones are intermediate results."""
    group = [found[-1]]
    for box in reversed(found[:-1]):
        gap = text[box.end : group[0].start]
        if len(gap) > 200 or not _connects(gap):
            break
        group.insert(0, box)
    contents = {box.content for box in group}
    return group if len(contents) == len(group) else [found[-1]]


def _connects(gap: str) -> bool:
    plain = _MARKUP.sub(lambda m: m[1] or " ", gap)
    if "\n\n" in plain.strip(" "):
        return False
    return bool(_CONNECTOR.match(plain) or _LOOSE.match(plain))
