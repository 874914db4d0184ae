"""Drawing tokens, against the plain definitions."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from errata_transformers.drawing import Draw, newest_tokens

SIZE = 3000  # more than are sorted at first


def nucleus(chances: list[float], top_p: float, top_k: int | None) -> set[int]:
    """The definition: the top_k likeliest, and of those the fewest that hold top_p of what is left."""
    order = sorted(range(len(chances)), key=lambda token: -chances[token])[:top_k]
    total, held, kept = sum(chances[token] for token in order), 0.0, set()
    for token in order:
        if held >= top_p * total:
            break
        kept.add(token)
        held += chances[token]
    return kept


def drawn(logits, count: int, **how) -> Counter[int]:
    draw = Draw(Random(3), **how)
    return Counter(newest_tokens(logits[None], [draw]).item() for _ in range(count))


@pytest.mark.parametrize(
    ("top_p", "top_k", "flat"),
    [(0.6, None, 1.0), (1.0, 4, 1.0), (0.7, 5, 1.0), (0.9, None, 9.0), (0.99, None, 99.0)],
)
def test_only_the_nucleus_is_drawn_and_all_of_it(top_p, top_k, flat) -> None:
    import torch

    torch.manual_seed(0)
    logits = torch.randn(SIZE) * 8 / flat
    chances = (logits.double() / 1.5).softmax(0).tolist()
    expected = nucleus(chances, top_p, top_k)
    found = drawn(logits, 600, temperature=1.5, top_p=top_p, top_k=top_k)
    assert set(found) <= expected
    likely = {t for t in expected if chances[t] / sum(chances[e] for e in expected) > 0.03}
    assert likely <= set(found)
    if flat == 99.0:
        # the nucleus is larger than what is looked at first
        assert set(found) - nucleus(chances, top_p, 1024)


def test_frequencies_follow_the_temperature() -> None:
    import torch

    logits = torch.tensor([2.0, 1.0, 0.0, -30.0])
    for temperature in (0.5, 2.0):
        found = drawn(logits, 4000, temperature=temperature)
        for token, chance in enumerate((logits / temperature).softmax(0).tolist()):
            assert found[token] / 4000 == pytest.approx(chance, abs=0.03)


def test_rows_draw_alone_and_greedy_rows_stay_greedy() -> None:
    import torch

    torch.manual_seed(1)
    logits = torch.randn(3, 50)
    alone = newest_tokens(logits[1:2], [Draw(Random(9), 1.0)])
    together = newest_tokens(logits, [None, Draw(Random(9), 1.0), None])
    assert together[1] == alone[0]
    assert together[[0, 2], 0].tolist() == logits[[0, 2]].argmax(-1).tolist()
