"""TRL's ``SFTTrainer`` with the loss computed on the labelled positions alone.

On a CPU, TRL sends every position through the output layer and masks afterwards; with prompts longer
than answers and a vocabulary of 49,152 that was most of a training step. The loss is the same. Not
covered: auxiliary losses of mixture-of-experts models, label smoothing, other loss types.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from errata_trl.examples import IGNORED


@lru_cache(maxsize=1)
def answer_trainer() -> Any:
    """The trainer class; made on demand, because its base needs trl."""
    import torch
    from trl import SFTTrainer

    class AnswerTrainer(SFTTrainer):  # type: ignore[misc]  # trl is untyped to mypy here
        """Loss in nats per labelled token."""

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            """Mean cross-entropy over the labelled tokens of the step."""
            labels = inputs["labels"][:, 1:]
            rows, places = (labels != IGNORED).nonzero(as_tuple=True)

            def select(_layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
                return (given[0][rows, places][None], *given[1:])

            # Rows without padding come with positions in place of a mask.
            shown = {name: value for name, value in inputs.items() if name != "labels"}
            inner = self.accelerator.unwrap_model(model)
            hook = inner.get_output_embeddings().register_forward_pre_hook(select)
            try:
                outputs = model(**shown, use_cache=False)
            finally:
                hook.remove()
            total = torch.nn.functional.cross_entropy(
                outputs.logits.flatten(0, 1).float(), labels[rows, places], reduction="sum"
            )
            if num_items_in_batch is None:
                loss = total / len(rows)
            else:
                # The count is that of all processes, whose gradients are averaged, not summed.
                shared = self.accelerator.num_processes
                scale = shared if self.args.average_tokens_across_devices else 1
                loss = total * scale / num_items_in_batch
            return (loss, outputs) if return_outputs else loss

        def create_model_card(self, *_: Any, **__: Any) -> None:
            """The engine writes its own; this one is a form with a path of this machine."""

        def _send_telemetry(self) -> None:
            """Nothing about a run leaves the machine."""

    return AnswerTrainer
