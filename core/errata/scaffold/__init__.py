"""``errata new-domain``: a package that passes its own tests, to be filled with a subject.

The files stand in ``package/`` as they are written, but for ``.txt`` at the end of names that mean
something here, and ``@name@`` and its kin. Not covered: options and parts of a domain.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from pathlib import Path

from errata.errors import UserError

_FILES = Path(__file__).parent / "package"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_OUTSIDE = ("pyproject.toml", "README.md", "tests")  # of the import package


def new_domain(name: str, into: Path, taken: Iterable[str]) -> Path:
    """Write the package ``errata-NAME`` into the folder ``into``; returns its folder.

    Raises UserError for a name that cannot be one or is ``taken``, and for a folder that is there.
    """
    _check(name, set(taken))
    words = name.replace("-", "_")
    distribution = f"errata-{name.replace('_', '-')}"
    folder = into / distribution
    if folder.exists():
        raise UserError(f"{folder} is there already; take another name, or remove it first")
    if not into.is_dir():
        raise UserError(f"{into} is no folder; make it first, or give another with --into")
    said = {
        "@name@": name,
        "@package@": f"errata_{words}",
        "@class@": "".join(word.capitalize() for word in words.split("_")),
        "@distribution@": distribution,
    }
    for source in sorted(path for path in _FILES.rglob("*") if path.is_file()):
        relative = source.relative_to(_FILES)
        if relative.suffix == ".txt":
            relative = relative.with_suffix("")
        inside = relative.parts[0] not in _OUTSIDE
        path = folder / (said["@package@"] if inside else "") / _filled(str(relative), said, words)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(source.read_text("utf-8"), said, name), encoding="utf-8")
    return folder


def _check(name: str, taken: set[str]) -> None:
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} cannot be the name of a domain: lower-case letters, digits, single '-' or '_',"
            " a letter first; for instance `errata new-domain chess`"
        )
    words = name.replace("-", "_")
    if keyword.iskeyword(words) or words.capitalize() in ("None", "True", "False"):
        raise UserError(f"{name!r} is a word of Python; take another name")
    same = sorted(other for other in taken if other.replace("-", "_") == words)
    if same:
        raise UserError(
            f"a plugin named {same[0]!r} is installed already, and recipes would not know which is"
            " meant; take another name"
        )


def _filled(text: str, said: dict[str, str], name: str) -> str:
    for mark, value in {**said, "@name@": name}.items():
        text = text.replace(mark, value)
    return text
