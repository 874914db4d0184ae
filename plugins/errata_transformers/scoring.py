"""Log-likelihoods of continuations; what all prompts begin with is encoded once.

Only the positions that predict a continuation go through the output layer, because a vocabulary of
logits for every prompt token would be most of the work and nearly all of the memory. Not covered:
a continuation is tokenized apart from its prompt, as training does it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from errata_transformers.cache import new_cache

# Rows per batch are limited so that this many continuation tokens have logits at once (about
# 0.2 GiB of bfloat16 at a vocabulary of 49,152).
_MAX_LOGITS = 2048
# Log-probabilities are summed in float32, this many positions at a time.
_CHUNK = 256


def log_likelihoods(
    model: Any,
    prompts: Sequence[Sequence[int]],
    continuations: Sequence[Sequence[int]],
    batch_size: int,
    pad: int,
) -> list[float]:
    """Summed natural-log probability of each continuation after its prompt (token ids).

    Every prompt must have at least one token; an empty continuation has log-probability 0.
    """
    import torch

    shared = _shared_prefix(prompts)
    scores = [0.0] * len(prompts)
    with torch.inference_mode():
        prefix = None
        if shared:
            prefix = new_cache(model)
            ids = torch.tensor([list(prompts[0][:shared])], device=model.device)
            model(input_ids=ids, past_key_values=prefix, use_cache=True, logits_to_keep=1)
        for batch in _batches(prompts, continuations, batch_size):
            heads = [list(prompts[index][shared:]) for index in batch]
            tails = [list(continuations[index]) for index in batch]
            found = _score_batch(model, prefix, heads, tails, shared, pad)
            for index, score in zip(batch, found, strict=True):
                scores[index] = score
    return scores


def _shared_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """Number of tokens that all prompts share, leaving each at least one of its own; 0 for one."""
    if len(prompts) < 2:
        return 0
    first, last = min(map(list, prompts)), max(map(list, prompts))
    limit = min(len(prompt) for prompt in prompts) - 1
    for position in range(limit):
        if first[position] != last[position]:
            return position
    return max(0, limit)


def _batches(
    prompts: Sequence[Sequence[int]], continuations: Sequence[Sequence[int]], batch_size: int
) -> Iterator[list[int]]:
    """Indices of the rows with a continuation, similar lengths together."""
    order = sorted(
        (index for index, tail in enumerate(continuations) if tail),
        key=lambda index: (len(prompts[index]) + len(continuations[index]), index),
    )
    batch: list[int] = []
    logits = 0
    for index in order:
        size = len(continuations[index])
        if batch and (len(batch) == batch_size or logits + size > _MAX_LOGITS):
            yield batch
            batch, logits = [], 0
        batch.append(index)
        logits += size
    if batch:
        yield batch


def _score_batch(
    model: Any,
    prefix: Any,
    heads: Sequence[list[int]],
    tails: Sequence[list[int]],
    shared: int,
    pad: int,
) -> list[float]:
    """Scores of rows ``head + tail`` after the cached ``prefix`` of ``shared`` tokens."""
    import torch

    lengths = [len(head) + len(tail) for head, tail in zip(heads, tails, strict=True)]
    width = max(lengths)
    rows = [
        head + tail + [pad] * (width - length)
        for head, tail, length in zip(heads, tails, lengths, strict=True)
    ]
    mask = [[1] * (shared + length) + [0] * (width - length) for length in lengths]
    cache = None
    if prefix is not None:
        cache = copy.deepcopy(prefix)
        cache.batch_repeat_interleave(len(rows))
    # The token at a position is predicted one place before it.
    at = [
        (row, place - 1)
        for row, (head, length) in enumerate(zip(heads, lengths, strict=True))
        for place in range(len(head), length)
    ]
    device = model.device
    with _only_positions(model, at):
        logits = model(
            input_ids=torch.tensor(rows, device=device),
            attention_mask=torch.tensor(mask, device=device),
            past_key_values=cache,
            use_cache=cache is not None,
        ).logits[0]
    wanted = torch.tensor([token for tail in tails for token in tail], device=device)
    parts = []
    for part, tokens in zip(logits.split(_CHUNK), wanted.split(_CHUNK), strict=True):
        precise = part.float()
        chosen = precise.gather(1, tokens[:, None])[:, 0]
        parts.append(chosen - precise.logsumexp(dim=1))
    each = torch.cat(parts).split([len(tail) for tail in tails])
    return [float(part.sum()) for part in each]


@contextmanager
def _only_positions(model: Any, at: Sequence[tuple[int, int]]) -> Iterator[None]:
    """Let only the (row, place) pairs ``at`` through the output layer: logits (1, n, V)."""
    import torch

    rows = torch.tensor([row for row, _ in at], device=model.device)
    places = torch.tensor([place for _, place in at], device=model.device)

    def select(_layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (inputs[0][rows, places][None], *inputs[1:])

    hook = model.get_output_embeddings().register_forward_pre_hook(select)
    try:
        yield
    finally:
        hook.remove()
