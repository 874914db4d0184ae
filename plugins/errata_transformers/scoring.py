"""Log-likelihoods of continuations, in large batches; what neighbouring prompts begin with is encoded
once.

Prompts with a common beginning (a worked example, shown to several cases) are a run; the beginnings of
several runs are one batch, the rests with their continuations another over its cache. Only the
positions that predict a continuation go through the output layer, because a vocabulary of logits for
every prompt token would be most of the work and nearly all of the memory. Not covered: a continuation
is tokenized apart from its prompt, as training does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from errata_transformers.cache import appends, new_cache
from errata_transformers.shared import runs

# Bytes that the logits of a batch may take.
_LOGITS = {"cuda": 1 << 30}
_LOGITS_ELSEWHERE = 400 << 20
# Log-probabilities are summed in float32, this many positions at a time.
_CHUNK = 256


@dataclass(frozen=True)
class Scored:
    """Summed natural-log probability of a continuation; whether each of its tokens is the likeliest."""

    logprob: float
    greedy: bool


@dataclass(frozen=True)
class _Row:
    """The prompt ``index`` of a call, of which ``shared`` tokens are the beginning of its run."""

    index: int
    run: int
    shared: int


def log_likelihoods(
    model: Any,
    prompts: Sequence[Sequence[int]],
    continuations: Sequence[Sequence[int]],
    batch_size: int,
    pad: int,
) -> tuple[list[Scored], int]:
    """The score of each continuation after its prompt (token ids), and the number of tokens encoded.

    Every prompt must have at least one token; an empty continuation has log-probability 0.
    """
    import torch

    scores = [Scored(0.0, greedy=True)] * len(prompts)
    read = 0
    with torch.inference_mode():
        for batch in _batches(model, prompts, continuations, batch_size):
            found, tokens = _score_batch(model, prompts, continuations, batch, pad)
            read += tokens
            for row, score in zip(batch, found, strict=True):
                scores[row.index] = score
    return scores, read


def _batches(
    model: Any,
    prompts: Sequence[Sequence[int]],
    continuations: Sequence[Sequence[int]],
    batch_size: int,
) -> Iterator[list[_Row]]:
    """The rows with a continuation: runs whole as far as they fit, similar lengths together.

    Runs with a beginning are not mixed with rows that have none: those need one pass less.
    """
    config = model.config.get_text_config(decoder=True)
    room = _LOGITS.get(model.device.type, _LOGITS_ELSEWHERE)
    most = max(1, room // (config.vocab_size * model.dtype.itemsize))
    together = appends(model)
    batch: list[_Row] = []
    logits = 0
    for run in _ordered(prompts, continuations):
        size = sum(len(continuations[row.index]) for row in run)
        split = bool(batch) and (
            len(batch) + len(run) > batch_size
            or logits + size > most
            or (batch[0].shared > 0) != (run[0].shared > 0)
            or (run[0].shared > 0 and not together)
        )
        for row in run:
            own = len(continuations[row.index])
            if split or (batch and (len(batch) == batch_size or logits + own > most)):
                yield batch
                batch, logits, split = [], 0, False
            batch.append(row)
            logits += own
    if batch:
        yield batch


def _ordered(
    prompts: Sequence[Sequence[int]], continuations: Sequence[Sequence[int]]
) -> list[list[_Row]]:
    """Runs of rows, those with long beginnings last; a row without a beginning is a run of its own."""

    def length(row: _Row) -> int:
        return len(prompts[row.index]) - row.shared + len(continuations[row.index])

    found: list[list[_Row]] = []
    begin = 0
    for number, run in enumerate(runs(prompts)):
        rows = [
            _Row(index, number, run.shared)
            for index in range(begin, begin + run.count)
            if continuations[index]
        ]
        begin += run.count
        if len(rows) > 1 and run.shared:
            found.append(sorted(rows, key=lambda row: (length(row), row.index)))
        else:
            found += [[_Row(row.index, number, 0)] for row in rows]
    return sorted(
        found,
        key=lambda rows: (rows[0].shared, max(length(row) for row in rows), rows[0].index),
    )


def _score_batch(
    model: Any,
    prompts: Sequence[Sequence[int]],
    continuations: Sequence[Sequence[int]],
    batch: Sequence[_Row],
    pad: int,
) -> tuple[list[Scored], int]:
    """Scores of the rows of one batch, and the number of tokens encoded for them."""
    import torch

    device = model.device
    cache, before, read = _begun(model, prompts, batch, pad)
    heads = [list(prompts[row.index][row.shared :]) for row in batch]
    tails = [list(continuations[row.index]) for row in batch]
    ids, mask = _right_padded([head + tail for head, tail in zip(heads, tails, strict=True)], pad)
    positions = torch.arange(ids.shape[1])[None] + torch.tensor([[row.shared] for row in batch])
    # The token at a position is predicted one place before it.
    at = [
        (number, len(head) + place - 1)
        for number, (head, tail) in enumerate(zip(heads, tails, strict=True))
        for place in range(len(tail))
    ]
    with _only_positions(model, at):
        logits = model(
            input_ids=ids.to(device),
            attention_mask=torch.cat([before, mask], dim=1).to(device),
            position_ids=positions.to(device),
            past_key_values=cache,
            use_cache=cache is not None,
        ).logits[0]
    wanted = torch.tensor([token for tail in tails for token in tail], device=device)
    lengths = [len(tail) for tail in tails]
    read += sum(map(len, heads)) + sum(lengths)
    return _summed(logits, wanted, lengths), read


def _begun(
    model: Any, prompts: Sequence[Sequence[int]], batch: Sequence[_Row], pad: int
) -> tuple[Any, Any, int]:
    """A cache with the beginning of every row (None where there is none), its mask, shape (rows,
    longest beginning), and the number of tokens encoded: each run's beginning once."""
    import torch

    if not batch[0].shared:
        return None, torch.ones((len(batch), 0), dtype=torch.long), 0
    firsts = {row.run: row for row in reversed(batch)}
    places = {run: place for place, run in enumerate(firsts)}
    beginnings = [list(prompts[row.index][: row.shared]) for row in firsts.values()]
    ids, mask = _right_padded(beginnings, pad)
    cache = new_cache(model)
    # Padding comes last, and nothing looks ahead: what it leaves in the cache is masked below.
    model(input_ids=ids.to(model.device), past_key_values=cache, use_cache=True, logits_to_keep=1)
    chosen = torch.tensor([places[row.run] for row in batch])
    cache.batch_select_indices(chosen.to(model.device))
    return cache, mask[chosen], sum(map(len, beginnings))


def _right_padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Any, Any]:
    """Token ids and mask, both of shape (rows, longest row)."""
    import torch

    width = max(map(len, rows))
    ids = [[*row, *[pad] * (width - len(row))] for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return torch.tensor(ids), torch.tensor(mask)


def _summed(logits: Any, wanted: Any, lengths: Sequence[int]) -> list[Scored]:
    """Scores of rows of ``lengths`` tokens; ``logits`` has shape (tokens, V), ``wanted`` (tokens,)."""
    import torch

    parts, likeliest = [], []
    for part, tokens in zip(logits.split(_CHUNK), wanted.split(_CHUNK), strict=True):
        precise = part.float()
        chosen = precise.gather(1, tokens[:, None])[:, 0]
        parts.append(chosen - precise.logsumexp(dim=1))
        likeliest.append(precise.argmax(dim=1) == tokens)
    each = torch.cat(parts).cpu().split(lengths)
    greedy = torch.cat(likeliest).cpu().split(lengths)
    return [
        Scored(float(part.sum()), greedy=bool(flags.all()))
        for part, flags in zip(each, greedy, strict=True)
    ]


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
