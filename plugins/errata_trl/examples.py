"""Training examples as token ids with labels, and the order they are trained in.

Not covered: truncation; an example that is too long is left out and counted, because cutting it would
teach the model to stop in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from errata.records import Span, TrainingExample

IGNORED = -100

# Examples of similar length are looked for among this many batches at a time.
_WINDOW = 16


@dataclass(frozen=True)
class Tokens:
    """Token ids and labels of equal length; a label of ``IGNORED`` carries no loss."""

    ids: list[int]
    labels: list[int]


def tokenize(tokenizer: Any, example: TrainingExample) -> Tokens:
    """Prompt in the chat template, completion, end token; loss on the spans and on the end token.

    A token carries loss when it overlaps a span. Raises ValueError for a preference example and for
    one without spans.
    """
    if example.rejected is not None:
        raise ValueError(
            f"training example {example.id!r} is a preference (it has a rejected completion), which"
            " supervised fine-tuning cannot use; choose a trainer for preferences"
        )
    if not any(span.end > span.start for span in example.spans):
        raise ValueError(f"training example {example.id!r} has no span that carries loss")
    prompt: list[int] = tokenizer.encode(
        tokenizer.apply_chat_template(
            [message.model_dump() for message in example.messages],
            tokenize=False,
            add_generation_prompt=True,
        ),
        add_special_tokens=False,
    )
    coded = tokenizer(example.completion, add_special_tokens=False, return_offsets_mapping=True)
    labels = [
        token if _touches(start, end, example.spans) else IGNORED
        for token, (start, end) in zip(coded["input_ids"], coded["offset_mapping"], strict=True)
    ]
    final: int = tokenizer.eos_token_id
    return Tokens(
        ids=[*prompt, *coded["input_ids"], final],
        labels=[IGNORED] * len(prompt) + labels + [final],
    )


def _touches(start: int, end: int, spans: Sequence[Span]) -> bool:
    """Whether characters ``start`` to ``end`` overlap a span. A token of spaces alone may come with
    no characters of its own; it counts by its place."""
    end = max(end, start + 1)
    return any(start < span.end and span.start < end for span in spans)


def training_order(
    lengths: Sequence[int], epochs: int, batch_size: int, random: Random | None
) -> list[int]:
    """Indices of the examples in the order of training, ``epochs`` times all of them.

    Consecutive runs of ``batch_size`` are the batches. With ``random`` each epoch is shuffled, then
    examples of similar length are brought together within windows of batches, and the batches of a
    window are shuffled; without it the given order is kept.
    """
    order: list[int] = []
    for _ in range(epochs):
        epoch = list(range(len(lengths)))
        if random is not None:
            random.shuffle(epoch)
        order.extend(epoch)
    if random is None:
        return order
    arranged: list[int] = []
    window = _WINDOW * batch_size
    for start in range(0, len(order), window):
        part = sorted(order[start : start + window], key=lambda index: (lengths[index], index))
        batches = [part[at : at + batch_size] for at in range(0, len(part), batch_size)]
        # A last, incomplete batch stays last, or it would shift the batches after it.
        last = batches.pop() if len(batches[-1]) < batch_size else []
        random.shuffle(batches)
        arranged.extend(index for batch in [*batches, last] for index in batch)
    return arranged
