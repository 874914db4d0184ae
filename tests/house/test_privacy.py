"""Nothing of one machine in the files."""

from __future__ import annotations

import re
import socket

from house.checkout import files, named

_TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".txt",
    ".html",
    ".css",
    ".js",
    ".json",
    ".cfg",
    "",
}
_HOMES = re.compile(
    "|".join(f"(?<![\\w.])/{top}/[a-z]" for top in ("home", "root", "Users", "work"))
)
_WINDOWS = re.compile(r"\b[A-Z]:\\\\?Users\b")


def test_no_paths_or_names_of_one_machine() -> None:
    host = socket.gethostname()
    named_host = re.compile(rf"\b{re.escape(host)}\b") if len(host) >= 6 else None
    found = []
    for path in files():
        if path.suffix not in _TEXT:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for pattern in (_HOMES, _WINDOWS, named_host):
                if pattern and pattern.search(line):
                    found.append(f"{named(path)}:{number}: {line.strip()[:80]}")
    assert not found


def test_the_pattern_sees_a_path() -> None:
    assert _HOMES.search("/".join(["", "home", "someone"]))
    assert not _HOMES.search("https://example.org/home/x")
