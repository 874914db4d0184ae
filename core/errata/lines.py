"""Record lines on disk: one JSON object a line, a torn last line dropped, errors by file and line."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from pydantic import JsonValue, ValidationError

from errata.errors import CorruptRecord, StorageFull
from errata.records import Record

R = TypeVar("R", bound=Record)


class Appender:
    """Writes records, one a line; ``sync`` makes them durable."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, record: Record) -> None:
        """Append one record."""
        self._out.write(record.model_dump_json().encode() + b"\n")

    def sync(self) -> None:
        """Make everything written so far durable."""
        self._out.flush()
        os.fsync(self._out.fileno())


class FileMemo:
    """Durable key-value lines of one stage (see ``errata.parts.Memo``)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with storage(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            drop_torn_line(path)
            self._values: dict[str, JsonValue] = {}
            if path.is_file():
                for number, line in enumerate(path.read_bytes().splitlines(), start=1):
                    try:
                        key, value = json.loads(line)
                        self._values[key] = value
                    except (ValueError, TypeError) as error:
                        raise _corrupt(path, number, f"not a key and a value: {error}") from error

    def get(self, key: str) -> JsonValue:
        """The value of ``key``, or None."""
        return self._values.get(key)

    def put(self, key: str, value: JsonValue) -> None:
        """Remember ``value``; it is durable when this returns."""
        self._values[key] = value
        with storage(self._path), self._path.open("ab") as out:
            out.write(json.dumps([key, value]).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())


def parse_line(path: Path, number: int, line: bytes, model: type[R]) -> R:
    """One record. Raises CorruptRecord naming file and line."""
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        raise _corrupt(path, number, f"not a {model.__name__}: {first_mistake(error)}") from error


def _corrupt(path: Path, number: int, what: str) -> CorruptRecord:
    return CorruptRecord(
        f"{path}, line {number}: {what}; restore the file, or delete it and `errata resume` redoes"
        " its stage and what follows"
    )


def first_mistake(error: ValidationError) -> str:
    """The first thing that does not fit, with its place."""
    item = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in item["loc"])
    return f"{place}: {item['msg']}" if place else str(item["msg"])


def drop_torn_line(path: Path) -> None:
    """Cut a file after its last newline."""
    if not path.exists() or not path.is_file():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end != size:
            file.truncate(end)


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Writing ``path``: a disk without space becomes ``StorageFull``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(
                f"writing {path}: {error.strerror}; everything finished so far is kept: free some"
                " space, then `errata resume` the run"
            ) from error
        raise
