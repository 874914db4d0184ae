"""The fenced blocks of the pages that people read: which are written by hand, which are not run."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from errata.plugins import Catalogue, Installed, discover
from house.checkout import DOCS, PROJECT, ROOT, named
from scripted.example import example_module

RECORDS = (DOCS / "decisions", DOCS / "log.md")  # what was thought and seen then; not kept current
PAGES = [
    path
    for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
    if not any(path.is_relative_to(record) for record in RECORDS)
]
_GENERATED = re.compile(r"^<!-- generated: .*?^<!-- end generated -->$", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<why>[^\n]+) -->\n)?"
    r"^(?P<indent> *)(?P<fence>```+|~~~+)(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=indent)(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block written by hand; ``why`` is the reason why it is not run, if it says so."""

    page: str
    line: int
    language: str
    text: str
    why: str

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    """The blocks of a page that are not generated, in their order."""
    text = path.read_text(encoding="utf-8")
    # generated ones become empty lines, so that places stay right
    text = _GENERATED.sub(lambda found: "\n" * found[0].count("\n"), text)
    return [
        Block(
            named(path),
            text.count("\n", 0, found.start("fence")) + 1,
            found["language"],
            textwrap.dedent(found["text"]),
            found["why"] or "",
        )
        for found in _BLOCK.finditer(text)
    ]


BLOCKS = [block for path in PAGES for block in blocks_of(path)]


def written_in(*languages: str) -> list[Block]:
    """The blocks of some languages that are run."""
    return [block for block in BLOCKS if block.language in languages and not block.why]


@cache
def catalogue() -> Catalogue:
    """This distribution's plugins and the example that the pages walk through."""
    module = example_module("errata_roman")
    own = [p for p in discover() if p.name in PROJECT["project"]["entry-points"]["errata"]]
    roman = Installed("roman", "errata_roman:Roman", "errata-roman", module.Roman)
    return Catalogue([*own, roman])
