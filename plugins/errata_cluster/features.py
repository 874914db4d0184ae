"""Phrases to the space they are clustered in: what they mean and which words they use.

A sentence embedding alone follows the story of a case (the spoons, the function name) as readily as
the error; words that several phrases share say which error it is. Both halves are unit vectors,
weighted by ``lexical``; of the two together the first principal components are kept, because density
means little in hundreds of dimensions. Not covered: word order, inflection, and scripts written without
spaces, whose phrases share no words (their embedding alone speaks then).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WORD = re.compile(r"[^\W\d_]{2,}|[^\w\s]+")
_WORDS = 2000  # the vocabulary: words of the most phrases
_FITTED = 2000  # phrases that the principal components are computed from, at most
_BLOCK = 4096  # phrases that are dense at once


def features(
    keys: Sequence[str],
    vectors: Any,
    dimensions: int,
    lexical: float,
    random: Random,
) -> Floats:
    """Unit rows, shape (number of phrases, at most ``dimensions``).

    ``keys`` are folded phrases, ``vectors`` their unit embeddings (n, d); ``lexical`` in [0, 1] is the
    share of the words in a squared distance, weighted by TF-IDF (sublinear term frequency, smoothed
    inverse document frequency; Salton and Buckley 1988). The components are fitted on at most 2,000
    phrases drawn by ``random``.
    """
    import numpy as np

    n = len(keys)
    columns, weights, rows = _words(keys) if lexical > 0 else ([], np.zeros(0), [[]] * n)
    mean = np.asarray(vectors, dtype=np.float64).mean(axis=0) if n else np.zeros(0)

    def dense(index: Sequence[int]) -> Floats:
        meant = unit(np.asarray(vectors[index], dtype=np.float64) - mean)
        used = np.zeros((len(index), len(columns)))
        for place, i in enumerate(index):
            for word, times in rows[i]:
                used[place, word] = (1 + np.log(times)) * weights[word]
        joined: Floats = np.hstack([meant * (1 - lexical) ** 0.5, unit(used) * lexical**0.5])
        return joined

    fitted = list(range(n)) if n <= _FITTED else sorted(random.sample(range(n), _FITTED))
    sample = dense(fitted)
    center = sample.mean(axis=0)
    axes = _axes(sample - center, dimensions)
    blocks = [
        (dense(range(start, min(start + _BLOCK, n))) - center) @ axes
        for start in range(0, n, _BLOCK)
    ]
    return unit(np.concatenate(blocks))


def unit(rows: Floats) -> Floats:
    """Rows of length one; a row of zeros stays as it is."""
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = rows / np.where(lengths > 1e-12, lengths, 1.0)
    return scaled


def _words(keys: Sequence[str]) -> tuple[list[str], Floats, list[list[tuple[int, int]]]]:
    """The words that at least two phrases use, their inverse document frequencies, and for each
    phrase its words with their counts."""
    import numpy as np

    used = [Counter(_WORD.findall(key)) for key in keys]
    spread = Counter(word for words in used for word in words)
    shared = sorted((w for w, n in spread.items() if n > 1), key=lambda w: (-spread[w], w))
    columns = shared[:_WORDS]
    place = {word: number for number, word in enumerate(columns)}
    frequency = np.array([spread[word] for word in columns], dtype=np.float64)
    weights = np.log((1 + len(keys)) / (1 + frequency)) + 1
    rows = [[(place[w], n) for w, n in words.items() if w in place] for words in used]
    return columns, weights, rows


def _axes(centered: Floats, dimensions: int) -> Floats:
    """The first principal axes as columns, by whichever of the two Gram matrices is smaller."""
    import numpy as np

    n, d = centered.shape
    if n < d:
        values, sides = np.linalg.eigh(centered @ centered.T)
        kept = _largest(values, dimensions)
        axes: Floats = centered.T @ sides[:, kept] / np.sqrt(values[kept])
        return axes
    values, sides = np.linalg.eigh(centered.T @ centered)
    largest: Floats = sides[:, _largest(values, dimensions)]
    return largest


def _largest(values: Floats, count: int) -> list[int]:
    """Places of the largest eigenvalues that are not nil, the largest first."""
    floor = max(float(values[-1]) * 1e-9, 1e-12)
    return [i for i in range(len(values) - 1, -1, -1) if values[i] > floor][:count]
