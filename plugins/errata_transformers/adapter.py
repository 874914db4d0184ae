"""A low-rank adapter laid over a model by hooks: the model itself never changes.

Every linear layer but the output layer answers W x + scale B A x (LoRA, arXiv 2106.09685). A is drawn
once, B starts at zero, so that an adapter that has learnt nothing changes nothing, and taking it off
undoes whatever it has learnt. Not covered: saving it; layers that are no plain ``Linear``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Adapter:
    """Matrices A (rank, in) and B (out, rank) of every layer, in float32 on the model's device.

    The entries of A have variance 1 / rank, with which the gradient of B is a random projection of
    the layer's own gradient that keeps inner products on average; or, where the adapter is to be
    ``trained``, 1 / (3 in), as PEFT has it.
    """

    def __init__(
        self, model: Any, rank: int, seed: int, scale: float = 1.0, *, trained: bool = False
    ) -> None:
        import torch

        head = model.get_output_embeddings()
        self._model, self._scale = model, scale
        self.layers = [
            layer
            for _, layer in model.named_modules()
            if isinstance(layer, torch.nn.Linear) and layer is not head
        ]
        random = torch.Generator().manual_seed(seed)
        device = model.device
        self.down = [
            torch.randn(rank, layer.in_features, generator=random)
            .div((3 * layer.in_features if trained else rank) ** 0.5)
            .to(device)
            for layer in self.layers
        ]
        self.up = [torch.zeros(layer.out_features, rank, device=device) for layer in self.layers]
        self.size = sum(up.numel() for up in self.up)

    def set(self, flat: Any) -> None:
        """Take B from ``flat``, shape (size,)."""
        place = 0
        for up in self.up:
            up.copy_(flat[place : place + up.numel()].view_as(up))
            place += up.numel()

    @contextmanager
    def on(self) -> Iterator[None]:
        """While this lasts, the model answers with the adapter."""
        hooks = [
            layer.register_forward_hook(self._added(number))
            for number, layer in enumerate(self.layers)
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _added(self, number: int) -> Any:
        from torch.nn.functional import linear

        def add(_layer: Any, given: tuple[Any, ...], answer: Any) -> Any:
            low = linear(given[0], self.down[number].to(given[0].dtype))
            return answer + self._scale * linear(low, self.up[number].to(low.dtype))

        return add

    @contextmanager
    def watching(self, rows: int) -> Iterator[Any]:
        """While this lasts, a backward pass of a batch of ``rows`` examples fills the matrix that is
        yielded, shape (rows, size): each example's own gradient of B where B is zero."""
        import torch

        found = torch.zeros(rows, self.size, device=self._model.device)
        place, hooks = 0, []
        for number, layer in enumerate(self.layers):
            part = found[:, place : place + self.up[number].numel()]
            hooks.append(layer.register_forward_hook(self._watched(number, part)))
            place += self.up[number].numel()
        embedding = self._model.get_input_embeddings()
        hooks.append(embedding.register_forward_hook(_differentiable))
        try:
            yield found
        finally:
            for hook in hooks:
                hook.remove()

    def _watched(self, number: int, part: Any) -> Any:
        import torch

        def watch(_layer: Any, given: tuple[Any, ...], answer: Any) -> None:
            low = torch.nn.functional.linear(
                given[0].detach(), self.down[number].to(given[0].dtype)
            )

            def fill(gradient: Any) -> None:
                product = torch.einsum("nto,ntr->nor", gradient.float(), low.float())
                part.copy_(self._scale * product.flatten(1))

            answer.register_hook(fill)

        return watch


def _differentiable(_layer: Any, _given: tuple[Any, ...], answer: Any) -> Any:
    """The weights are frozen: a graph begins where tokens become vectors."""
    return answer.requires_grad_()
