"""Records of a file by id, without holding them in memory: about a hundred bytes an id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

from errata.lines import parse_line
from errata.records import Record

R = TypeVar("R", bound=Record)


class RecordIndex(Generic[R]):
    """Looks records of one file up by the field ``key``; later lines win."""

    def __init__(self, path: Path, model: type[R], key: str) -> None:
        self._path, self._model = path, model
        self._places: dict[str, tuple[int, int]] = {}
        if not path.is_file():
            return
        with path.open("rb") as lines:
            start = 0
            for number, line in enumerate(lines, start=1):
                if line.endswith(b"\n"):
                    record = parse_line(path, number, line, model)
                    self._places[str(getattr(record, key))] = (start, number)
                start += len(line)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __getitem__(self, key: str) -> R:
        start, number = self._places[key]
        with self._path.open("rb") as file:
            file.seek(start)
            return parse_line(self._path, number, file.readline(), self._model)
