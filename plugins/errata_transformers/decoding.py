"""Decoding of a batch in which every row is drawn its own way and may stop for its own reason.

A row stops at an end-of-sequence token or one of its patterns ("stop"), when its tail repeats
itself ("repetition"), or at its limit ("length"). Stopped rows leave the batch, so that the
last ones run fast; rows nobody wants any more leave it too. What neighbouring prompts begin with is
encoded once. Rows depend on the batch they are in
(bfloat16 rounding), and on nothing else. Not covered: beams, and rows that join a running batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from errata.records import Finish
from errata_transformers.cache import new_cache
from errata_transformers.drawing import Draw, newest_tokens
from errata_transformers.shared import runs

#: A tail repeats when a run of 1 to LONGEST_PERIOD tokens occurs REPEATS times in a row and the
#: repetition is at least SHORTEST_TAIL tokens long (so "1000000" and "- - -" are no loops).
LONGEST_PERIOD = 64
REPEATS = 4
SHORTEST_TAIL = 32

# A pattern may begin in text that was there before the newest token.
_LOOK_BACK = 200
# Dropping rows copies the cache; not worth it for fewer than one row in eight.
_DROP = 8
# Shared beginnings take a pass of their own, which has to save at least this many tokens.
_WORTH = 256


@dataclass
class Row:
    """One answer while it is written. ``text`` is settled up to the token ``settled``.

    It has at most ``limit`` tokens, drawn as ``draw`` says (None: greedily), and is given up once
    ``unwanted`` says so.
    """

    stop: Sequence[re.Pattern[str]]
    limit: int = 1
    draw: Draw | None = None
    unwanted: Callable[[], bool] | None = None
    tokens: list[int] = field(default_factory=list)
    text: str = ""
    settled: int = 0
    finish: Finish | None = None


class Repetition:
    """For each row and period p, the number of tokens in a row that equal the one p places before.

    One comparison per token and period, whatever the length.
    """

    def __init__(self, rows: int, device: Any) -> None:
        import torch

        self._recent = torch.full((rows, LONGEST_PERIOD), -1, device=device)
        self._equal = torch.zeros((rows, LONGEST_PERIOD), dtype=torch.long, device=device)
        periods = torch.arange(1, LONGEST_PERIOD + 1, device=device)
        wanted = torch.clamp(periods * REPEATS, min=SHORTEST_TAIL)
        self._wanted = wanted - periods

    def step(self, tokens: Any) -> list[bool]:
        """Take the newest token of each row, shape (rows, 1); which rows repeat themselves."""
        self._equal = (self._equal + 1) * (self._recent == tokens)
        self._recent = self._recent.roll(1, dims=1)
        self._recent[:, :1] = tokens
        flags: list[bool] = (self._equal >= self._wanted).any(dim=1).tolist()
        return flags

    def keep(self, rows: Any) -> None:
        """Forget all other rows."""
        self._recent, self._equal = self._recent[rows], self._equal[rows]


def decode(
    model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], rows: Sequence[Row]
) -> int:
    """Write an answer into each of ``rows``, one per prompt; the number of prompt tokens encoded."""
    import torch

    if not rows:
        return 0
    cache = new_cache(model)
    with torch.inference_mode():
        ids, mask, positions, read = _begun(model, prompts, tokenizer.pad_token_id, cache)
        ends = end_tokens(model, tokenizer)
        repetition = Repetition(len(rows), model.device)
        active = list(rows)
        while True:
            logits = model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
            newest = newest_tokens(logits, [row.draw for row in active])
            looping = repetition.step(newest)
            for row, token, loops in zip(active, newest[:, 0].tolist(), looping, strict=True):
                if row.finish is None:
                    _extend(row, token, loops, ends, tokenizer)
            going = [index for index, row in enumerate(active) if row.finish is None]
            if not going:
                return read
            ids, positions = newest, positions[:, -1:] + 1
            mask = torch.cat([mask, mask.new_ones(len(active), 1)], dim=1)
            if len(active) - len(going) >= max(1, len(active) // _DROP):
                keep = torch.tensor(going, device=model.device)
                ids, positions, mask = ids[keep], positions[keep], mask[keep]
                cache.batch_select_indices(keep)
                repetition.keep(keep)
                active = [active[index] for index in going]


def _begun(
    model: Any, prompts: Sequence[Sequence[int]], pad: int, cache: Any
) -> tuple[Any, Any, Any, int]:
    """What is left of the prompts once their shared beginnings are in ``cache``: ids and positions of
    shape (prompts, longest rest), the mask of everything, and the number of tokens to be encoded."""
    import torch

    found = runs(prompts)
    if sum(run.shared * (run.count - 1) for run in found) < _WORTH:
        ids, mask = _left_padded(prompts, pad, model.device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        return ids, mask, positions, sum(len(prompt) for prompt in prompts)
    starts = [sum(run.count for run in found[:place]) for place in range(len(found))]
    beginnings = [prompts[start][: run.shared] for run, start in zip(found, starts, strict=True)]
    ids, mask = _left_padded(beginnings, pad, model.device)
    model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(1) - 1).clamp(min=0),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    places = [place for place, run in enumerate(found) for _ in range(run.count)]
    chosen = torch.tensor(places, device=model.device)
    cache.batch_select_indices(chosen)
    rests = [prompt[found[place].shared :] for prompt, place in zip(prompts, places, strict=True)]
    ids, own = _left_padded(rests, pad, model.device)
    mask = torch.cat([mask[chosen], own], dim=1)
    positions = (mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
    return ids, mask, positions, sum(map(len, [*beginnings, *rests]))


def end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """Every token that ends a sequence: the tokenizer's and those of the generation settings."""
    declared = model.generation_config.eos_token_id
    listed = declared if isinstance(declared, list) else [declared]
    return frozenset(token for token in [tokenizer.eos_token_id, *listed] if token is not None)


def final_text(row: Row, tokenizer: Any) -> str:
    """The row's text without special tokens, cut right after its earliest stop."""
    text = decoded(tokenizer, row.tokens)
    found = [match.end() for pattern in row.stop if (match := pattern.search(text))]
    return text[: min(found)] if found else text


def decoded(tokenizer: Any, tokens: Sequence[int]) -> str:
    """Tokens as text, special ones left out."""
    text: str = tokenizer.decode(
        tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return text


def _left_padded(prompts: Sequence[Sequence[int]], pad: int, device: Any) -> tuple[Any, Any]:
    """Token ids and mask, both of shape (prompts, longest prompt)."""
    import torch

    width = max(len(prompt) for prompt in prompts)
    ids = [[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _extend(row: Row, token: int, loops: bool, ends: frozenset[int], tokenizer: Any) -> None:
    """Append ``token`` and decide whether the row goes on."""
    row.tokens.append(token)
    if token in ends or (row.stop and _stopped(row, tokenizer)):
        row.finish = "stop"
    elif loops:
        row.finish = "repetition"
    elif len(row.tokens) >= row.limit or (row.unwanted and row.unwanted()):
        row.finish = "length"


def _stopped(row: Row, tokenizer: Any) -> bool:
    """Whether a stop pattern is found now; decodes only the tokens since the last look."""
    new = decoded(tokenizer, row.tokens[row.settled :])
    if new.endswith("�"):  # half a character: look again when its other half is there
        return False
    start = max(0, len(row.text) - _LOOK_BACK)
    row.text += new
    row.settled = len(row.tokens)
    return any(pattern.search(row.text, start) for pattern in row.stop)
