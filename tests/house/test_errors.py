"""docs/errors.md against the error tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from errata import errors
from house.checkout import page, sections


def _tree(base: type[errors.ErrataError]) -> Iterator[type[errors.ErrataError]]:
    yield base
    for child in base.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


CLASSES = list(_tree(errors.ErrataError))


def test_the_drawing_of_the_tree_is_the_tree() -> None:
    drawn = re.findall(r"\b[A-Z]\w+(?= {2,})", errors.__doc__ or "")
    assert sorted(drawn) == sorted(c.__name__ for c in CLASSES if c is not errors.ErrataError)
    assert (errors.__doc__ or "").split("\n\n")[1].strip() in page("errors.md")


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_every_error_is_documented(error: type[errors.ErrataError]) -> None:
    documented = sections(page("errors.md")).get(f"`{error.__name__}`")
    assert documented is not None
    assert f"exit code {error.exit_code}" in documented.lower()
    if error is not errors.ErrataError:  # the base is never raised itself
        assert re.search(r"```text\nerrata: .{20,}", documented)


def test_no_error_is_documented_that_does_not_exist() -> None:
    headings = {h.strip("`") for h in sections(page("errors.md")) if h.startswith("`")}
    assert headings == {c.__name__ for c in CLASSES}
