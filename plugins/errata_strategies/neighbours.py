"""The embedding rule of the leak guard: which evaluation question is nearest in meaning.

Cosine similarity of unit vectors from the run's embedder, against every evaluation question, exact.
``seconds`` counts the rule's own time (embedding the evaluation questions included), apart from that of
the lexical rules. Vectors may differ in their last digits with what is embedded together, so scores are
rounded to three digits before they are compared or shown.

Not covered: what the embedder takes for similar (MiniLM: the same topic in other words scores 0.5 to
0.8, and the same question with another number over 0.9).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from errata.parts import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Singles = NDArray[np.float32]

_AT_ONCE = 256  # candidates compared together: a block of scores of 20,000 problems is 20 MB


class Neighbours:
    """Nearest of ``texts`` by cosine similarity; the texts are embedded when first needed."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self._embedder, self._texts = embedder, list(texts)
        self._vectors: Singles | None = None
        self._known: dict[str, tuple[int, float]] = {}
        self.seconds = 0.0

    def look_ahead(self, texts: Sequence[str]) -> None:
        """Embed and compare several texts together; ``nearest`` then has them at hand."""
        new = sorted({text for text in texts if text not in self._known})
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            self._known.update(zip(some, self._compared(some), strict=True))

    def nearest(self, text: str) -> tuple[int, float] | None:
        """Number of the nearest text and its similarity (-1 to 1); None where there is no text."""
        if not self._texts:
            return None
        if text not in self._known:
            self.look_ahead([text])
        return self._known[text]

    def _compared(self, texts: Sequence[str]) -> list[tuple[int, float]]:
        import numpy as np

        started = time.perf_counter()
        if not self._texts:
            return [(-1, -1.0)] * len(texts)
        if self._vectors is None:
            self._vectors = np.asarray(self._embedder.embed(self._texts), dtype=np.float32)
        asked = np.asarray(self._embedder.embed(texts), dtype=np.float32)
        scores = asked @ self._vectors.T
        best = scores.argmax(axis=1)
        found = [
            (int(place), round(float(row[place]), 3))
            for row, place in zip(scores, best, strict=True)
        ]
        self.seconds += time.perf_counter() - started
        return found
