"""Vectors of texts on disk, so that a text is embedded once: over rounds, runs and resumed stages.

One SQLite file for all models; a row is a text's digest under a model's fingerprint, and its vector
in single precision, byte for byte as it was computed. Not covered: eviction (the file may be deleted at
any time).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Singles = NDArray[np.float32]

_ASKED = 500  # digests in one query


class VectorCache:
    """Vectors of one model, by text. ``fingerprint`` must change whenever the vectors would."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path, self._fingerprint = path, fingerprint

    def get(self, texts: Sequence[str]) -> dict[str, Singles]:
        """The vectors that are there, by text. Another version's or a damaged file holds none."""
        import numpy as np

        if not self._path.is_file():
            return {}
        found: dict[str, Singles] = {}
        digests = {self._digest(text): text for text in texts}
        keys = sorted(digests)
        with _opened(self._path) as db:
            for start in range(0, len(keys), _ASKED):
                some = keys[start : start + _ASKED]
                marks = ",".join("?" * len(some))
                rows = db.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)  # noqa: S608 only question marks are put in
                for key, vector in rows:
                    found[digests[key]] = np.frombuffer(vector, dtype="<f4")
        return found

    def put(self, texts: Sequence[str], vectors: Singles) -> None:
        """Keep the vectors of ``texts``, shape (number of texts, dimension)."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        rows = (
            (self._digest(text), vector.astype("<f4").tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        )
        with _opened(self._path) as db, db:
            db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)

    def _digest(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._fingerprint}\x1f{text}".encode()).digest()[:16]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    # Several runs may share the file: each waits for the other's transaction.
    with closing(sqlite3.connect(path, timeout=60)) as db:
        try:
            db.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
            )
        except sqlite3.DatabaseError as error:
            raise OSError(
                f"{path}: not a file of cached vectors ({error}); delete it, it is made again"
            ) from error
        yield db
