"""Training examples as token ids, padded into batches; the loss of each over its spans.

Not covered: packing, and preferences (the better completion is taken alone).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from errata.records import TrainingExample
from errata_transformers.local import LocalModel

# Tokens of a batch that keeps what its gradient needs (padding included).
_AT_ONCE = 4096


@dataclass(frozen=True)
class Coded:
    """Token ids, and the places of those that carry loss (a place is predicted from the one before)."""

    ids: tuple[int, ...]
    places: tuple[int, ...]


def coded(local: LocalModel, example: TrainingExample) -> Coded:
    """Prompt, completion and end token; loss on what overlaps a span, and on the end token.

    Raises ValueError when the example does not fit the model's context.
    """
    tokenizer = local.tokenizer
    prompt = local.encode(example.messages)
    found = tokenizer(example.completion, add_special_tokens=False, return_offsets_mapping=True)
    ids = (*prompt, *found["input_ids"], tokenizer.eos_token_id)
    if len(ids) > local.context:
        raise ValueError(
            f"training example {example.id!r} has {len(ids)} tokens, which do not fit the context of"
            f" {local.name}, {local.context} tokens"
        )
    spans = example.spans
    places = [
        len(prompt) + place
        for place, (start, end) in enumerate(found["offset_mapping"])
        if any(start < span.end and end > span.start for span in spans)
    ]
    return Coded(ids, (*places, len(ids) - 1))


def batches(rows: Sequence[Coded], most: int) -> Iterator[list[int]]:
    """Indices of at most ``most`` rows, similar lengths together, within a bound of tokens."""
    order = sorted(range(len(rows)), key=lambda index: (len(rows[index].ids), index))
    batch: list[int] = []
    for index in order:
        width = len(rows[index].ids)
        if batch and (len(batch) == most or width * (len(batch) + 1) > _AT_ONCE):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def losses(model: Any, rows: Sequence[Coded], pad: int) -> Any:
    """Mean loss in nats per token of each row, shape (rows,), float32."""
    import torch

    device, width = model.device, max(len(row.ids) for row in rows)
    ids = [[*row.ids, *[pad] * (width - len(row.ids))] for row in rows]
    mask = [[1] * len(row.ids) + [0] * (width - len(row.ids)) for row in rows]
    at = [(number, place) for number, row in enumerate(rows) for place in row.places]
    numbers = torch.tensor([number for number, _ in at], device=device)
    places = torch.tensor([place for _, place in at], device=device)

    def select(_layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return (given[0][numbers, places - 1][None], *given[1:])

    tokens = torch.tensor(ids, device=device)
    hook = model.get_output_embeddings().register_forward_pre_hook(select)
    try:
        logits = model(
            input_ids=tokens, attention_mask=torch.tensor(mask, device=device), use_cache=False
        ).logits[0]
    finally:
        hook.remove()
    each = torch.nn.functional.cross_entropy(
        logits.float(), tokens[numbers, places], reduction="none"
    )
    counts = torch.tensor([len(row.places) for row in rows], device=device)
    return torch.zeros(len(rows), device=device).index_add(0, numbers, each) / counts
