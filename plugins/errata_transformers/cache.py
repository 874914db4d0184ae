"""A key-value cache that grows in place.

The cache of transformers concatenates at every token, which copies all of it; on a CPU that was 40%
of the time of decoding. This one writes into room it reserves in advance. Not covered: sliding
windows and linear attention, whose models get the library's own cache.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_ROOM = 128


def appends(model: Any) -> bool:
    """Whether every layer of ``model`` only appends to its cache, so that a mask undoes padding."""
    config = model.config.get_text_config(decoder=True)
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    sliding = getattr(config, "sliding_window", None) and getattr(
        config, "use_sliding_window", True
    )
    return kinds == {"full_attention"} and not sliding


def new_cache(model: Any) -> Any:
    """An empty cache for ``model``."""
    from transformers import DynamicCache
    from transformers.cache_utils import Cache

    config = model.config.get_text_config(decoder=True)
    if not appends(model):
        return DynamicCache(config=config)
    layer = _growing_layer()
    return Cache(layers=[layer() for _ in range(config.num_hidden_layers)])


@lru_cache(maxsize=1)
def _growing_layer() -> Any:
    """The class of one layer; made on demand, because its base needs transformers."""
    from transformers.cache_utils import DynamicLayer

    class GrowingLayer(DynamicLayer):  # type: ignore[misc]  # transformers is untyped to mypy here
        """Keys and values of shape (rows, heads, tokens, size): views of larger buffers."""

        def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> Any:
            """Append; returns all keys and values so far."""
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
                self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
                self.buffers = (self.keys, self.values)
            held = self.keys.shape[-2]
            total = held + key_states.shape[-2]
            if total > self.buffers[0].shape[-2]:
                self.reserve(total + _ROOM)
            for buffer, states in zip(self.buffers, (key_states, value_states), strict=True):
                buffer[:, :, held:total] = states
            self.keys, self.values = (buffer[:, :, :total] for buffer in self.buffers)
            return self.keys, self.values

        def reserve(self, tokens: int, rows: int | None = None) -> None:
            """Move to buffers for ``tokens`` tokens; a single row is spread over ``rows``."""
            held = self.keys.shape[-2]
            buffers = []
            for old in (self.keys, self.values):
                shape = (rows or old.shape[0], old.shape[1], tokens, old.shape[3])
                buffers.append(old.new_empty(shape))
                buffers[-1][:, :, :held] = old
            self.buffers = (buffers[0], buffers[1])
            self.keys, self.values = (buffer[:, :, :held] for buffer in self.buffers)

        def batch_repeat_interleave(self, repeats: int) -> None:
            """Spread the single row over ``repeats`` rows, with room for what follows."""
            self.reserve(self.keys.shape[-2] + _ROOM, repeats)

        def batch_select_indices(self, indices: Any) -> None:
            """Keep only the rows ``indices``."""
            self.keys, self.values = self.keys[indices], self.values[indices]
            self.reserve(self.keys.shape[-2] + _ROOM)

    return GrowingLayer
