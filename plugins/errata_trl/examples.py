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
            " supervised fine-tuning cannot use: set train.use to dpo, or to sft-dpo for both kinds"
        )
    prompt = _prompt(tokenizer, example)
    ids, labels = _completion(tokenizer, example.completion, example.spans)
    return Tokens(
        ids=[*prompt, *ids],
        labels=[IGNORED] * len(prompt) + labels,
    )


@dataclass(frozen=True)
class PairTokens:
    """Token ids of a preference: what both completions share, and how each goes on from there."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longer completion."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))


def tokenize_pair(tokenizer: Any, example: TrainingExample) -> PairTokens:
    """The two completions of a preference; what stands before the first span carries no loss.

    Where the last token of the shared beginning differs between the two, it belongs to them. Raises
    ValueError for an example without a rejected completion and for one without spans.
    """
    if example.rejected is None:
        raise ValueError(
            f"training example {example.id!r} is no preference (it has no rejected completion), which"
            " `dpo` cannot use: set train.use to sft, or to sft-dpo for both kinds"
        )
    prompt = _prompt(tokenizer, example)
    chosen, labels = _completion(tokenizer, example.completion, example.spans)
    begins = min(span.start for span in example.spans if span.end > span.start)
    whole = (Span(start=begins, end=max(begins + 1, len(example.rejected))),)
    rejected, others = _completion(tokenizer, example.rejected, whole)
    shared = min(_first_labelled(labels), _first_labelled(others))
    while chosen[:shared] != rejected[:shared]:
        shared -= 1
    return PairTokens([*prompt, *chosen[:shared]], chosen[shared:], rejected[shared:])


def _first_labelled(labels: Sequence[int]) -> int:
    return next(place for place, label in enumerate(labels) if label != IGNORED)


def _prompt(tokenizer: Any, example: TrainingExample) -> list[int]:
    """The example's prompt in the chat template. Raises ValueError where nothing carries loss."""
    if not any(span.end > span.start for span in example.spans):
        raise ValueError(f"training example {example.id!r} has no span that carries loss")
    text = tokenizer.apply_chat_template(
        [message.model_dump() for message in example.messages],
        tokenize=False,
        add_generation_prompt=True,
    )
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return ids


def _completion(tokenizer: Any, text: str, spans: Sequence[Span]) -> tuple[list[int], list[int]]:
    """Ids of a completion and its end token, and their labels."""
    coded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    labels = [
        token if _touches(start, end, spans) else IGNORED
        for token, (start, end) in zip(coded["input_ids"], coded["offset_mapping"], strict=True)
    ]
    final: int = tokenizer.eos_token_id
    return [*coded["input_ids"], final], [*labels, final]


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
