"""Problems from files and hubs: JSONL (also gzipped), Parquet, and ``hf:NAME`` through ``datasets``.

A row needs ``question`` and ``answer``; ``id``, ``solution`` and ``kind`` are used when present and
every other column goes to ``Problem.data``. Domains with other column names read rows with ``read``
and build their own problems.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from errata.errors import MissingExtra
from errata.records import Problem

Row = dict[str, JsonValue]
_SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")


def is_path(source: str) -> bool:
    """Whether ``source`` is written as a path rather than as a name."""
    return source.endswith(_SUFFIXES) or source.startswith((".", "/", "~"))


def read(source: str, split: str) -> Iterator[Row]:
    """Rows of a JSONL or Parquet path or of ``hf:NAME``; ``{split}`` in a path is replaced.

    Raises FileNotFoundError, LookupError (not a path and not ``hf:``), ValueError (a line that is no
    JSON object), MissingExtra.
    """
    if source.startswith("hf:"):
        yield from _hub(source.removeprefix("hf:"), split)
        return
    if not is_path(source):
        raise LookupError(
            f"not a known name, nor a path ending in {', '.join(_SUFFIXES)}, nor hf:NAME"
        )
    path = Path(source.replace("{split}", split)).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    yield from _parquet(path) if path.suffix == ".parquet" else _jsonl(path)


def read_numbered(source: str) -> Iterator[tuple[int, Row]]:
    """Rows of a JSONL or Parquet path with the line, or the number of the row, that they stand in.

    Raises what ``read`` raises.
    """
    path = Path(source).expanduser()
    if is_path(source) and path.suffix != ".parquet" and path.exists():
        yield from _numbered_jsonl(path)
    else:
        yield from enumerate(read(source, ""), start=1)


def read_problems(source: str, split: str) -> Iterator[Problem]:
    """Problems of rows with ``question`` and ``answer``. Raises ValueError naming a bad row."""
    for number, row in enumerate(read(source, split), start=1):
        missing = [name for name in ("question", "answer") if not text(row, name).strip()]
        if missing:
            raise ValueError(
                f"row {number} has no {' and no '.join(missing)}; it has {', '.join(sorted(row))}"
            )
        known = ("id", "question", "answer", "solution", "kind")
        yield Problem(
            id=text(row, "id") or f"{Path(source).name}/{number}",
            question=text(row, "question"),
            answer=text(row, "answer"),
            solution=text(row, "solution"),
            kind=text(row, "kind"),
            source=source,
            data={key: value for key, value in row.items() if key not in known},
        )


def text(row: Row, *names: str) -> str:
    """The first of the columns ``names`` that has a value, as text; empty where none has.

    A zero is a value; None, an empty text and a missing column are not.
    """
    values = (row.get(name) for name in names)
    return next((str(value) for value in values if value not in (None, "")), "")


def _jsonl(path: Path) -> Iterator[Row]:
    return (row for _, row in _numbered_jsonl(path))


def _numbered_jsonl(path: Path) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:  # not JSON, or not UTF-8
            raise ValueError(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(row, dict):
            raise ValueError(f"{path}, line {number}: not a JSON object")
        yield number, row


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            yield from lines
    except (EOFError, zlib.error) as error:
        raise ValueError(f"{path}: the compressed file is damaged: {error}") from error


def _parquet(path: Path) -> Iterator[Row]:
    _needs("pyarrow", f"reading {path}")
    import pyarrow.parquet

    for batch in pyarrow.parquet.ParquetFile(path).iter_batches():
        yield from batch.to_pylist()


def _hub(name: str, split: str) -> Iterator[Row]:
    _needs("datasets", f"reading hf:{name}")
    import datasets

    path, _, config = name.partition(":")
    for row in datasets.load_dataset(path, config or None, split=split):
        yield dict(row)


def _needs(module: str, doing: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise MissingExtra(f"{doing} needs {module}: pip install 'errata[data]'")
